/** What a worker tells the primary of its permits, in how many messages, and where what comes goes to. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeaseDesk } from '../../../src/proxy/limits/lease-desk.js';
import type { PermitChanges, PermitNotice } from '../../../src/snapshot/permits.js';
import { FakeClock } from '../../support/fake-clock.js';

function startDesk() {
  const clock = new FakeClock();
  const messages: (readonly PermitChanges[])[] = [];
  const deferred: (() => void)[] = [];
  const desk = new LeaseDesk({
    clock,
    send: (changes) => messages.push(changes),
    defer: (flush) => deferred.push(flush),
  });
  /** The moment is over: what is told of it, one array a message. */
  const told = () => {
    for (const flush of deferred.splice(0)) flush();
    return messages.splice(0);
  };
  const borrower = (id: string, inFlight = 0) => ({ id, inFlight, limit: 0, onLimitLowered: () => {} });
  const open = (id: string, inFlight = 0, app = 'shop') => desk.open(app, borrower(id, inFlight), () => {});
  return { clock, desk, deferred, told, borrower, open };
}

const changesOf = (changes: Partial<PermitChanges>): PermitChanges => ({
  ...{ app: 'shop', returned: [], taken: [], wished: [], wants: [] },
  ...changes,
});
const noticeOf = (notice: Partial<PermitNotice>): PermitNotice => ({
  ...{ app: 'shop', instance: 'a', count: 0, want: 0 },
  ...{ isContended: false, othersWaitedMs: null, isExceeded: false },
  ...notice,
});

test('all of one moment is one message, by app and instance', () => {
  const { desk, deferred, told, open } = startDesk();
  open('a', 2);
  open('b');
  open('a', 0, 'till');
  desk.giveBack('shop', 'b', 1);
  desk.giveBack('shop', 'b', 2);
  desk.giveBack('shop', 'a', 0);
  assert.equal(deferred.length, 1);
  assert.deepEqual(told(), [
    [
      changesOf({ returned: [['b', 3]], taken: [['a', 2]], wished: ['a', 'b'] }),
      changesOf({ app: 'till', wished: ['a'] }),
    ],
  ]);
  assert.deepEqual(told(), []);
  desk.giveBack('shop', 'b', 1);
  assert.deepEqual(told(), [[changesOf({ returned: [['b', 1]] })]], 'nothing is told twice');
});

test('permits that come go to the lease; where it is gone they go back', () => {
  const { desk, told, open } = startDesk();
  const lease = open('a');
  told();
  desk.onNotices([noticeOf({ count: 2 })]);
  assert.equal(lease.isBarren, false);
  assert.deepEqual(told(), []);
  desk.onNotices([noticeOf({ app: 'till', count: 1 }), noticeOf({ instance: 'b', count: 3 })]);
  assert.deepEqual(told(), [[changesOf({ app: 'till', returned: [['a', 1]] }), changesOf({ returned: [['b', 3]] })]]);
  desk.close(lease, true);
  assert.deepEqual(told(), [[changesOf({ returned: [['a', 2]] })]]);
  desk.onNotices([noticeOf({ count: 1 })]);
  assert.deepEqual(told(), [[changesOf({ returned: [['a', 1]] })]]);
});

test('an instance that came back gets what comes, though its old lease closes later', () => {
  const { desk, told, borrower } = startDesk();
  const [before, now] = [borrower('a'), borrower('a')];
  const old = desk.open('shop', before, () => {});
  desk.open('shop', now, () => {});
  desk.close(old, true);
  told();
  desk.onNotices([noticeOf({ count: 1 })]);
  assert.deepEqual([before.limit, now.limit, told()], [0, 1, []]);
});

test('a want is told as what has changed since it was told last', () => {
  const { desk, told } = startDesk();
  const want = desk.createWant('shop', ['a', 'b']);
  const other = desk.createWant('shop', ['a']);
  assert.deepEqual(told(), []);
  desk.changeWant(want, 1);
  desk.changeWant(want, 1);
  desk.changeWant(other, 1);
  desk.changeWant(other, -1);
  assert.deepEqual(told(), [[changesOf({ wants: [{ id: 1, instances: ['a', 'b'], more: 2 }] })]]);
  desk.changeWant(want, -1);
  desk.changeWant(other, 1);
  const wants = [
    { id: 1, instances: ['a', 'b'], more: -1 },
    { id: 2, instances: ['a'], more: 1 },
  ];
  assert.deepEqual(told(), [[changesOf({ wants })]]);
});

test('what a want got is taken off; beyond what it still needs it is given up', async () => {
  const { clock, desk, told, open } = startDesk();
  open('a');
  const want = desk.createWant('shop', ['a']);
  for (let waiting = 0; waiting < 3; waiting += 1) desk.changeWant(want, 1);
  told();
  desk.onNotices([noticeOf({ count: 1, want: want.id })]);
  desk.changeWant(want, -1);
  assert.deepEqual(told(), [], 'the one that it served is gone');
  desk.onNotices([noticeOf({ count: 1, want: want.id })]);
  assert.deepEqual(told(), [], 'a little later');
  await clock.advance(2);
  assert.deepEqual(told(), [[changesOf({ wants: [{ id: 1, instances: ['a'], more: 1 }] })]], 'it did not serve');
  desk.changeWant(want, -1);
  desk.changeWant(want, -1);
  told();
  desk.onNotices([noticeOf({ count: 1, want: want.id })]);
  assert.deepEqual(told(), [[changesOf({ wants: [{ id: 1, instances: [], more: 1 }] })]], 'the want is over');
});

test('where many wait, more of them are told up to 2 ms later, in one message', async () => {
  const { clock, desk, deferred, told } = startDesk();
  const want = desk.createWant('shop', ['a']);
  for (let waiting = 0; waiting < 7; waiting += 1) desk.changeWant(want, 1);
  told();
  desk.changeWant(want, 1);
  assert.equal(deferred.length, 1, 'seven are not many');
  told();
  desk.changeWant(want, 1);
  desk.changeWant(want, 1);
  assert.deepEqual([deferred.length, clock.waits()], [0, [2]]);
  await clock.advance(1.9);
  assert.deepEqual(told(), []);
  await clock.advance(0.1);
  assert.deepEqual(told(), [[changesOf({ wants: [{ id: 1, instances: ['a'], more: 2 }] })]]);
  desk.changeWant(want, 1);
  desk.giveBack('shop', 'a', 1);
  assert.deepEqual(
    told(),
    [[changesOf({ returned: [['a', 1]], wants: [{ id: 1, instances: ['a'], more: 1 }] })]],
    'with what is told at once',
  );
  await clock.advance(2);
  assert.deepEqual(told(), []);
  desk.changeWant(want, -11);
  assert.equal(deferred.length, 1, 'that nobody waits any more is told at once');
});

test('what is told at once while something waits to be told later goes first, and takes it along', async () => {
  const { clock, desk, deferred, told } = startDesk();
  const want = desk.createWant('shop', ['a']);
  for (let waiting = 0; waiting < 8; waiting += 1) desk.changeWant(want, 1);
  told();
  desk.changeWant(want, 1);
  desk.giveBack('shop', 'a', 1);
  assert.equal(deferred.length, 1);
  await clock.advance(2);
  assert.deepEqual(deferred.length, 1, 'the moment is not over: its message is the only one');
  assert.equal(told().length, 1);
  desk.changeWant(want, 1);
  assert.deepEqual(clock.waits(), [2], 'later ones wait anew');
});

test('without a primary nothing is told, and leases are not contended any more', () => {
  const { desk, told, open } = startDesk();
  const lease = open('a', 1);
  desk.onNotices([noticeOf({ isContended: true, othersWaitedMs: 0 })]);
  told();
  assert.equal(lease.isContended, true);
  desk.onPrimaryGone();
  assert.deepEqual([desk.isOpen, lease.isContended], [false, false]);
  desk.giveBack('shop', 'a', 1);
  assert.deepEqual(told(), []);
});
