/**
 * A node with few descriptors and very many clients. libuv closes a connection that it has no descriptor for, at once and
 * without a word. Here nobody is: who finds no room waits in the kernel, health ports and the admin API answer all along,
 * and log and metrics say why.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientsFor } from '../../src/proxy/limits/descriptor-budget.js';
import { startNode } from '../support/node/node-process.js';
import { RawConnection } from '../support/traffic/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const DESCRIPTORS = 256;
const WORKERS = 2;
const IDLE_CLIENTS = 1_500;
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

test('1 500 silent clients and 256 descriptors: each gets its answer, checks and operators do not wait', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const node = await startNode(
    context,
    (_host, slot) => ({
      'shop.yml':
        `shop: {protocol: http, translated_port: ${slot}, timeouts: {request_head: 400ms}, ` +
        `instances: ["${instance.host}:${instance.port}"]}\n`,
    }),
    { '--workers': String(WORKERS) },
    ['prlimit', `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`],
  );
  const limit = WORKERS * clientsFor(DESCRIPTORS, 1);
  const clients = await Promise.all(
    Array.from({ length: IDLE_CLIENTS }, () => RawConnection.open(node.slot, node.host)),
  );
  const answers = Promise.all(
    clients.map(async (client) => {
      const answer = await client.ended();
      client.close();
      return answer.slice(0, 12);
    }),
  );
  await node.logged(/^the limit of client connections is reached/);
  const late = await RawConnection.open(node.slot, node.host);
  late.write(GET);
  for (let turn = 0; turn < 5; turn += 1) {
    const checker = await RawConnection.open(node.slot + 1, node.host);
    checker.write('GET /health HTTP/1.0\r\n\r\n');
    assert.equal((await checker.response()).status, 200);
    checker.close();
    const state = await node.state();
    assert.equal(state.clients?.limit, limit);
    assert.ok((state.clients?.open ?? 0) <= limit, `${state.clients?.open} clients`);
  }
  assert.deepEqual(new Set(await answers), new Set(['HTTP/1.1 408']));
  assert.equal((await late.response()).body, 'ok');
  late.close();
  assert.match(await node.metrics(), new RegExp(`^autoproxy_node_connection_limit ${limit}$`, 'm'));
  await node.logged('client connections are below their limit again');
});

test('who holds all connections to a health port keeps no check out', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('ok')));
  const node = await startNode(
    context,
    (_host, slot) => ({
      'shop.yml': `shop: {protocol: http, translated_port: ${slot}, instances: ["${instance.host}:${instance.port}"]}\n`,
    }),
    {},
    ['prlimit', `--nofile=${DESCRIPTORS}:${DESCRIPTORS}`],
  );
  const holders = await Promise.all(Array.from({ length: 400 }, () => RawConnection.open(node.slot + 1, node.host)));
  const checker = await RawConnection.open(node.slot + 1, node.host);
  checker.write('GET /health HTTP/1.0\r\n\r\n');
  assert.equal((await checker.response()).status, 200);
  const client = await RawConnection.open(node.slot, node.host);
  client.write(GET);
  assert.equal((await client.response()).body, 'ok');
  for (const one of [...holders, checker, client]) one.close();
});
