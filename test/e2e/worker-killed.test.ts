/** A worker is killed: another takes its place, the node stays, and whoever asks meanwhile is served. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventsDocument } from '../../src/admin/events-document.js';
import { eventually } from '../support/eventually.js';
import { isAlive } from '../support/machine/processes.js';
import { startNode } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask } from '../support/traffic/steady-traffic.js';

/** Resolves when they are gone: until then one of them could still accept, and take the connection with it. */
async function killAll(pids: readonly number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  await eventually('they are dead', () => !pids.some(isAlive));
}

test('kill -9 of each worker in turn and of both at once: others are born, the primary stays', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }), {
    '--workers': '2',
  });
  const before = await node.untilState(({ workers }) => workers.every(({ state }) => state === 'serving'));
  const [first = 0, second = 0] = before.workers.map(({ pid }) => pid);
  const killed: number[] = [];
  for (const victims of [[first], [second]]) {
    await killAll(victims);
    killed.push(...victims);
    await ask(node.host, node.slot);
    await node.untilState(
      ({ workers }) =>
        workers.length === 2 && workers.every(({ pid, state }) => state === 'serving' && !killed.includes(pid)),
    );
  }
  // Nobody is left to accept: connections wait in the kernel for the next workers.
  const deadTogether = await node.workerPids();
  await killAll(deadTogether);
  assert.deepEqual(await ask(node.host, node.slot), { status: 200, body: 'done' });

  const after = await node.state();
  assert.equal(after.pid, before.pid);
  assert.equal(after.pid, node.pid);
  const died = node.linesOf('worker died; another takes its place');
  assert.deepEqual(
    died.map(({ signal }) => signal),
    ['SIGKILL', 'SIGKILL', 'SIGKILL', 'SIGKILL'],
  );
  const dead = [...killed, ...deadTogether];
  await eventually('the history has all that died and their successors', async () => {
    const { events } = (await (await fetch(`http://${node.admin}/events`)).json()) as EventsDocument;
    const deaths = events.filter(({ kind }) => kind === 'worker-died').map(({ text }) => text);
    const successors = events.filter(({ kind }) => kind === 'worker-serves');
    return (
      successors.length === 4 &&
      deaths.length === 4 &&
      dead.every((pid) =>
        deaths.some((text) => text.endsWith(`(pid ${pid}) was ended by SIGKILL: its clients were cut`)),
      )
    );
  });
  assert.equal(
    after.workers.reduce((sum, { restarts }) => sum + restarts, 0),
    4,
  );
  assert.equal(await node.stop(), 0);
});
