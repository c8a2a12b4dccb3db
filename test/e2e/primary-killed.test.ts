/** The primary is killed: its workers finish what is under way and go, so that the next node finds its ports free. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { HttpInstance } from '../support/http-instance.js';
import { startNode } from '../support/node-process.js';
import { isAlive, isListening } from '../support/processes.js';
import { appText } from '../support/services-directory.js';
import { ask } from '../support/steady-traffic.js';

test('kill -9 of the primary leaves no worker and no port, and the next node serves', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }), {
    '--workers': '2',
  });
  const { workers } = await node.untilState((state) => state.workers.every((worker) => worker.state === 'serving'));
  const pids = workers.map(({ pid }) => pid);
  assert.equal(pids.length, 2);
  const arrived = instance.slowRequest();
  const late = ask(node.host, node.slot, '/slow');
  await arrived;

  await node.stop('SIGKILL');
  await eventually('the slot is closed', async () => !(await isListening(node.host, node.slot)));
  instance.answerSlow();
  assert.deepEqual(await late, { status: 200, body: 'late' });
  await eventually('no worker is left', () => !pids.some(isAlive));
  assert.equal(await isListening(node.host, node.slot + 1), false);

  const next = await node.again();
  assert.equal((await ask(next.host, next.slot)).status, 200);
  assert.equal((await next.state()).apps[0]?.bindError, null);
});
