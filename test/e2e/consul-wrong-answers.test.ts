/** Consul answers, and wrongly: the table stays, nobody is asked in a storm, and the first true answer counts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../support/consul-front.js';
import { eventually } from '../support/eventually.js';
import { putApp, register } from '../support/fleet.js';
import { HttpInstance } from '../support/http-instance.js';
import { assertRecovered, assertUnharmed, consulSourceOf, FAULT_MS, serveFleet } from '../support/served-fleet.js';

/** Of four questions together. */
const MAX_PER_SECOND = 30;

/** Four answers at their limits, and what the next ones take before the first are collected. */
const MAX_GROWTH_BYTES = 250 * 1_048_576;

/** The most that a process has had in memory so far, in bytes. */
function peakMemoryOf(pid: number): number {
  const [, kilobytes = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

const FAULTS: readonly (readonly [fault: Fault, isSaid: boolean, reason?: RegExp])[] = [
  ['empty', false],
  ['error', true],
  ['refusing', true],
  ['html', true],
  ['endless', true, /is cut off: it has more than the \d+ bytes that are read$/],
  ['compressed', true, /is compressed \(gzip\)$/],
  ['cut', true],
  ['index-back', false],
];

for (const [fault, isSaid, reason] of FAULTS) {
  test(`Consul that answers wrongly after its links have broken: ${fault}`, async (context) => {
    const fleet = await serveFleet(context, { isBehindFront: true });
    const { front, node } = fleet;
    const memoryBefore = peakMemoryOf(node.pid);
    front.begin(fault);
    const before = front.asked;
    await delay(FAULT_MS);
    const grownBytes = peakMemoryOf(node.pid) - memoryBefore;
    context.diagnostic(`the primary took ${Math.round(grownBytes / 1_048_576)} MB more`);
    assert.ok(grownBytes < MAX_GROWTH_BYTES, `the primary took ${grownBytes} bytes more`);
    const perSecond = (front.asked - before) / (FAULT_MS / 1_000);
    assert.ok(perSecond <= MAX_PER_SECOND, `${perSecond} requests a second to a Consul in trouble`);
    const reasons = (): string[] => node.linesOf('reading the source failed').map((line) => String(line.reason));
    if (reason !== undefined) await eventually(`the reason is said`, () => reasons().some((text) => reason.test(text)));
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
  await node.untilState(({ problems }) => problems.some(({ message }) => / are still served/.test(message)));
  await delay(FAULT_MS / 3);
  await assertUnharmed(fleet);
  front.begin('none');
  await assertRecovered(fleet);
});
