/** A node and an edge tell systemd how they do, from their start to their end; what they start does not know of it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { EdgeDeployment } from '../support/edge/edge-deployment.js';
import { eventually } from '../support/eventually.js';
import { holdAsDebugger } from '../support/machine/debugger.js';
import { NotifyReceiver } from '../support/machine/notify-receiver.js';
import { startNode } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';

const SHOP = `name: shop
pods: [alpha]
protocol: http
slot: 21321
edge: {routes: [{host: shop.one.example}]}
`;

/** An abstract name, which is free on every machine; a watchdog of 2 s. @returns what stands in front of the program */
function environment({ address }: NotifyReceiver): readonly string[] {
  return ['env', `NOTIFY_SOCKET=${address}`, 'WATCHDOG_USEC=2000000'];
}

function knowsSystemd(pid: number): boolean {
  return readFileSync(`/proc/${pid}/environ`, 'latin1').includes('NOTIFY_SOCKET');
}

/** How often it was told that the service lives. */
function beats({ messages }: NotifyReceiver): number {
  return messages.filter((words) => words.includes('WATCHDOG=1')).length;
}

test('a node says that it is ready, that it lives, how many instances are usable, and that it stops', async (context) => {
  const receiver = await NotifyReceiver.start(context, `@autoproxy-node-${process.pid}`);
  const instance = await HttpInstance.start(context);
  const files = (_host: string, slot: number) => ({ 'shop.yml': appText('shop', slot, [instance.id]) });
  const node = await startNode(
    context,
    files,
    { '--lame-duck': '100ms', '--drain-timeout': '3s' },
    environment(receiver),
  );
  await receiver.until('READY=1');
  await receiver.until('STATUS=apps: 1, usable instances: 1 of 1');
  const before = beats(receiver);
  await eventually('it is told twice that the node lives', () => beats(receiver) >= before + 2);
  assert.deepEqual((await node.workerPids()).map(knowsSystemd), [false]);

  await node.stop();
  await receiver.until('STOPPING=1');
  const times = receiver.said().filter((word) => word.startsWith('EXTEND_TIMEOUT_USEC='));
  assert.equal(times.at(-1), 'EXTEND_TIMEOUT_USEC=13100000');
});

test('an edge says that it is ready when HAProxy serves, and that it stops', async (context) => {
  const receiver = await NotifyReceiver.start(context, `@autoproxy-edge-${process.pid}`);
  const edge = await EdgeDeployment.create(context, { version: '3.0' });
  edge.writeApp('shop', SHOP);
  await edge.runUnder(environment(receiver));
  await receiver.until('READY=1');
  await receiver.until('STATUS=HAProxy serves');
  const { masterPid, workerPid } = (await edge.state()) ?? { masterPid: 0, workerPid: 0 };
  assert.deepEqual([masterPid, workerPid ?? 0].filter(knowsSystemd), []);
  await edge.stop();
  await receiver.until('STOPPING=1');
});

test('an edge says which process of HAProxy does not answer', async (context) => {
  const receiver = await NotifyReceiver.start(context, `@autoproxy-frozen-${process.pid}`);
  const edge = await EdgeDeployment.create(context, { version: '3.0' });
  edge.writeApp('shop', SHOP);
  await edge.runUnder(environment(receiver));
  await receiver.until('READY=1');
  await edge.settled();
  const { masterPid } = (await edge.state()) ?? { masterPid: 0 };
  const release = await holdAsDebugger(context, masterPid);
  const status = (): string => receiver.said().findLast((word) => word.startsWith('STATUS=')) ?? '';
  const silent = `STATUS=HAProxy runs; the master of HAProxy (pid ${masterPid}) does not answer since 20`;
  await eventually('the status says so', () => status().startsWith(silent));
  release();
  await eventually('it serves again', () => status() === 'STATUS=HAProxy serves');
  await edge.stop();
});

test('an edge over a HAProxy of others is ready when its release is in force', async (context) => {
  const receiver = await NotifyReceiver.start(context, `@autoproxy-master-${process.pid}`);
  const edge = await EdgeDeployment.create(context, { version: '3.0' });
  edge.writeApp('shop', SHOP);
  await edge.run();
  await edge.settled();
  await edge.stop('SIGKILL');
  edge.launch(['--master-socket', path.join(edge.folder, 'run/master.sock')], environment(receiver));
  await receiver.until('READY=1');
  assert.ok(receiver.said().includes('STATUS=HAProxy serves'));
  await edge.stop();
  await receiver.until('STOPPING=1');
});
