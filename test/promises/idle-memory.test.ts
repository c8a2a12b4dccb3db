/**
 * Heads and trailers may have 16 KB, and each piece that is cut from their text holds all of it: an idle connection, of a
 * client or to an instance, holds nothing of what went over it.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BLEED_MARK_NAME } from '../../src/http1/fields.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';

const CONNECTIONS = 200;
const LARGE = 7_000;
/** What a connection costs with its client and its instance, which are in this process too, is about 13 KB; each text that stays, 7 more. */
const MOST_BYTES = 17_000;
/** Long enough that V8 keeps a piece of the text and makes no copy. */
const PRIVATE_FIELD = 'x-a-field-of-one-hop-alone';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

function heapUsed(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Answers when all have asked, so that each request has a connection of its own; `/first` at once. */
async function startInstance(context: TestContext): Promise<{ readonly host: string; readonly port: number }> {
  const waiting: ServerResponse[] = [];
  const server = createServer({ maxHeaderSize: 65_536 }, (request, response) => {
    if (request.url === '/first') return void response.end();
    request.resume();
    waiting.push(response);
    if (waiting.length < CONNECTIONS) return;
    for (const [index, each] of waiting.splice(0).entries()) {
      each.writeHead(200, {
        Connection: `keep-alive, ${PRIVATE_FIELD}`,
        'X-Large': largeText(index),
        Trailer: 'X-Last',
      });
      each.write('ok');
      each.addTrailers({ 'X-Last': largeText(index) });
      each.end();
    }
  });
  server.listen(0, ownAddress());
  await once(server, 'listening');
  atEnd(context, () => {
    server.closeAllConnections();
    server.close();
  });
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port };
}

/** No two are alike, so that nothing is shared. */
function largeText(index: number): string {
  return String(index).padStart(LARGE, '0123456789');
}

/** @returns the cookie that binds a client to the instance */
async function boundCookie(plane: TestPlane): Promise<string> {
  const client = await plane.connect();
  client.write('GET /first HTTP/1.1\r\nHost: a\r\n\r\n');
  const cookie = (await client.response()).fields.get('set-cookie')?.split(';')[0];
  assert.ok(cookie !== undefined && cookie.length > 20);
  client.close();
  return cookie;
}

function requestOf(index: number, cookie: string): string {
  const fields = [`Cookie: ${cookie}; large=${largeText(index)}`, `Connection: keep-alive, ${PRIVATE_FIELD}`];
  const mark = `${BLEED_MARK_NAME}: a-node-that-nobody-knows`;
  const head = [`POST /${index} HTTP/1.1`, 'Host: a.example', ...fields, mark, 'Transfer-Encoding: chunked'];
  return `${head.join('\r\n')}\r\n\r\n2\r\nok\r\n0\r\nX-Last: ${largeText(index)}\r\n\r\n`;
}

test('what went over two connections is free once both are idle', async (context) => {
  const instance = await startInstance(context);
  const slot = { instances: [instanceOf(instance)], sticky: { cookie: 'S', key: 'a key of many bytes' } };
  const plane = await TestPlane.start(context, { slot, snapshot: { podKeys: ['a key of the pod'] }, logFormat: null });
  const cookie = await boundCookie(plane);
  await eventually('the first one is gone', () => plane.counters.openConnections === 0);
  const before = heapUsed();
  const sockets: Socket[] = [];
  for (let index = 0; index < CONNECTIONS; index += 1) {
    const socket = connect({ host: plane.host, port: plane.port });
    socket.resume();
    atEnd(context, () => socket.destroy());
    sockets.push(socket);
    socket.write(requestOf(index, cookie), 'latin1');
  }
  await eventually('all have their answers', () => sockets.every(({ bytesRead }) => bytesRead > 2 * LARGE));
  assert.equal(plane.counters.responses[2], CONNECTIONS + 1);
  assert.equal(plane.counters.openConnections, CONNECTIONS);
  const each = (heapUsed() - before) / CONNECTIONS;
  assert.ok(each < MOST_BYTES, `${each} bytes a connection`);
});
