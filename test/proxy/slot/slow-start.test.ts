/** `slow_start`: an instance that comes, or comes back, gets its share over this time, and not all at once. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { InstanceSnapshot, SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { FakeClock } from '../../support/fake-clock.js';
import { BalancedFleet } from '../../support/node/balanced-fleet.js';

const SLOW_START_MS = 10_000;

interface Warming {
  readonly clock: FakeClock;
  readonly fleet: BalancedFleet;
  /** B comes back, or comes. */
  readonly comeBack: () => Promise<void>;
}

async function start(
  context: TestContext,
  absent: Partial<InstanceSnapshot> | null,
  slot: Partial<SlotSnapshot> = {},
): Promise<Warming> {
  const clock = new FakeClock();
  const fleet = await BalancedFleet.start(context, [100, 100], {
    clock,
    slot: { slowStartMs: SLOW_START_MS, ...slot },
  });
  await fleet.change({ instances: fleet.changed({ B: absent }) });
  await clock.advance(60_000);
  return { clock, fleet, comeBack: () => fleet.change({ instances: fleet.specs }) };
}

async function shareOfB(fleet: BalancedFleet, requests: number): Promise<number> {
  return [...(await fleet.askTimes(requests))].filter((name) => name === 'B').length / requests;
}

for (const [name, absent] of [
  ['is up again', { up: false }],
  ['leaves maintenance', { state: 'maint' }],
  ['is drained no more', { state: 'drain' }],
  ['is new', null],
] as const) {
  test(`an instance that ${name} begins with a little and ends with its share`, async (context) => {
    const { clock, fleet, comeBack } = await start(context, absent);
    assert.equal(await shareOfB(fleet, 20), 0);
    await comeBack();
    assert.equal(await shareOfB(fleet, 202), 1 / 101);
    await clock.advance(SLOW_START_MS / 4);
    assert.equal(Math.round((await shareOfB(fleet, 60)) * 60), 10, 'a fifth to a sixth, at its whole second');
    await clock.advance(SLOW_START_MS / 4);
    assert.equal(await shareOfB(fleet, 60), 1 / 3);
    await clock.advance(SLOW_START_MS / 2);
    assert.equal(await shareOfB(fleet, 60), 1 / 2);
  });
}

test('slow start goes on through changes of others, and begins anew only after an absence', async (context) => {
  const { clock, fleet, comeBack } = await start(context, { up: false });
  await comeBack();
  await clock.advance(SLOW_START_MS / 2);
  await fleet.change({ retries: 1 });
  assert.equal(await shareOfB(fleet, 60), 1 / 3);
  await fleet.change({ instances: fleet.changed({ B: { up: false } }) });
  await comeBack();
  assert.equal(await shareOfB(fleet, 101), 1 / 101);
});

test('without slow start, and at the start of a worker, an instance has its share at once', async (context) => {
  const { fleet, comeBack } = await start(context, { up: false }, { slowStartMs: 0 });
  await comeBack();
  assert.equal(await shareOfB(fleet, 20), 1 / 2);
  const fresh = await BalancedFleet.start(context, [100, 100], { slot: { slowStartMs: SLOW_START_MS } });
  assert.equal(await shareOfB(fresh, 20), 1 / 2);
});

test('an instance that is alone bears all of it', async (context) => {
  const { fleet, comeBack } = await start(context, { up: false });
  await comeBack();
  await fleet.change({ instances: fleet.changed({ A: { up: false } }) });
  assert.equal(await shareOfB(fleet, 20), 1);
});

test('leastconn: a warming instance gets less under way', async (context) => {
  const { clock, fleet, comeBack } = await start(context, { up: false }, { balance: 'leastconn' });
  await comeBack();
  await clock.advance(SLOW_START_MS / 2);
  for (let turn = 0; turn < 12; turn += 1) await fleet.hold();
  assert.deepEqual(fleet.underWay, [8, 4]);
});
