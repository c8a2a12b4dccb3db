/** The permits of one instance that a worker holds: when it asks for more, keeps them, and gives them back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lease } from '../../../src/proxy/limits/lease.js';
import type { PermitNotice } from '../../../src/snapshot/permits.js';
import { FakeClock } from '../../support/fake-clock.js';

const QUIET: PermitNotice = {
  ...{ app: 'shop', instance: 'a', count: 0, want: 0 },
  ...{ isContended: false, othersWaitedMs: null, isExceeded: false },
};

function startLease(inFlight = 0) {
  const clock = new FakeClock();
  /** What the primary was told, and what else happened. */
  const said: string[] = [];
  const lender = {
    clock,
    isOpen: true,
    giveBack: (app: string, instance: string, count: number) => said.push(`${count} of ${app} ${instance} back`),
    wish: (app: string, instance: string) => said.push(`wish for ${app} ${instance}`),
  };
  const borrower = { id: 'a', inFlight, limit: 0, onLimitLowered: () => said.push(`limit ${borrower.limit}`) };
  const lease = new Lease('shop', lender, borrower, () => said.push('room'));
  /** One request more. */
  const take = (): void => {
    borrower.inFlight += 1;
    lease.onTaken();
  };
  const release = (): void => {
    borrower.inFlight -= 1;
    lease.onReleased();
  };
  const notice = (more: Partial<PermitNotice>): void => lease.onNotice({ ...QUIET, ...more });
  const told = (): readonly string[] => said.splice(0);
  return { clock, lender, borrower, lease, take, release, notice, told };
}

const WISH = 'wish for shop a';

test('it begins with what is under way, and wishes for one', () => {
  const { borrower, told } = startLease(2);
  assert.equal(borrower.limit, 2);
  assert.deepEqual(told(), [WISH]);
});

test('when all are in use it wishes for another one, each 100 ms at most, and at once after one has come', () => {
  const { clock, borrower, take, notice, told } = startLease();
  notice({ count: 2 });
  assert.deepEqual([told(), borrower.limit], [[WISH, 'room'], 2]);
  take();
  assert.deepEqual(told(), [], 'one is free');
  take();
  assert.deepEqual(told(), [WISH]);
  clock.jump(99);
  take();
  assert.deepEqual(told(), []);
  clock.jump(1);
  take();
  assert.deepEqual(told(), [WISH]);
  notice({ count: 3 });
  assert.deepEqual(told(), ['room']);
  take();
  assert.deepEqual(told(), [WISH]);
});

test('while others wait it wishes for nothing, and what is not in use goes back', () => {
  const { borrower, clock, lease, take, release, notice, told } = startLease();
  notice({ count: 3 });
  take();
  told();
  assert.equal(lease.isContended, false);
  notice({ isContended: true, othersWaitedMs: 0 });
  assert.equal(lease.isContended, true);
  assert.deepEqual([told(), borrower.limit], [['limit 1', '2 of shop a back'], 1]);
  clock.jump(1_000);
  take();
  assert.deepEqual(told(), []);
  release();
  assert.deepEqual(told(), [], 'what is in use stays');
  release();
  assert.deepEqual([told(), borrower.limit], [['limit 0', '1 of shop a back'], 0]);
});

test('nothing goes back where nobody waits', () => {
  const { borrower, take, release, notice, told } = startLease();
  notice({ count: 1 });
  take();
  told();
  release();
  notice({});
  assert.deepEqual([told(), borrower.limit], [[], 1]);
});

test('when others wait no longer it wishes for one, if all are in use', () => {
  const { take, notice, told } = startLease();
  notice({ count: 2, isContended: true });
  told();
  notice({});
  assert.deepEqual(told(), [WISH]);
  notice({ count: 1 });
  take();
  notice({ isContended: true });
  told();
  notice({ count: 1 });
  assert.deepEqual(told(), ['room'], 'one is free');
  notice({});
  assert.deepEqual(told(), [], 'nobody waited before');
});

test('who waits here is served first unless somebody elsewhere has waited 5 ms longer', () => {
  const { clock, lease, notice } = startLease();
  const now = clock.now();
  assert.equal(lease.mayKeepFor(now), true, 'nobody waits elsewhere');
  notice({ isContended: true, othersWaitedMs: 100 });
  assert.deepEqual(
    [now - 100, now - 95, now - 94.9].map((since) => lease.mayKeepFor(since)),
    [true, true, false],
  );
  assert.equal(lease.mayKeepFor(Number.POSITIVE_INFINITY), false, 'nobody waits here');
  notice({ isContended: true, othersWaitedMs: 100, isExceeded: true });
  assert.equal(lease.mayKeepFor(0), false, 'more are lent than the limit allows');
  notice({});
  assert.equal(lease.mayKeepFor(now), true);
});

test('a lease that is closed gives back what is not in use, and the rest as it ends', () => {
  const { lender, borrower, lease, take, release, notice, told } = startLease();
  notice({ count: 3 });
  take();
  told();
  lease.close(true);
  assert.deepEqual([told(), borrower.limit], [['limit 1', '2 of shop a back'], 1]);
  notice({ count: 2 });
  assert.deepEqual(told(), ['2 of shop a back'], 'what comes late goes back as it is');
  release();
  assert.deepEqual(told(), ['limit 0', '1 of shop a back']);
  lender.isOpen = false;
  lease.settle(5);
  assert.deepEqual([told(), borrower.limit], [[], 0]);
});

test('where the limit is gone all go back at once', () => {
  const { lease, take, notice, told } = startLease();
  notice({ count: 2 });
  take();
  told();
  lease.close(false);
  assert.deepEqual(told(), ['limit 0', '2 of shop a back']);
});

test('without a primary it has its part for good, and what is beyond that ends', () => {
  const { lender, borrower, lease, take, release, notice, told } = startLease();
  notice({ count: 3, isContended: true, othersWaitedMs: 0 });
  notice({ count: 3 });
  for (let request = 0; request < 3; request += 1) take();
  notice({ isContended: true });
  told();
  lender.isOpen = false;
  lease.onPrimaryGone();
  assert.equal(lease.isContended, false);
  lease.settle(1);
  assert.deepEqual([told(), borrower.limit], [['limit 3', 'room'], 3]);
  for (const limit of [2, 1, 1]) {
    release();
    assert.equal(borrower.limit, limit);
  }
  assert.deepEqual(told(), []);
  lease.settle(4);
  assert.deepEqual([told(), borrower.limit], [['limit 4', 'room'], 4]);
});

test('a notice on its way when the primary ended takes nothing back', () => {
  const { lender, borrower, lease, notice, told } = startLease();
  notice({ count: 2 });
  told();
  lender.isOpen = false;
  lease.onPrimaryGone();
  notice({ isContended: true });
  assert.deepEqual([told(), borrower.limit, lease.isContended], [[], 2, false]);
});

test('a worker that holds nothing gets nothing once the primary is gone', () => {
  const { lender, lease, notice } = startLease();
  assert.equal(lease.isBarren, false);
  lender.isOpen = false;
  assert.equal(lease.isBarren, true);
  notice({ count: 1 });
  assert.equal(lease.isBarren, false);
});
