import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyedObject, type KeyedObject } from '../../src/core/keyed-object.js';
import { createSlotCounters, type SlotCounters } from '../../src/metrics/counters.js';
import { recordLatency } from '../../src/metrics/histogram.js';
import { createInstanceCounters, type InstanceCounters } from '../../src/metrics/instance-counters.js';
import { FigureHistories } from '../../src/report/figure-history.js';
import { FigureSampler } from '../../src/report/figure-sampler.js';
import { appInstance, appOf } from '../support/node/apps.js';

const APP = appOf('checkout', 21_034, { instances: [appInstance(8_080)] });
const ID = '127.0.0.1:8080';

function counted(change: (counters: SlotCounters) => void, before?: SlotCounters): SlotCounters {
  const counters = structuredClone(before) ?? createSlotCounters();
  change(counters);
  return counters;
}

function slots(counters: SlotCounters): KeyedObject<SlotCounters> {
  return createKeyedObject([['checkout', counters]]);
}

function serve(counters: SlotCounters, requests: number, latencyMs: number): void {
  counters.requests += requests;
  instanceOf(counters).requests += requests;
  for (let index = 0; index < requests; index += 1) recordLatency(counters.latency, latencyMs);
}

function instanceOf(counters: SlotCounters): InstanceCounters {
  counters.instances[ID] ??= createInstanceCounters();
  return counters.instances[ID];
}

test('rates are of the time between two looks', () => {
  const sampler = new FigureSampler();
  const first = counted((counters) => serve(counters, 1_000, 5));
  assert.equal(sampler.sample(0, slots(first), [APP]), null);
  const second = counted((counters) => {
    serve(counters, 50, 5);
    counters.responses[5] = 4;
    counters.errors.CLOSED_IN_RESPONSE = 2;
    counters.errors.METHOD_INVALID = 100;
    counters.inFlight = 3;
    counters.bled = 10;
  }, first);
  const [rate, errors, p50, p99, inFlight, , , bled] =
    sampler.sample(2_000, slots(second), [APP])?.byApp.get('checkout') ?? [];
  assert.deepEqual([rate, errors, inFlight, bled], [25, 3, 3, 5]);
  assert.ok(Math.abs((p50 ?? 0) - 5) < 1 && Math.abs((p99 ?? 0) - 5) < 1);
});

test('an app without a request has no latency; of an instance, requests and those under way are told', () => {
  const sampler = new FigureSampler();
  const first = counted((counters) => serve(counters, 10, 5));
  sampler.sample(0, slots(first), [APP]);
  const idle = sampler.sample(1_000, slots(first), [APP])?.byApp.get('checkout') ?? [];
  assert.deepEqual(idle.slice(0, 4), [0, 0, null, null]);
  const busy = counted((counters) => {
    serve(counters, 7, 5);
    instanceOf(counters).inFlight = 2;
  }, first);
  sampler.sample(2_000, slots(busy), [APP]);
  assert.deepEqual(sampler.instancesOf(APP), [7, 2]);
});

test('percentiles forget what is older than ten seconds', () => {
  const sampler = new FigureSampler();
  let counters = createSlotCounters();
  const p99At = (at: number, latencyMs: number): number => {
    counters = counted((next) => serve(next, 100, latencyMs), counters);
    return sampler.sample(at, slots(counters), [APP])?.byApp.get('checkout')?.[3] ?? 0;
  };
  p99At(0, 1);
  assert.ok(p99At(1_000, 500) > 400, 'slow');
  for (let second = 2; second <= 5; second += 1)
    assert.ok(p99At(second * 1_000, 1) > 400, `still slow after ${second}`);
  for (let second = 6; second <= 10; second += 1) p99At(second * 1_000, 1);
  assert.ok(p99At(11_000, 1) < 2, 'forgotten');
});

test('the total adds up the apps, and its percentiles are of all their requests', () => {
  const other = appOf('cart', 21_036);
  const sampler = new FigureSampler();
  const both = (one: SlotCounters, two: SlotCounters) =>
    createKeyedObject([
      ['checkout', one],
      ['cart', two],
    ]);
  sampler.sample(0, both(createSlotCounters(), createSlotCounters()), [APP, other]);
  const slow = counted((counters) => serve(counters, 10, 1_000));
  const fast = counted((counters) => serve(counters, 90, 1));
  const [rate, , p50, p99] = sampler.sample(1_000, both(slow, fast), [APP, other])?.total ?? [];
  assert.equal(rate, 100);
  assert.ok((p50 ?? 0) < 2 && (p99 ?? 0) > 900);
});

test('a history holds five minutes, oldest first, with nothing where nothing was measured', () => {
  const histories = new FigureHistories();
  const figures = (rate: number) => [rate, 0, null, null, 0, 0, 0, 0, 0] as const;
  for (let second = 0; second < 400; second += 1) {
    const byApp = new Map(second < 350 ? [] : [['checkout', figures(second)] as const]);
    histories.add(second * 1_000, figures(second), byApp);
  }
  const { times, rate, p50 } = histories.total();
  assert.deepEqual([times.length, times[0], times.at(-1), rate[0], rate.at(-1)], [300, 100, 399, 100, 399]);
  assert.ok(p50.every((value) => value === null));
  const own = histories.of('checkout').rate;
  assert.deepEqual([own[0], own[249], own[250]], [null, null, 350]);
  const [[app, trend] = ['', []]] = histories.trends();
  assert.deepEqual([app, trend.length, trend.at(-1)], ['checkout', 60, 397]);
  assert.equal(histories.at(360_500)?.figuresOf('checkout')[0], 360);
  assert.equal(histories.at(50_000), null);
});
