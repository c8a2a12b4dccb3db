import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { BoundPorts } from '../../src/cluster/bound-ports.js';
import { bindSocket } from '../../src/cluster/listening-socket.js';
import type { Distribution } from '../../src/cluster/snapshot-delivery.js';
import { SnapshotDistributor } from '../../src/cluster/snapshot-distributor.js';
import { silentLog } from '../../src/core/log.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { occupy, slotOf, snapshotOf } from './cluster-parts.js';

const PORT = 27_160;

/** A worker that has in force what the test says. */
class ScriptedWorker {
  /** Apps of each snapshot that it got. */
  readonly got: string[][] = [];
  past = 0;
  #newest: Distribution | null = null;

  publish(distribution: Distribution): void {
    this.#newest = distribution;
    this.got.push(distribution.snapshot.slots.map(({ app }) => app));
  }

  isPast(sequence: number): boolean {
    return this.past >= sequence;
  }

  apply(): void {
    this.past = this.#newest?.sequence ?? 0;
  }
}

function createDistributor(context: TestContext, workers: readonly ScriptedWorker[]) {
  const clock = new FakeClock();
  const ports = new BoundPorts({
    ...{ clock, random: () => 0.5, log: silentLog },
    onRecovered: () => distributor.distribute(),
    onBindResult: () => {},
  });
  const distributor = new SnapshotDistributor(ports, workers);
  atEnd(context, () => {
    ports.stop();
    ports.closeAllBut([]);
  });
  return { clock, ports, distributor };
}

test('a slot that is not bound is left out, and comes as soon as its port is free', async (context) => {
  const host = ownAddress();
  const worker = new ScriptedWorker();
  const { clock, distributor } = createDistributor(context, [worker]);
  const holder = await occupy(context, host, PORT);
  const slots = [slotOf(host, PORT, { instancePort: 1 }), slotOf(host, PORT + 2, { instancePort: 1, app: 'mail' })];
  distributor.publish(snapshotOf(host, 1, slots));
  assert.deepEqual(worker.got, [['mail']]);
  await new Promise((resolve) => holder.close(resolve));
  await clock.advance(1_000);
  assert.deepEqual(worker.got, [['mail'], ['web', 'mail']]);
  const late = new ScriptedWorker();
  distributor.giveTo(late);
  assert.deepEqual(late.got, [['web', 'mail']], 'a worker that starts gets the newest');
});

test('the ports of a removed slot are closed when the last worker does without them', (context) => {
  const host = ownAddress();
  const [first, second] = [new ScriptedWorker(), new ScriptedWorker()];
  const { ports, distributor } = createDistributor(context, [first, second]);
  distributor.publish(snapshotOf(host, 1, [slotOf(host, PORT, { instancePort: 1 })]));
  distributor.publish(snapshotOf(host, 2, []));
  first.apply();
  distributor.onApplied([]);
  assert.notEqual(ports.socketOf(PORT), undefined, 'the second worker has them');
  second.apply();
  distributor.onApplied([]);
  assert.equal(ports.socketOf(PORT), undefined);
});

test('a slot that a worker could not listen on is taken from all, and comes back when its port is free', async (context) => {
  const host = ownAddress();
  const worker = new ScriptedWorker();
  const { clock, ports, distributor } = createDistributor(context, [worker]);
  // Bound, but not listening: the kernel lets us bind the same port.
  const rival = bindSocket(host, PORT);
  distributor.publish(snapshotOf(host, 1, [slotOf(host, PORT, { instancePort: 1 })]));
  const before = ports.socketOf(PORT);
  const server = createServer().listen(rival);
  await once(server, 'listening');
  atEnd(context, () => server.close());
  worker.apply();
  distributor.onApplied(['web']);
  assert.deepEqual(worker.got, [['web'], []]);
  assert.match(ports.bindErrorOf('web') ?? '', /^EADDRINUSE/);
  await new Promise((resolve) => server.close(resolve));
  await clock.advance(1_000);
  assert.deepEqual(worker.got, [['web'], [], ['web']]);
  assert.notEqual(ports.socketOf(PORT), before);
});

test('at the end nothing goes out any more, and all ports are closed', (context) => {
  const host = ownAddress();
  const worker = new ScriptedWorker();
  const { ports, distributor } = createDistributor(context, [worker]);
  distributor.publish(snapshotOf(host, 1, [slotOf(host, PORT, { instancePort: 1 })]));
  worker.apply();
  distributor.end();
  distributor.distribute();
  assert.equal(worker.got.length, 1);
  distributor.closeUnneeded();
  assert.equal(ports.socketOf(PORT), undefined);
  bindSocket(host, PORT).close();
});
