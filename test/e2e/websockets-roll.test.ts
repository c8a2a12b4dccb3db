/**
 * Workers come and go under open WebSockets: those of a replaced worker have the drain timeout, new ones open at every
 * moment of the replacement, and a node that stops ends in time with all of them closed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { holdsListener } from '../support/machine/processes.js';
import { startNode } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { EchoSockets, startEchoServer } from '../support/traffic/echo-sockets.js';

const COUNT = 50;
const DRAIN_MS = 2_000;
/** Between what the node's clock says and what a busy test sees. */
const TIMER_SLACK_MS = 20;

/** None went in the first half of the time, which is for those that end by themselves. */
function assertLivedOn(sockets: EchoSockets, sinceMs: number): void {
  const first = Math.min(...sockets.closedAtMs) - sinceMs;
  assert.ok(first >= DRAIN_MS / 2 - TIMER_SLACK_MS, `the first one was closed after ${first} ms`);
}

test('USR2: the old live on for the drain time, new ones open at once; TERM: all closed in time, exit 0', async (context) => {
  const instance = await startEchoServer(context);
  const node = await startNode(context, (_host, slot) => ({ 'chat.yml': appText('chat', slot, [instance.id]) }), {
    '--drain-timeout': `${DRAIN_MS}ms`,
  });
  const old = await EchoSockets.open(context, node.host, node.slot, COUNT);
  const [oldPid] = await node.workerPids();

  const rolledAtMs = performance.now();
  node.signal('SIGUSR2');
  let serving = await node.workerPids();
  let opened = 0;
  while (serving.length === 0 || serving.includes(oldPid ?? 0)) {
    // Rejects when one is turned away.
    await EchoSockets.open(context, node.host, node.slot, 1);
    opened += 1;
    serving = await node.workerPids();
  }
  assert.ok(opened > 0, 'some were opened while the worker was replaced');
  await old.echo('in the old worker');
  // It is told to drain; how soon it closes its listeners is up to a busy machine, and those that it takes go with it.
  await eventually('the old worker takes nobody any more', () => !holdsListener(oldPid ?? 0, node.slot));
  const young = await EchoSockets.open(context, node.host, node.slot, COUNT);
  await young.echo('in the new worker');
  await eventually('the old ones are closed', () => old.closed === COUNT);
  assertLivedOn(old, rolledAtMs);
  const { pid } = await node.logged('worker has drained and ended');
  assert.equal(pid, oldPid);
  await young.echo('still');
  assert.equal(young.closed, 0);

  const stoppedAtMs = performance.now();
  node.signal('SIGTERM');
  assert.equal(await node.exited, 0);
  await eventually('the young ones are closed', () => young.closed === COUNT);
  assertLivedOn(young, stoppedAtMs);
  assert.ok(performance.now() - stoppedAtMs < 3 * DRAIN_MS, 'by the deadline, and not by a patience of something else');
});
