/**
 * Somebody opens as many connections to the admin API as it takes, sends half a request on each, and waits. The probes
 * of the node (`autoproxy healthcheck`, the HEALTHCHECK of an image) must be answered all the while.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { request } from 'undici';
import { startAdmin } from '../admin/node-double.js';
import { atEnd } from '../support/at-end.js';
import { runCli } from '../support/node/run-cli.js';

const CONNECTIONS = 150;
/** Less than any time-out of the server. */
const PATIENCE_MS = 4_000;

const STATES: Readonly<Record<string, string>> = {
  'nothing at all': '',
  'half a head': 'GET /ready HTTP/1.1\r\nHost: local',
  'half a body':
    'POST /apps/checkout/drain HTTP/1.1\r\nHost: localhost\r\nX-Autoproxy: 1\r\nContent-Length: 9\r\n\r\n{',
  'one request, and then nothing': 'GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\n',
  'one request, and half of the next': 'GET /ping HTTP/1.1\r\nHost: localhost\r\n\r\nGET /ready HT',
  'a request whose answer is not read': 'GET /state HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(2),
};

async function openAll(context: TestContext, host: string, port: number, bytes: string): Promise<readonly Socket[]> {
  const sockets = Array.from({ length: CONNECTIONS }, () => connect({ host, port }).on('error', () => undefined));
  atEnd(context, () => {
    for (const socket of sockets) socket.destroy();
  });
  await Promise.all(sockets.map((socket) => Promise.race([once(socket, 'connect'), once(socket, 'close')])));
  // Paused: nothing of the answers is read.
  for (const socket of sockets) socket.pause().write(bytes, 'latin1');
  return sockets;
}

for (const [state, bytes] of Object.entries(STATES)) {
  test(`${CONNECTIONS} connections with ${state} keep no probe out`, async (context) => {
    const { host, port, origin } = await startAdmin(context);
    await openAll(context, host, port, bytes);
    // The client keeps its connection from one question to the next.
    for (const path of ['/ready', '/ready', '/state']) {
      const answer = await request(origin + path, { signal: AbortSignal.timeout(PATIENCE_MS) });
      assert.equal(answer.statusCode, 200, path);
      await answer.body.dump();
    }
    const { exitCode, stdout } = await runCli(['healthcheck', '--admin', `${host}:${port}`]);
    assert.deepEqual([exitCode, stdout], [0, 'ready\n']);
  });
}

test('half a request is cut after seconds, though nothing else comes', async (context) => {
  const { host, port } = await startAdmin(context);
  const socket = connect({ host, port });
  atEnd(context, () => socket.destroy());
  socket.write('GET /ready HTTP/1.1\r\n');
  const [answer] = await once(socket, 'data', { signal: AbortSignal.timeout(8_000) });
  assert.match(String(answer), /^HTTP\/1\.1 408 /);
});
