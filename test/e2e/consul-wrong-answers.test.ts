/** Consul answers, and wrongly: the table stays, nobody is asked in a storm, and the first true answer counts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../support/consul-front.js';
import { putApp, register } from '../support/fleet.js';
import { HttpInstance } from '../support/http-instance.js';
import { assertRecovered, assertUnharmed, consulSourceOf, FAULT_MS, serveFleet } from '../support/served-fleet.js';

/** Of four questions together. */
const MAX_PER_SECOND = 30;

const FAULTS: readonly (readonly [fault: Fault, isSaid: boolean])[] = [
  ['empty', false],
  ['error', true],
  ['refusing', true],
  ['html', true],
  ['cut', true],
  ['index-back', false],
];

for (const [fault, isSaid] of FAULTS) {
  test(`Consul that answers wrongly after its links have broken: ${fault}`, async (context) => {
    const fleet = await serveFleet(context, { isBehindFront: true });
    const { front, node } = fleet;
    front.begin(fault);
    const before = front.asked;
    await delay(FAULT_MS);
    const perSecond = (front.asked - before) / (FAULT_MS / 1_000);
    assert.ok(perSecond <= MAX_PER_SECOND, `${perSecond} requests a second to a Consul in trouble`);
    if (isSaid) assert.ok((await consulSourceOf(node)).staleMs > FAULT_MS / 2, 'its age is shown');
    await assertUnharmed(fleet);
    front.begin('none');
    await assertRecovered(fleet);
  });
}

test('Consul that has nothing any more, from one answer to the next', async (context) => {
  const fleet = await serveFleet(context, { isBehindFront: true });
  const { front, consul, plan, node } = fleet;
  front.fault = 'empty';
  // What waits in Consul is answered truly, and the next question meets the fault.
  await putApp(consul, 'side', plan.place.slot + 2);
  await register(consul, 'side', await HttpInstance.start(context, 'side'));
  await node.untilState(({ problems }) => problems.some(({ message }) => / are served on/.test(message)));
  await delay(FAULT_MS / 3);
  await assertUnharmed(fleet);
  front.begin('none');
  await assertRecovered(fleet);
});
