/** What operators decided by drain, ready and maint is in force after a restart, with who and when. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateDocument } from '../../src/admin/state-document.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask } from '../support/traffic/steady-traffic.js';

async function decide(node: RunningNode, ...words: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await runCliHere([...words, '--by', 'ann', '--admin', node.admin]);
  assert.deepEqual([exitCode, stderr], [0, '']);
}

function statesOf({ apps }: StateDocument) {
  return Object.fromEntries(
    apps.flatMap(({ instances }) => instances).map(({ id, state, override }) => [id, [state, override]]),
  );
}

for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
  test(`after ${signal} drain and maint are in force before the first request, and what is ready again is`, async (context) => {
    const [a, b, c] = [
      await HttpInstance.start(context, 'a'),
      await HttpInstance.start(context, 'b'),
      await HttpInstance.start(context, 'c'),
    ];
    const first = await startNode(context, (_host, slot) => ({
      'shop.yml': appText('shop', slot, [a.id, b.id, c.id]),
    }));
    await decide(first, 'drain', `shop/${a.id}`);
    await decide(first, 'maint', `shop/${b.id}`);
    await decide(first, 'maint', `shop/${c.id}`);
    await decide(first, 'ready', `shop/${c.id}`);
    const before = statesOf(await first.state());
    assert.deepEqual([before[a.id]?.[0], before[b.id]?.[0], before[c.id]], ['drain', 'maint', ['ready', null]]);
    await first.stop(signal);

    const node = await first.again();
    const after = statesOf(await node.state());
    assert.deepEqual(after, before, 'the same states, by the same person at the same time');
    for (let count = 0; count < 6; count += 1) {
      assert.deepEqual(await ask(node.host, node.slot), { status: 200, body: 'c' });
    }
    await decide(node, 'ready', 'shop');
    assert.deepEqual(
      Object.values(statesOf(await node.state())).map((states) => states[0]),
      ['ready', 'ready', 'ready'],
    );
  });
}
