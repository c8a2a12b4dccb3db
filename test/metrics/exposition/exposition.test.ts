import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createKeyedObject } from '../../../src/core/keyed-object.js';
import { createSlotCounters } from '../../../src/metrics/counters.js';
import { Exposition, FAMILIES } from '../../../src/metrics/exposition/exposition.js';
import type { ExpositionFormat } from '../../../src/metrics/exposition/format.js';
import type { ExpositionInput } from '../../../src/metrics/exposition/input.js';
import { recordLatency } from '../../../src/metrics/histogram.js';
import { createInstanceCounters } from '../../../src/metrics/instance-counters.js';
import { appOf, countersOf, EVERYTHING, inputOf, instanceOf } from './inputs.js';

function formatExposition(input: ExpositionInput, format: ExpositionFormat = 'text'): string {
  return Buffer.concat(new Exposition().write(input, format)).toString();
}

function linesOf(input: ExpositionInput, name: string): string[] {
  return formatExposition(input)
    .split('\n')
    .filter((line) => line.startsWith(`autoproxy_${name}`));
}

test('limits of connections stand there for apps and nodes that have one', () => {
  const limited = countersOf({ clientLimit: 50, clientLimitReached: 3, clientLimitMs: 1_500 });
  const apps = [appOf({ name: 'a', counters: limited }), appOf({ name: 'b' })];
  const input = inputOf({ apps, clients: { open: 7, limit: 400, limitReached: 1, limitMs: 250 } });
  assert.deepEqual(linesOf(input, 'connection_limit'), [
    'autoproxy_connection_limit{app="a"} 50',
    'autoproxy_connection_limit_reached_total{app="a"} 3',
    'autoproxy_connection_limit_seconds_total{app="a"} 1.5',
  ]);
  assert.deepEqual(linesOf(input, 'node_connection'), [
    'autoproxy_node_connections 7',
    'autoproxy_node_connection_limit 400',
    'autoproxy_node_connection_limit_reached_total 1',
    'autoproxy_node_connection_limit_seconds_total 0.25',
  ]);
  const unlimited = inputOf({ clients: { open: 7, limit: null, limitReached: 0, limitMs: 0 } });
  assert.deepEqual(linesOf(unlimited, 'node_connection_limit '), []);
});

test('counters and gauges of an app stand under its name', () => {
  const counters = countersOf({
    requests: 7,
    responses: [0, 0, 5, 0, 1, 1],
    errors: { NO_INSTANCE: 1, CONNECT_FAILED: 2 },
    bytesIn: 10,
    bytesOut: 20,
    inFlight: 3,
    instances: createKeyedObject([
      ['10.0.0.1:80', { ...createInstanceCounters(), requests: 4 }],
      ['gone', createInstanceCounters()],
    ]),
  });
  const input = inputOf({
    apps: [
      appOf({
        name: 'checkout',
        counters,
        instances: [instanceOf('10.0.0.2:80', { up: false }), instanceOf('10.0.0.1:80')],
      }),
    ],
  });
  assert.deepEqual(linesOf(input, 'requests_total'), ['autoproxy_requests_total{app="checkout"} 7']);
  assert.deepEqual(linesOf(input, 'responses_total')[1], 'autoproxy_responses_total{app="checkout",class="2xx"} 5');
  assert.deepEqual(linesOf(input, 'errors_total'), [
    'autoproxy_errors_total{app="checkout",code="CONNECT_FAILED"} 2',
    'autoproxy_errors_total{app="checkout",code="NO_INSTANCE"} 1',
  ]);
  assert.deepEqual(linesOf(input, 'bytes_total'), [
    'autoproxy_bytes_total{app="checkout",direction="in"} 10',
    'autoproxy_bytes_total{app="checkout",direction="out"} 20',
  ]);
  assert.deepEqual(linesOf(input, 'in_flight'), ['autoproxy_in_flight{app="checkout"} 3']);
  assert.deepEqual(linesOf(input, 'instance_up'), [
    'autoproxy_instance_up{app="checkout",instance="10.0.0.1:80"} 1',
    'autoproxy_instance_up{app="checkout",instance="10.0.0.2:80"} 0',
  ]);
  assert.deepEqual(linesOf(input, 'instance_requests'), [
    'autoproxy_instance_requests_total{app="checkout",instance="10.0.0.1:80"} 4',
    'autoproxy_instance_requests_total{app="checkout",instance="10.0.0.2:80"} 0',
  ]);
});

test('sources, workers and errors of the configuration stand for themselves', () => {
  const input = inputOf({
    sources: [
      { name: 'directory', up: true, staleMs: 0, apps: 5, held: 0 },
      { name: 'consul', up: false, staleMs: 1_500, apps: 7, held: 1 },
    ],
    workers: [
      { index: 1, restarts: 2, state: 'serving' },
      { index: 0, restarts: 0, state: 'serving' },
      { index: 0, restarts: 0, state: 'draining' },
    ],
    configErrors: 4,
  });
  assert.deepEqual(linesOf(input, 'source_'), [
    'autoproxy_source_up{source="consul"} 0',
    'autoproxy_source_up{source="directory"} 1',
    'autoproxy_source_stale_seconds{source="consul"} 1.5',
    'autoproxy_source_stale_seconds{source="directory"} 0',
    'autoproxy_source_apps{source="consul"} 7',
    'autoproxy_source_apps{source="directory"} 5',
    'autoproxy_source_held{source="consul"} 1',
    'autoproxy_source_held{source="directory"} 0',
  ]);
  assert.deepEqual(linesOf(input, 'worker'), [
    'autoproxy_worker_restarts_total{worker="0"} 0',
    'autoproxy_worker_restarts_total{worker="1"} 2',
    'autoproxy_workers{state="starting"} 0',
    'autoproxy_workers{state="serving"} 2',
    'autoproxy_workers{state="draining"} 1',
  ]);
  assert.deepEqual(linesOf(input, 'config_errors'), ['autoproxy_config_errors 4']);
});

test('a node that registers containers says how many, and of how many others are gone', () => {
  assert.deepEqual(linesOf(inputOf({ registrar: { up: true, registered: 12, ghosts: 1 } }), 'registrar'), [
    'autoproxy_registrar_up 1',
    'autoproxy_registrar_services 12',
    'autoproxy_registrar_ghosts 1',
  ]);
  assert.deepEqual(linesOf(inputOf(), 'registrar'), []);
});

test('the latency histogram is cumulative, exact at its ends, in seconds', () => {
  const counters = createSlotCounters();
  for (const latencyMs of [0.1, 0.511, 0.513, 3, 3, 1_000, 100_000]) recordLatency(counters.latency, latencyMs);
  const input = inputOf({ apps: [appOf({ counters })] });
  const lines = linesOf(input, 'latency_seconds');
  const counts = lines.filter((line) => line.includes('_bucket')).map((line) => Number(line.split(' ')[1]));
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => a - b),
  );
  assert.ok(lines.includes('autoproxy_latency_seconds_bucket{app="a",le="0.000512"} 2'));
  assert.ok(lines.includes('autoproxy_latency_seconds_bucket{app="a",le="0.001024"} 3'));
  assert.ok(lines.includes('autoproxy_latency_seconds_bucket{app="a",le="0.004096"} 5'));
  assert.ok(lines.includes('autoproxy_latency_seconds_bucket{app="a",le="67.108864"} 6'));
  assert.ok(lines.includes('autoproxy_latency_seconds_bucket{app="a",le="+Inf"} 7'));
  assert.ok(lines.includes('autoproxy_latency_seconds_count{app="a"} 7'));
  const sum = Number(lines.find((line) => line.includes('_sum'))?.split(' ')[1]);
  assert.ok(Math.abs(sum - 101.007) < 101.007 * 0.0625, `the sum is ${sum}`);
});

test('labels are escaped, so that no name can forge a line', () => {
  const name = 'a"} 1\nautoproxy_requests_total{app="b\\';
  const lines = linesOf(inputOf({ apps: [appOf({ name })] }), 'requests_total');
  assert.deepEqual(lines, ['autoproxy_requests_total{app="a\\"} 1\\nautoproxy_requests_total{app=\\"b\\\\"} 0']);
});

test('the order of the input does not matter', () => {
  const apps = ['b', 'a', 'C'].map((name) => appOf({ name }));
  assert.equal(formatExposition(inputOf({ apps })), formatExposition(inputOf({ apps: apps.toReversed() })));
});

test('every family has samples where all is known, and stands once, under its HELP and TYPE', () => {
  const text = formatExposition(EVERYTHING);
  assert.ok(text.endsWith('\n'));
  const families: string[] = [];
  for (const line of text.trimEnd().split('\n')) {
    const typed = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
    if (typed?.[1] !== undefined) families.push(typed[1]);
    if (line.startsWith('#')) {
      assert.match(line, /^# (HELP [a-z_]+ \S.*|TYPE .*)$/);
      continue;
    }
    const sample = /^([a-z_]+?)(?:_bucket|_sum|_count)?(?:\{[^}]*\})? -?\d+(?:\.\d+)?$/.exec(line);
    assert.equal(sample?.[1], families.at(-1), line);
  }
  assert.deepEqual(
    families,
    FAMILIES.map(({ name }) => name),
  );
  assert.equal(new Set(families).size, families.length);
  for (const { name, type } of FAMILIES) assert.equal(name.endsWith('_total'), type === 'counter', name);
});

test('OpenMetrics names a counter without its _total, and ends', () => {
  const text = formatExposition(EVERYTHING, 'openmetrics');
  assert.ok(text.endsWith('\n# EOF\n'));
  assert.ok(text.includes('# TYPE autoproxy_requests counter\nautoproxy_requests_total{app="shop"} 0\n'));
  assert.doesNotMatch(text, /^# (HELP|TYPE) \S+_total /m);
  const samples = (of: string): string[] => of.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual(samples(text), samples(formatExposition(EVERYTHING)));
});
