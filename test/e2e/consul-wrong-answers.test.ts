/** Consul answers, and wrongly: the table stays, nobody is asked in a storm, and the first true answer counts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from '../support/consul/consul-front.js';
import { eventually } from '../support/eventually.js';
import { putApp, register } from '../support/node/fleet.js';
import {
  assertRecovered,
  assertRestored,
  assertUnharmed,
  consulSourceOf,
  FAULT_MS,
  type ServedFleet,
  serveFleet,
} from '../support/node/served-fleet.js';
import { HttpInstance } from '../support/traffic/http-instance.js';

/** Of four questions together. */
const MAX_PER_SECOND = 30;

/** Four answers are read up to their limits before it is said, on a busy machine too. */
const REASON_MS = 30_000;

/** Four answers at their limits, and what the next ones take before the first are collected. */
const MAX_GROWTH_BYTES = 250 * 1_048_576;

/** The most that a process has had in memory so far, in bytes. */
function peakMemoryOf(pid: number): number {
  const [, kilobytes = '0'] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1_024;
}

interface Row {
  readonly fault: Fault;
  readonly isSaid: boolean;
  /** What the log says of it. */
  readonly reason?: RegExp;
}

/** A node outlives them all, one after the other. */
const FAULTS: readonly Row[] = [
  { fault: 'empty', isSaid: false },
  { fault: 'error', isSaid: true },
  { fault: 'refusing', isSaid: true },
  { fault: 'html', isSaid: true },
  { fault: 'cut', isSaid: true },
  { fault: 'index-back', isSaid: false },
];

/** Each meets a node of its own, whose memory has not grown yet. */
const FLOODS: readonly Row[] = [
  { fault: 'endless', isSaid: true, reason: /is cut off: it has more than the \d+ bytes that are read$/ },
  { fault: 'compressed', isSaid: true, reason: /is compressed \(gzip\)$/ },
];

async function befall(context: TestContext, fleet: ServedFleet, { fault, isSaid, reason }: Row): Promise<void> {
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
  const isGiven = (): boolean => reason === undefined || reasons().some((text) => reason.test(text));
  await eventually('the reason is said', isGiven, REASON_MS);
  if (isSaid) assert.ok((await consulSourceOf(node)).staleMs > FAULT_MS / 2, 'its age is shown');
  await assertUnharmed(fleet);
  front.begin('none');
  await assertRecovered(fleet);
}

test('Consul that answers wrongly after its links have broken, with one thing after another', async (context) => {
  const fleet = await serveFleet(context, { isBehindFront: true });
  for (const row of FAULTS) {
    await context.test(row.fault, async (inner) => {
      await befall(inner, fleet, row);
      await assertRestored(fleet);
    });
  }
});

for (const row of FLOODS) {
  test(`Consul that answers wrongly after its links have broken: ${row.fault}`, async (context) => {
    await befall(context, await serveFleet(context, { isBehindFront: true }), row);
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
