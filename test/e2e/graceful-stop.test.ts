/** TERM and the first INT: nobody who was there is cut off, and nobody who comes meets a closed door too early. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { isListening } from '../support/machine/processes.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask } from '../support/traffic/steady-traffic.js';

async function startBusyNode(context: TestContext, flags: Readonly<Record<string, string>>) {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }), flags);
  const arrived = instance.slowRequest();
  const late = ask(node.host, node.slot, '/slow');
  await arrived;
  return { instance, node, late };
}

async function healthOf({ host, slot }: RunningNode): Promise<number> {
  return (await ask(host, slot + 1, '/health')).status;
}

for (const signal of ['SIGTERM', 'SIGUSR1', 'SIGINT'] as const) {
  test(`${signal}: health says 503 while the slot still accepts; what is under way ends; exit code 0`, async (context) => {
    const { instance, node, late } = await startBusyNode(context, { '--lame-duck': '2s', '--drain-timeout': '8s' });
    assert.equal(await healthOf(node), 200);
    node.signal(signal);
    await eventually('the health port says 503', async () => (await healthOf(node)) === 503);
    assert.deepEqual(await ask(node.host, node.slot), { status: 200, body: 'done' });
    assert.equal((await fetch(`http://${node.admin}/ping`)).status, 503);
    await eventually('the slot is closed', async () => !(await isListening(node.host, node.slot)));
    // Each worker closes its listeners in turn.
    await eventually('the health port is closed', async () => !(await isListening(node.host, node.slot + 1)));
    assert.equal(node.child.exitCode, null, 'it waits for the request under way');
    instance.answerSlow();
    assert.deepEqual(await late, { status: 200, body: 'late' });
    assert.equal(await node.exited, 0);
  });
}

test('what has not ended at --drain-timeout is cut, and the exit code says so', async (context) => {
  const { node, late } = await startBusyNode(context, { '--drain-timeout': '200ms' });
  const cut = assert.rejects(late);
  assert.equal(await node.stop(), 3);
  await cut;
  assert.equal(node.linesOf('stopped')[0]?.cut, 1);
});

for (const signals of [['SIGQUIT'], ['SIGINT', 'SIGINT'], ['SIGTERM', 'SIGINT'], ['SIGTERM', 'SIGQUIT']] as const) {
  test(`${signals.join(', then ')}: now, and the log and the exit code say what was cut`, async (context) => {
    // Longer than the test may take: whoever waits for one of them fails it.
    const file = path.join(temporaryFolder(context, 'stop'), 'access.log');
    const long = { '--lame-duck': '5m', '--drain-timeout': '5m' };
    const { node, late } = await startBusyNode(context, { ...long, '--access-log': file });
    const cut = assert.rejects(late);
    for (const signal of signals) {
      node.signal(signal);
      await node.logged('stopping');
    }
    assert.equal(await node.exited, 3);
    await cut;
    assert.equal(node.linesOf('stopped')[0]?.cut, 1);
    assert.match(await readFile(file, 'utf8'), /^[^\n]* D--- [^\n]*"GET \/slow HTTP\/1.1"\n$/);
  });
}

test('QUIT in the midst of a drain cuts what the drain waits for', async (context) => {
  const { node, late } = await startBusyNode(context, { '--lame-duck': '0s', '--drain-timeout': '5m' });
  const cut = assert.rejects(late);
  node.signal('SIGTERM');
  await eventually('the slot is closed', async () => !(await isListening(node.host, node.slot)));
  node.signal('SIGQUIT');
  assert.equal(await node.exited, 3);
  await cut;
  assert.equal(node.linesOf('stopped')[0]?.cut, 1);
});

test('QUIT with nothing under way: exit code 0', async (context) => {
  const { instance, node, late } = await startBusyNode(context, {});
  instance.answerSlow();
  assert.deepEqual(await late, { status: 200, body: 'late' });
  node.signal('SIGQUIT');
  assert.equal(await node.exited, 0);
});

test('QUIT ends soon although a worker hangs, and counts what that worker had under way', async (context) => {
  const { node, late } = await startBusyNode(context, { '--drain-timeout': '5m' });
  const cut = assert.rejects(late);
  await node.untilState(({ apps }) => apps[0]?.inFlight === 1);
  for (const pid of await node.workerPids()) process.kill(pid, 'SIGSTOP');
  node.signal('SIGQUIT');
  assert.equal(await node.exited, 3);
  await cut;
  assert.equal(node.linesOf('stopped')[0]?.cut, 1);
});
