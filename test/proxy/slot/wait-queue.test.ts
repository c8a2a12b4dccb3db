/** Whose turn it is when an instance has room, and what the primary is told of those that wait. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeaseDesk } from '../../../src/proxy/limits/lease-desk.js';
import { Instance } from '../../../src/proxy/slot/instance.js';
import { type Waiter, type WaitGroup, WaitQueue } from '../../../src/proxy/slot/wait-queue.js';
import type { PermitChanges } from '../../../src/snapshot/permits.js';
import { FakeClock } from '../../support/fake-clock.js';

function instanceNamed(id: string, limit = 1): Instance {
  const instance = new Instance(id, id, 80, false);
  instance.limit = limit;
  return instance;
}

/** Full, until a test makes room. */
function fullInstances(...ids: readonly string[]): readonly Instance[] {
  return ids.map((id) => instanceNamed(id, 0));
}

class TestWaiter implements Waiter {
  group: WaitGroup | null = null;
  order = 0;
  since = Number.POSITIVE_INFINITY;
  /** What it does at its turn; else it stays. */
  onTurn: () => void = () => {};
  isAdmitted = false;
  onAdmitted(): void {
    this.isAdmitted = true;
  }
}

/** A queue whose waiters take the room that they find, in the order of their turns. */
function startQueue(desk: LeaseDesk | null = null, limit = 9) {
  const queue = new WaitQueue('shop', limit, desk);
  const served: TestWaiter[] = [];
  const wait = (instances: readonly Instance[], now = 0): TestWaiter => {
    const waiter = new TestWaiter();
    waiter.onTurn = () => {
      const free = instances.find(({ hasRoom }) => hasRoom);
      if (free === undefined && instances.length > 0) return;
      if (free !== undefined) free.inFlight += 1;
      queue.leave(waiter);
      served.push(waiter);
    };
    queue.add(waiter, instances, now);
    return waiter;
  };
  return { queue, served, wait };
}

test('the one that waits longest is served first, also where the others would take more instances', () => {
  const [a, b] = fullInstances('a', 'b') as [Instance, Instance];
  const { queue, served, wait } = startQueue();
  const [first, second, third, fourth] = [wait([a, b]), wait([a]), wait([a, b]), wait([b])];
  assert.equal(queue.length, 4);
  queue.offer();
  assert.deepEqual(served, [], 'no instance has room');
  a.limit = 3;
  queue.offer();
  assert.deepEqual(served, [first, second, third]);
  assert.deepEqual([queue.length, fourth?.group !== null, first?.group], [1, true, null]);
  b.limit = 1;
  queue.offer();
  assert.deepEqual([served.at(-1), queue.length], [fourth, 0]);
});

test('a group whose first is not served is passed over, and the others get their turn', () => {
  const [a, b] = fullInstances('a', 'b') as [Instance, Instance];
  const { queue, served, wait } = startQueue();
  const stuck = wait([a]);
  stuck.onTurn = () => {};
  const behind = wait([a]);
  const other = wait([b]);
  a.limit = 5;
  b.limit = 1;
  queue.offer();
  assert.deepEqual(served, [other]);
  assert.deepEqual(
    [stuck.group, behind.group].map((group) => group?.key),
    ['a', 'a'],
  );
});

test('who had a turn, failed and waits again goes before those that came later', () => {
  const [a] = fullInstances('a') as [Instance];
  const { queue, served, wait } = startQueue();
  const [first, second] = [wait([a], 10), wait([a], 20)] as const;
  queue.leave(first);
  const third = wait([a], 30);
  queue.add(first, [a], 40);
  assert.deepEqual([first.order, first.since, second.order, third.order], [1, 10, 2, 3]);
  a.limit = 3;
  queue.offer();
  assert.deepEqual(served, [first, second, third]);
});

test('a turn at which it waits anew is a turn of the next one too', () => {
  const [a, b] = fullInstances('a', 'b') as [Instance, Instance];
  const { queue, served, wait } = startQueue();
  const back = wait([a]);
  back.onTurn = () => {
    queue.leave(back);
    queue.add(back, [b], 0);
  };
  const next = wait([a]);
  a.limit = 2;
  queue.offer();
  assert.deepEqual(served, [next]);
  assert.equal(back.group?.key, 'b');
});

test('who waits for no instance at all gets a turn to learn so', () => {
  const { queue, served, wait } = startQueue();
  const [first, second] = [wait([]), wait([])];
  queue.offer();
  assert.deepEqual([served, queue.length], [[first, second], 0]);
});

test('leaving twice is leaving once', () => {
  const [a] = fullInstances('a') as [Instance];
  const { queue, wait } = startQueue();
  const [first] = [wait([a]), wait([a])];
  queue.leave(first);
  queue.leave(first);
  assert.equal(queue.length, 1);
});

test('the earliest of those that came when it was full is the next to be admitted', () => {
  const [a, b] = fullInstances('a', 'b') as [Instance, Instance];
  const { queue, wait } = startQueue(null, 2);
  const [first, second] = [wait([a]), wait([b])];
  queue.leave(first);
  const third = wait([a]);
  const [fourth, fifth, sixth] = [wait([b]), wait([a]), wait([a])];
  queue.add(first, [b], 0);
  const admitted = () => [first, second, third, fourth, fifth, sixth].map(({ isAdmitted }) => isAdmitted);
  assert.deepEqual([queue.length, queue.excess, queue.isFull], [6, 4, true]);
  queue.leave(fourth);
  queue.regroup(() => [a, b]);
  assert.deepEqual([queue.length, queue.excess, ...admitted()], [5, 3, false, false, false, false, false, false]);
  queue.leave(third);
  assert.deepEqual(
    [queue.excess, ...admitted()],
    [2, true, false, false, false, false, false],
    'who came back is first',
  );
  queue.limit = 3;
  assert.deepEqual([queue.excess, ...admitted()], [1, true, false, false, false, true, false]);
  queue.limit = 1;
  queue.leave(second);
  assert.deepEqual(
    [queue.length, queue.excess, queue.isFull],
    [3, 1, true],
    'nobody in a queue that shrinks has to go',
  );
});

test('an instance is told since when somebody waits that it would do for', () => {
  const [a, b, c] = fullInstances('a', 'b', 'c') as [Instance, Instance, Instance];
  const { queue, wait } = startQueue();
  const early = wait([a, b], 100);
  wait([b], 200);
  wait([a, b], 300);
  const sinceOf = () => [a, b, c].map((instance) => queue.waitingSince(instance));
  assert.deepEqual(sinceOf(), [100, 100, Number.POSITIVE_INFINITY]);
  queue.leave(early);
  assert.deepEqual(sinceOf(), [300, 200, Number.POSITIVE_INFINITY]);
});

test('when instances change each waits for those that would do now, in the old order', () => {
  const [a, b] = fullInstances('a', 'b') as [Instance, Instance];
  const { queue, served, wait } = startQueue();
  const [first, second, third] = [wait([a], 10), wait([b], 20), wait([a], 30)] as const;
  queue.regroup((waiter) => (waiter === third ? [] : [b]));
  assert.equal(queue.length, 3);
  assert.deepEqual(
    [first, second, third].map(({ group }) => group?.key),
    ['b', 'b', ''],
  );
  assert.equal(first.group, second.group);
  assert.deepEqual([queue.waitingSince(a), queue.waitingSince(b)], [Number.POSITIVE_INFINITY, 10]);
  first.onTurn = second.onTurn = () => {
    const [next] = first.group?.waiters ?? second.group?.waiters ?? [];
    if (next === undefined || !b.hasRoom) return;
    b.inFlight += 1;
    queue.leave(next);
    served.push(next as TestWaiter);
  };
  b.limit = 1;
  queue.offer();
  assert.deepEqual(
    served.filter((one) => one !== third),
    [first],
  );
});

test('all that move to one group are in the order of their first waits', () => {
  const [a, b, c] = fullInstances('a', 'b', 'c') as [Instance, Instance, Instance];
  const { queue, wait } = startQueue();
  const all = [wait([a], 10), wait([b], 20), wait([a], 30), wait([b], 40)];
  queue.regroup(() => [c]);
  assert.deepEqual([...(all[0]?.group?.waiters ?? [])], all);
});

test('instances are told apart by their whole names', () => {
  const [a, b, ab] = fullInstances('a', 'b', 'ab') as [Instance, Instance, Instance];
  const { wait } = startQueue();
  assert.notEqual(wait([a, b]).group, wait([ab]).group);
  assert.notEqual(wait([a, b]).group, wait([b, a]).group, 'and by their order');
});

function startDesk() {
  const sent: PermitChanges[][] = [];
  const clock = new FakeClock();
  let flush: (() => void) | null = null;
  const desk = new LeaseDesk({
    clock,
    send: (changes) => sent.push([...changes]),
    defer: (all) => {
      flush = all;
    },
  });
  /** All that is told now. */
  const told = (): readonly PermitChanges[] => {
    flush?.();
    flush = null;
    return sent.splice(0).flat();
  };
  const limited = (id: string): Instance => {
    const instance = instanceNamed(id, 0);
    instance.lease = desk.open('shop', instance, () => {});
    return instance;
  };
  return { clock, desk, told, limited };
}

const wantsOf = (changes: readonly PermitChanges[]) => changes.flatMap(({ wants }) => wants);

test('the primary learns how many wait for permits, by instances, and how many leave', () => {
  const { desk, told, limited } = startDesk();
  const { queue, wait } = startQueue(desk);
  const [a, b] = [limited('a'), limited('b')];
  told();
  const first = wait([a, b]);
  wait([a, b]);
  wait([b]);
  assert.deepEqual(wantsOf(told()), [
    { id: 1, instances: ['a', 'b'], more: 2 },
    { id: 2, instances: ['b'], more: 1 },
  ]);
  queue.leave(first);
  assert.deepEqual(wantsOf(told()), [{ id: 1, instances: ['a', 'b'], more: -1 }]);
});

test('a want outlives the change of instances that leaves its group as it was', () => {
  const { desk, told, limited } = startDesk();
  const { queue, wait } = startQueue(desk);
  const [a, b] = [limited('a'), limited('b')];
  const [stays, moves] = [wait([a]), wait([b])];
  told();
  queue.regroup((waiter) => (waiter === moves ? [a, b] : [a]));
  assert.deepEqual(wantsOf(told()), [
    { id: 2, instances: ['b'], more: -1 },
    { id: 3, instances: ['a', 'b'], more: 1 },
  ]);
  assert.equal(stays.group?.want?.id, 1);
});

test('who waits for an instance whose limit is not shared wants no permit', () => {
  const { desk, told, limited } = startDesk();
  const { queue, wait } = startQueue(desk);
  const [own] = fullInstances('own') as [Instance];
  const shared = limited('shared');
  told();
  const waiter = wait([own]);
  queue.regroup(() => [own]);
  queue.leave(waiter);
  queue.add(waiter, [own], 0);
  assert.equal(waiter.group?.want, null);
  assert.deepEqual(told(), []);
  assert.deepEqual(wait([own, shared]).group?.want?.instances, ['own', 'shared'], 'one of them is enough');
});
