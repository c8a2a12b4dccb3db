/** USR2: every worker is another process afterwards, and no client has noticed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventsDocument } from '../../src/admin/events-document.js';
import { startNode } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, SteadyTraffic } from '../support/traffic/steady-traffic.js';

test('USR2 under traffic replaces all workers, loses no request and lets what is under way end', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }), {
    '--workers': '2',
    '--drain-timeout': '20s',
  });
  const { pid } = await node.untilState(({ workers }) => workers.every(({ state }) => state === 'serving'));
  const arrived = instance.slowRequest();
  const late = ask(node.host, node.slot, '/slow');
  await arrived;
  const traffic = new SteadyTraffic(context, node.host, node.slot);
  for (let round = 0; round < 2; round += 1) {
    const before = await node.workerPids();
    await traffic.more(20);
    node.signal('SIGUSR2');
    await node.untilState(({ workers }) => {
      const serving = workers.filter(({ state }) => state === 'serving');
      return serving.length === 2 && serving.every((worker) => !before.includes(worker.pid));
    });
    await traffic.more(20);
  }
  instance.answerSlow();
  assert.deepEqual(await late, { status: 200, body: 'late' });
  await traffic.stop();
  assert.deepEqual(traffic.failures, []);
  const state = await node.untilState(({ workers }) => workers.length === 2);
  assert.equal(state.pid, pid);
  assert.equal(state.apps[0]?.requests, traffic.served + 1, 'the counts of the old workers are kept');
  assert.deepEqual(node.linesOf('worker died; another takes its place'), []);
  const { events } = (await (await fetch(`http://${node.admin}/events`)).json()) as EventsDocument;
  assert.deepEqual(
    events.filter(({ app, kind }) => app === null && kind !== 'start').map(({ kind }) => kind),
    ['rolled', 'rolled'],
  );
});
