/**
 * The keep-alive race: an instance closes an idle connection at the very moment that a request is sent on it. Every
 * proxy that reuses connections meets it, and those that do not repeat the request answer with stray 502s under load.
 * What may be repeated is repeated on a new connection, so no GET fails; a POST is never sent twice.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { SeededRandom } from '../support/seeded-random.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const CLIENTS = 20;
const TURNS = 100;

test('an instance that closes idle connections at random costs no GET, and gets no POST twice', async (context) => {
  const random = new SeededRandom(7);
  const posts = new Map<string, number>();
  let closed = 0;
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    if (request.method === 'POST') posts.set(url, (posts.get(url) ?? 0) + 1);
    const { socket } = request;
    response.end(url);
    if (!random.once(10)) return;
    closed += 1;
    // Now, or about when the next request comes.
    response.on('finish', () => {
      if (random.once(2)) socket.destroy();
      else setImmediate(() => socket.destroy());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, ownAddress(), resolve));
  atEnd(context, () => server.close());
  const { address: host, port } = server.address() as AddressInfo;
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf({ host, port })] } });
  let failedPosts = 0;
  const runClient = async (client: number): Promise<void> => {
    const connection = await plane.connect();
    for (let turn = 0; turn < TURNS; turn += 1) {
      const path = `/${client}-${turn}`;
      const method = turn % 4 === 0 ? 'POST' : 'GET';
      connection.write(
        `${method} ${path} HTTP/1.1\r\nHost: a\r\n${method === 'POST' ? 'Content-Length: 0\r\n' : ''}\r\n`,
      );
      const response = await connection.response();
      if (method === 'POST' && response.status === 502) {
        failedPosts += 1;
        continue;
      }
      assert.equal(response.status, 200);
      assert.equal(response.body, path);
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) => runClient(client)));
  assert.ok(closed > 100, 'it did close');
  assert.equal(Math.max(...posts.values()), 1);
  assert.ok(failedPosts < (CLIENTS * TURNS) / 4 / 10, `${failedPosts} POSTs met a closing connection`);
  assert.equal(plane.counters.inFlight, 0);
});

test('an instance that cuts all its idle connections at once costs a GET one retry', async (context) => {
  let isCutting = false;
  let waiting = 0;
  const instance = await ScriptedInstance.start(context, (connection) => {
    const isOld = !isCutting;
    connection.socket.on('data', () => {
      waiting += 1;
      if (isOld && isCutting) connection.socket.resetAndDestroy();
      else if (isCutting) connection.write(okResponse('new'));
    });
  });
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const clients = await Promise.all(Array.from({ length: 8 }, () => plane.connect()));
  for (const client of clients) client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually('eight requests wait on eight connections', () => waiting === 8);
  for (const connection of instance.connections) connection.write(okResponse('old'));
  for (const client of clients) assert.equal((await client.response()).body, 'old');
  isCutting = true;
  const [client] = clients;
  client?.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client?.response())?.body, 'new');
  assert.equal(plane.counters.retries, 1);
  for (const one of clients) one.close();
});
