/**
 * Somebody opens a thousand event streams of the page and reads none. Their number is bounded, and neither probes nor the
 * traffic of clients wait for them; who has no token opens none at all.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask } from '../support/traffic/steady-traffic.js';

const STREAMS = 1_000;
/** Of streams, of other connections at the port, and what a node has open besides. */
const BOUND = 64 + 64 + 60;
const TOKEN = 'token-of-the-operators-1';
/** Far more than an idle machine takes. */
const PATIENCE_MS = 1_000;

async function startShop(context: TestContext, flags: Readonly<Record<string, string>> = {}): Promise<RunningNode> {
  const instance = await HttpInstance.start(context);
  return startNode(context, (_, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }), flags);
}

/** @returns the first line of each answer, in time; the answers are not read on */
async function openStreams(context: TestContext, { admin }: RunningNode, fields = ''): Promise<string[]> {
  const [host = '', port] = admin.split(':');
  const sockets: Socket[] = [];
  const lines: string[] = [];
  atEnd(context, () => {
    for (const socket of sockets) socket.destroy();
  });
  while (sockets.length < STREAMS) {
    const socket = connect(Number(port), host).on('error', () => {});
    sockets.push(socket);
    await once(socket, 'connect');
    socket.write(`GET /page/stream HTTP/1.1\r\nHost: ${host}\r\n${fields}\r\n`);
    socket.once('data', (bytes: Buffer) => {
      lines.push(bytes.toString('latin1').split('\r\n')[0] ?? '');
      socket.pause();
    });
  }
  await eventually('all are answered', () => lines.length === STREAMS);
  return lines;
}

async function assertServes(node: RunningNode): Promise<number> {
  let slowest = 0;
  for (let count = 0; count < 20; count += 1) {
    const from = performance.now();
    assert.equal((await fetch(`http://${node.admin}/ready`)).status, 200);
    assert.equal((await fetch(`http://${node.admin}/ping`)).status, 200);
    assert.equal((await ask(node.host, node.slot)).status, 200);
    slowest = Math.max(slowest, performance.now() - from);
  }
  assert.ok(slowest < PATIENCE_MS, `${slowest} ms`);
  return slowest;
}

test(`${STREAMS} idle streams: 64 are open, the others are told so, probes and clients are served`, async (context) => {
  const node = await startShop(context);
  const lines = await openStreams(context, node);
  assert.equal(lines.filter((line) => line === 'HTTP/1.1 200 OK').length, 64);
  assert.equal(lines.filter((line) => line === 'HTTP/1.1 503 Service Unavailable').length, STREAMS - 64);
  const slowest = await assertServes(node);
  const open = readdirSync(`/proc/${node.pid}/fd`).length;
  context.diagnostic(
    `two probes and a request took ${Math.round(slowest)} ms at most; the primary has ${open} files open`,
  );
  assert.ok(open < BOUND, `${open} files`);
});

test('without the token none is open', async (context) => {
  const file = path.join(temporaryFolder(context, 'token'), 'token');
  writeFileSync(file, `${TOKEN}\n`, { mode: 0o600 });
  const node = await startShop(context, { '--admin-token-file': file });
  const lines = await openStreams(context, node, 'Authorization: Bearer wrong-token-of-somebody\r\n');
  assert.deepEqual([...new Set(lines)], ['HTTP/1.1 401 Unauthorized']);
  await assertServes(node);
  assert.equal(
    node.linesOf('a request to the admin API had a wrong token; more of them within a minute are counted alone').length,
    1,
  );
  const own = await fetch(`http://${node.admin}/page/stream`, { headers: { authorization: `Bearer ${TOKEN}` } });
  assert.equal(own.status, 200, 'and who has it gets one');
  await own.body?.cancel();
});
