/** A client keeps its instance over workers, their replacement and a restart of the node; and its cookie tells nothing. */
import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { HttpInstance } from '../support/traffic/http-instance.js';

async function startSticky(context: TestContext, instances: readonly HttpInstance[]): Promise<RunningNode> {
  const list = JSON.stringify(instances.map(({ id }) => id));
  const node = await startNode(
    context,
    (_, slot) => ({
      'shop.yml': `shop: {protocol: http, translated_port: ${slot}, sticky: {cookie: SERVED_BY}, instances: ${list}}\n`,
    }),
    { '--workers': '2' },
  );
  await node.untilState(({ apps }) => apps[0]?.instances.every(({ health }) => health === 'up') === true);
  return node;
}

interface Visit {
  readonly body: string;
  /** `SERVED_BY=...`, of the answer; null when the client keeps what it has. */
  readonly cookie: string | null;
}

async function visit(node: RunningNode, cookie: string | null): Promise<Visit> {
  const headers = { connection: 'close', ...(cookie === null ? {} : { cookie }) };
  const response = await fetch(`http://${node.host}:${node.slot}/`, { headers });
  const set = response.headers.getSetCookie()[0] ?? null;
  return { body: await response.text(), cookie: set === null ? null : (set.split(';')[0] ?? null) };
}

/** Connections of their own, so that each worker has some. */
async function assertBound(node: RunningNode, { body, cookie }: Visit): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) assert.deepEqual(await visit(node, cookie), { body, cookie: null });
}

test('all workers agree on a cookie, and so do those after a roll and after a restart', async (context) => {
  const instances: HttpInstance[] = [];
  for (let index = 0; index < 3; index += 1) instances.push(await HttpInstance.start(context, `instance ${index}`));
  const node = await startSticky(context, instances);
  const first = await visit(node, null);
  assert.match(first.cookie ?? '', /^SERVED_BY=[\w-]{22}$/);
  await assertBound(node, first);

  const before = await node.workerPids();
  node.signal('SIGUSR2');
  await eventually('the workers are others', async () => {
    const now = await node.workerPids();
    return now.length === 2 && now.every((pid) => !before.includes(pid));
  });
  await assertBound(node, first);

  const secret = path.join(node.stateDir, 'node-secret');
  assert.equal((await stat(secret)).mode & 0o777, 0o600);
  assert.match(await readFile(secret, 'latin1'), /^[0-9a-f]{64}\n$/);
  assert.equal(await node.stop(), 0);
  const again = await node.again();
  await again.untilState(({ apps }) => apps[0]?.instances.every(({ health }) => health === 'up') === true);
  await assertBound(again, first);
});

test('another node has another value for the same instance: without the secret nobody can make one', async (context) => {
  const instance = await HttpInstance.start(context);
  const nodes = [await startSticky(context, [instance]), await startSticky(context, [instance])];
  const cookies = await Promise.all(nodes.map(async (node) => (await visit(node, null)).cookie));
  assert.ok(cookies.every((cookie) => cookie !== null));
  assert.equal(new Set(cookies).size, 2);
});
