/**
 * No client ever gets another client's answer: the one mistake of a proxy that nothing can make good. Connections to
 * instances are shared by all clients, so every way in which an exchange can end (in order, cut by the client, cut by
 * the instance before or inside its response, at its end) must leave a connection that carries nothing of it.
 * Every body here says, over its whole length, for whom it is.
 */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { SeededRandom } from '../support/seeded-random.js';

const CLIENTS = 50;
const TURNS = 40;
const SEED = Number(process.env.FUZZ_SEED ?? 1);

function bodyOf(token: string, length: number): string {
  return `<${token}>`.repeat(1 + Math.floor(length / (token.length + 2)));
}

/** Answers late or at once, short or long, with a length or in chunks; sometimes dies instead. */
function answer(random: SeededRandom, request: IncomingMessage, response: ServerResponse): void {
  const token = (request.url ?? '').slice(1);
  const respond = (): void => {
    const body = bodyOf(token, random.pick([0, 100, 9_000, 70_000]));
    const fate = random.below(20);
    if (fate === 0) {
      request.socket.resetAndDestroy();
    } else if (fate === 1) {
      response.writeHead(200, { 'content-length': body.length + 1 });
      response.write(body, () => request.socket.destroy());
    } else if (fate < 10) {
      response.end(body);
    } else {
      response.write(body.slice(0, 3));
      setImmediate(() => response.end(body.slice(3)));
    }
  };
  // The body of a POST says the same.
  let sent = '';
  request.on('data', (bytes: Buffer) => {
    sent += bytes.latin1Slice();
  });
  request.on('end', () => {
    assert.ok(
      sent === '' || sent === bodyOf(token, 20_000),
      `the instance got a body that is not its own: seed ${SEED}`,
    );
    if (random.once(3)) respond();
    else setTimeout(respond, random.below(4));
  });
}

test(`${CLIENTS * TURNS} exchanges with delays, aborts and deaths: every body is for who asked`, async (context) => {
  const random = new SeededRandom(SEED);
  const instances = await Promise.all(
    [0, 1, 2].map(async () => {
      const server = createServer((request, response) => answer(random, request, response));
      await new Promise<void>((resolve) => server.listen(0, ownAddress(), resolve));
      atEnd(context, () => {
        server.closeAllConnections();
        server.close();
      });
      const { address: host, port } = server.address() as AddressInfo;
      return instanceOf({ host, port });
    }),
  );
  const plane = await TestPlane.start(context, { slot: { instances } });
  let whole = 0;
  const runClient = async (index: number): Promise<void> => {
    let client = await plane.connect();
    for (let turn = 0; turn < TURNS; turn += 1) {
      const token = `${index}-${turn}-${'x'.repeat(random.below(5))}`;
      const isPost = random.once(4);
      const body = isPost ? bodyOf(token, 20_000) : '';
      client.write(
        `${isPost ? 'POST' : 'GET'} /${token} HTTP/1.1\r\nHost: a\r\n${isPost ? `Content-Length: ${body.length}\r\n` : ''}\r\n${body}`,
      );
      if (random.once(15)) {
        // Away: at once, or when some of the answer is there.
        if (random.once(2)) await client.until((text) => text !== '').catch(() => '');
        if (random.once(2)) client.socket.resetAndDestroy();
        else client.close();
        client = await plane.connect();
        continue;
      }
      const response = await client.response().catch(() => null);
      if (response === null) {
        // Cut inside: what came of it is ours all the same.
        const got = client.text.slice(client.text.indexOf('\r\n\r\n') + 4);
        for (const [, other] of got.matchAll(/<([^<>\r\n]*)>/g)) assert.equal(other, token, `seed ${SEED}`);
        client.close();
        client = await plane.connect();
      } else if (response.status === 200) {
        whole += 1;
        assert.equal(response.body, bodyOf(token, response.body.length - token.length - 2), `seed ${SEED}`);
      } else {
        assert.equal(response.status, 502);
      }
    }
    client.close();
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => runClient(index)));
  assert.ok(whole > (CLIENTS * TURNS) / 2, `${whole} were whole`);
  await eventually('all is given back', () => plane.counters.openConnections === 0 && plane.counters.inFlight === 0);
  for (const one of Object.values(plane.counters.instances)) assert.equal(one.inFlight, 0);
});
