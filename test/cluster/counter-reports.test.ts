/** Counters on their way from a worker to the primary: what arrives is what was counted, whatever was lost before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CounterLedger } from '../../src/cluster/counter-ledger.js';
import { ReportReader, ReportWriter, type SaidCounters } from '../../src/cluster/counter-reports.js';
import { createKeyedObject } from '../../src/core/keyed-object.js';
import {
  createClientCounters,
  createLogCounters,
  createSlotCounters,
  type WorkerCounters,
} from '../../src/metrics/counters.js';
import { createInstanceCounters } from '../../src/metrics/instance-counters.js';
import { holds } from '../support/properties.js';

const APPS = ['shop', 'till', '__proto__'];
const IDS = ['10.0.0.1:80', 'constructor'];

/** Counters as a worker has them: the same objects for as long as it lives, which go on counting. */
class CountingWorker {
  readonly counters: WorkerCounters = {
    slots: createKeyedObject(),
    clients: createClientCounters(),
    accessLog: createLogCounters(),
  };

  count(app: string, id: string, peak: number): void {
    const { slots, accessLog } = this.counters;
    slots[app] ??= createSlotCounters();
    const slot = slots[app];
    slot.instances[id] ??= createInstanceCounters();
    const instance = slot.instances[id];
    for (const counted of [slot, instance]) {
      counted.requests += 1;
      counted.connections += 1;
      counted.responses[2] = (counted.responses[2] ?? 0) + 1;
      counted.inFlightPeak = Math.max(peak, counted.inFlightPeak);
    }
    slot.latency[peak] = (slot.latency[peak] ?? 0) + 1;
    slot.errors.NO_INSTANCE = (slot.errors.NO_INSTANCE ?? 0) + peak;
    accessLog.lines += 1;
  }

  dropSlot(app: string): void {
    delete this.counters.slots[app];
  }

  dropInstance(app: string, id: string): void {
    const slot = this.counters.slots[app];
    if (slot !== undefined) delete slot.instances[id];
  }

  /** A report was made: what was held at once begins anew. */
  settle(): void {
    for (const slot of Object.values(this.counters.slots)) {
      slot.inFlightPeak = 0;
      for (const instance of Object.values(slot.instances)) instance.inFlightPeak = 0;
    }
  }
}

const app = fc.constantFrom(...APPS);
const id = fc.constantFrom(...IDS);
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('count' as const), app, id, peak: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop slot' as const), app }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop instance' as const), app, id }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('ask' as const), whole: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('answer' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('loss' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('second' as const) }) },
);

function sent<T>(message: T): T {
  return JSON.parse(JSON.stringify(message)) as T;
}

test('over any history the sum is what it would be of whole reports: late, several at once, or lost', async () => {
  await holds(
    fc.property(fc.array(step, { maxLength: 60 }), (history) => {
      const [worker, writer, reader] = [new CountingWorker(), new ReportWriter(), new ReportReader()];
      const [ledger, plain] = [new CounterLedger<object>(), new CounterLedger<object>()];
      const key = {};
      /** Said, and not here yet: with the same as a whole. */
      const underWay: { readonly said: SaidCounters; readonly whole: WorkerCounters }[] = [];
      const ask = (known: number | undefined): void => {
        underWay.push({ said: sent(writer.write(worker.counters, known)), whole: sent(worker.counters) });
        worker.settle();
      };
      const answer = (): void => {
        const next = underWay.shift();
        if (next === undefined) return;
        ledger.record(key, reader.read(next.said) ?? assert.fail('a report is read'));
        plain.record(key, next.whole);
      };
      for (const one of history) {
        if (one.kind === 'count') worker.count(one.app, one.id, one.peak);
        else if (one.kind === 'drop slot') worker.dropSlot(one.app);
        else if (one.kind === 'drop instance') worker.dropInstance(one.app, one.id);
        else if (one.kind === 'ask') ask(one.whole ? undefined : reader.known);
        else if (one.kind === 'answer') answer();
        else if (one.kind === 'loss') underWay.shift();
        else for (const each of [ledger, plain]) each.beginPeaks();
        assert.deepEqual(sent(ledger.sum()), sent(plain.sum()));
      }
      while (underWay.length > 0) answer();
      ask(reader.known);
      answer();
      assert.deepEqual(sent(ledger.sum()), sent(plain.sum()));
      assert.deepEqual(sent(ledger.sum().accessLog), sent(worker.counters.accessLog));
    }),
    500,
  );
});

test('a report after one that has arrived says what has changed since, and nothing else', () => {
  const [worker, writer, reader] = [new CountingWorker(), new ReportWriter(), new ReportReader()];
  for (const name of ['shop', 'till']) worker.count(name, '10.0.0.1:80', 0);
  const first = writer.write(worker.counters, reader.known);
  assert.equal(first.number, 1);
  const before = reader.read(sent(first));
  const second = writer.write(worker.counters, reader.known);
  assert.deepEqual(second, { number: 2, changes: {} });
  assert.equal(reader.read(sent(second))?.slots.shop, before?.slots.shop);
  worker.count('till', '10.0.0.1:80', 0);
  const third = sent(writer.write(worker.counters, reader.known));
  assert.deepEqual(Object.keys((third.changes as WorkerCounters).slots), ['till']);
  assert.equal(reader.read(third)?.slots.shop, before?.slots.shop);
});

test('a primary of an older program names no report and gets all; a worker of an older program numbers none and is asked for all', () => {
  const [worker, writer, reader] = [new CountingWorker(), new ReportWriter(), new ReportReader()];
  worker.count('shop', '10.0.0.1:80', 0);
  assert.deepEqual(writer.write(worker.counters, undefined), { counters: worker.counters });
  const report = sent(worker.counters);
  assert.equal(reader.read({ counters: report }), report);
  assert.equal(reader.known, 0);
});

test('counters that a worker cannot read leave the last report as it is', () => {
  const [worker, writer, reader] = [new CountingWorker(), new ReportWriter(), new ReportReader()];
  worker.count('shop', '10.0.0.1:80', 0);
  reader.read(sent(writer.write(worker.counters, reader.known)));
  assert.equal(reader.read(sent(writer.write(null, reader.known))), null);
  worker.count('shop', '10.0.0.1:80', 0);
  const next = sent(writer.write(worker.counters, reader.known));
  assert.equal(next.counters, undefined);
  assert.equal(reader.read(next)?.slots.shop?.requests, 2);
});
