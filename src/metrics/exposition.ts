/** Counters as Prometheus reads them (text format 0.0.4). Pure: equal input gives equal text. */
import type { ClientCounters, SlotCounters } from './counters.js';
import { bucketCeilingMs } from './histogram.js';

export const EXPOSITION_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface ExpositionInput {
  readonly apps: readonly AppMetrics[];
  readonly sources: readonly { readonly name: string; readonly up: boolean; readonly staleMs: number }[];
  readonly workers: readonly { readonly index: number; readonly restarts: number }[];
  /** Absent: nothing is known of them. */
  readonly clients?: Readonly<ClientCounters>;
  /** Absent: the node registers no containers. */
  readonly registrar?: { readonly up: boolean; readonly registered: number; readonly ghosts: number };
  /** Problems of severity error in what the sources say now. */
  readonly configErrors: number;
  /** Of the primary, which goes on after them. */
  readonly unexpectedErrors: number;
}

interface AppMetrics {
  readonly name: string;
  /** The sum over all workers, those that are gone included. */
  readonly counters: Readonly<SlotCounters>;
  /** Those that the app has now: an instance that left takes its series with it. */
  readonly instances: readonly { readonly id: string; readonly up: boolean }[];
}

interface Sample {
  /** Appended to the name of the family. */
  readonly suffix?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Powers of two of a microsecond, from half a millisecond to a minute. They are ends of the fine buckets, so each count
 * is exact; round figures would lie between two of them.
 */
const LATENCY_POWERS = [9, 10, 11, 12, 13, 14, 16, 18, 20, 22, 24, 26] as const;

/** Per app, in the order of the text. */
const COUNTERS = [
  ['requests_total', 'Requests that arrived.', 'requests'],
  ['connections_total', 'Connections from clients.', 'connections'],
  ['retries_total', 'Retries of requests.', 'retries'],
  ['redispatches_total', 'Retries that went to another instance than the first.', 'redispatches'],
  ['bled_total', 'Requests or connections sent to a neighbor.', 'bled'],
  ['bled_in_total', 'Requests or connections that a neighbor sent here.', 'bledIn'],
] as const;

const GAUGES = [
  ['in_flight', 'Requests under way.', 'inFlight'],
  ['queued', 'Requests that wait for an instance.', 'queued'],
  ['tunnels', 'Open tunnels.', 'tunnels'],
  ['open_connections', 'Open connections of clients.', 'openConnections'],
] as const;

export function formatExposition(input: ExpositionInput): string {
  const families = [
    ...appFamilies(
      input.apps.toSorted((a, b) => compareTexts(a.name, b.name)),
      input.clients,
    ),
    ...sourceFamilies(input.sources.toSorted((a, b) => compareTexts(a.name, b.name))),
    ...(input.registrar === undefined ? [] : registrarFamilies(input.registrar)),
    ...nodeFamilies(input),
  ];
  return families.join('');
}

function appFamilies(apps: readonly AppMetrics[], clients: ExpositionInput['clients']): readonly string[] {
  return [
    ...COUNTERS.map(([name, help, key]) =>
      formatFamily(
        name,
        'counter',
        help,
        apps.map((app) => ({ labels: { app: app.name }, value: app.counters[key] })),
      ),
    ),
    formatFamily('responses_total', 'counter', 'Responses by class of their status.', apps.flatMap(responseSamples)),
    formatFamily('errors_total', 'counter', 'Failed exchanges, by error code.', apps.flatMap(errorSamples)),
    formatFamily('bytes_total', 'counter', 'Bytes from clients (in) and to clients (out).', apps.flatMap(byteSamples)),
    ...GAUGES.map(([name, help, key]) =>
      formatFamily(
        name,
        'gauge',
        help,
        apps.map((app) => ({ labels: { app: app.name }, value: app.counters[key] })),
      ),
    ),
    ...clientLimitFamilies(apps),
    ...(clients === undefined ? [] : nodeClientFamilies(clients)),
    formatFamily(
      'latency_seconds',
      'histogram',
      'From the first byte of a request to the last of its response; the sum is estimated from the buckets.',
      apps.flatMap(latencySamples),
    ),
    formatFamily('instance_up', 'gauge', 'Whether the instance passes its checks.', apps.flatMap(instanceUpSamples)),
    formatFamily(
      'instance_requests_total',
      'counter',
      'Requests sent to the instance.',
      apps.flatMap(instanceRequestSamples),
    ),
  ];
}

function sourceFamilies(sources: ExpositionInput['sources']): readonly string[] {
  return [
    formatFamily(
      'source_up',
      'gauge',
      'Whether the last read of the source succeeded.',
      sources.map(({ name, up }) => ({ labels: { source: name }, value: up ? 1 : 0 })),
    ),
    formatFamily(
      'source_stale_seconds',
      'gauge',
      'Age of the state in force of a source that does not answer.',
      sources.map(({ name, staleMs }) => ({ labels: { source: name }, value: staleMs / 1_000 })),
    ),
  ];
}

function registrarFamilies({ up, registered, ghosts }: NonNullable<ExpositionInput['registrar']>): readonly string[] {
  const gauge = (name: string, help: string, value: number): string =>
    formatFamily(name, 'gauge', help, [{ labels: {}, value }]);
  return [
    gauge('registrar_up', 'Whether all containers could be registered as they ask.', up ? 1 : 0),
    gauge('registrar_services', 'Services of containers of this machine in Consul.', registered),
    gauge('registrar_ghosts', 'Services of other writers for containers that are gone.', ghosts),
  ];
}

function nodeFamilies({ configErrors, unexpectedErrors, workers }: ExpositionInput): readonly string[] {
  return [
    formatFamily('config_errors', 'gauge', 'Errors in the present states of the sources.', [
      { labels: {}, value: configErrors },
    ]),
    formatFamily('unexpected_errors_total', 'counter', 'Unexpected errors of the primary.', [
      { labels: {}, value: unexpectedErrors },
    ]),
    formatFamily(
      'worker_restarts_total',
      'counter',
      'How often a crashed worker was replaced.',
      workers
        .toSorted((a, b) => a.index - b.index)
        .map(({ index, restarts }) => ({ labels: { worker: String(index) }, value: restarts })),
    ),
  ];
}

/** `limits.clients`, for apps that have it. */
function clientLimitFamilies(apps: readonly AppMetrics[]): readonly string[] {
  const limited = apps.filter(({ counters }) => counters.clientLimit !== null);
  const family = (name: string, type: 'counter' | 'gauge', help: string, read: (app: AppMetrics) => number) =>
    formatFamily(
      name,
      type,
      help,
      limited.map((app) => ({ labels: { app: app.name }, value: read(app) })),
    );
  return [
    family('connection_limit', 'gauge', 'Connections that clients may have.', (app) => app.counters.clientLimit ?? 0),
    family(
      'connection_limit_reached_total',
      'counter',
      'How often a worker reached its part of the limit.',
      (app) => app.counters.clientLimitReached,
    ),
    family(
      'connection_limit_seconds_total',
      'counter',
      'How long new clients waited at the limit, summed over the workers.',
      (app) => app.counters.clientLimitMs / 1_000,
    ),
  ];
}

function nodeClientFamilies({ open, limit, limitReached, limitMs }: Readonly<ClientCounters>): readonly string[] {
  const family = (name: string, type: 'counter' | 'gauge', help: string, value: number | null) =>
    formatFamily(`node_${name}`, type, help, value === null ? [] : [{ labels: {}, value }]);
  return [
    family('connections', 'gauge', 'Connections of clients, of all apps and of those that left.', open),
    family('connection_limit', 'gauge', 'Connections that clients may have, all apps together.', limit),
    family(
      'connection_limit_reached_total',
      'counter',
      'How often a worker reached its part of the limit.',
      limitReached,
    ),
    family(
      'connection_limit_seconds_total',
      'counter',
      'How long new clients waited at the limit, summed over the workers.',
      limitMs / 1_000,
    ),
  ];
}

function responseSamples({ name, counters }: AppMetrics): Sample[] {
  return [1, 2, 3, 4, 5].map((digit) => ({
    labels: { app: name, class: `${digit}xx` },
    value: counters.responses[digit] ?? 0,
  }));
}

function errorSamples({ name, counters }: AppMetrics): Sample[] {
  return Object.entries(counters.errors)
    .toSorted(([a], [b]) => compareTexts(a, b))
    .map(([code, value]) => ({ labels: { app: name, code }, value }));
}

function byteSamples({ name, counters }: AppMetrics): Sample[] {
  return [
    { labels: { app: name, direction: 'in' }, value: counters.bytesIn },
    { labels: { app: name, direction: 'out' }, value: counters.bytesOut },
  ];
}

function latencySamples({ name, counters }: AppMetrics): Sample[] {
  const samples: Sample[] = [];
  let count = 0;
  let sumMs = 0;
  let index = 0;
  const takeUpTo = (endMs: number): void => {
    while (index < counters.latency.length && bucketCeilingMs(index) <= endMs) {
      const inBucket = counters.latency[index] ?? 0;
      const floorMs = index === 0 ? 0 : bucketCeilingMs(index - 1);
      count += inBucket;
      sumMs += inBucket * ((floorMs + bucketCeilingMs(index)) / 2);
      index += 1;
    }
  };
  for (const power of LATENCY_POWERS) {
    takeUpTo(2 ** power / 1_000);
    samples.push({ suffix: '_bucket', labels: { app: name, le: String(2 ** power / 1_000_000) }, value: count });
  }
  takeUpTo(Number.POSITIVE_INFINITY);
  samples.push({ suffix: '_bucket', labels: { app: name, le: '+Inf' }, value: count });
  samples.push({ suffix: '_sum', labels: { app: name }, value: Number((sumMs / 1_000).toFixed(6)) });
  samples.push({ suffix: '_count', labels: { app: name }, value: count });
  return samples;
}

function instanceUpSamples({ name, instances }: AppMetrics): Sample[] {
  return instances
    .toSorted((a, b) => compareTexts(a.id, b.id))
    .map(({ id, up }) => ({ labels: { app: name, instance: id }, value: up ? 1 : 0 }));
}

function instanceRequestSamples({ name, counters, instances }: AppMetrics): Sample[] {
  return instances
    .toSorted((a, b) => compareTexts(a.id, b.id))
    .map(({ id }) => ({ labels: { app: name, instance: id }, value: counters.instances[id]?.requests ?? 0 }));
}

/** A family without samples is left out: its header alone says nothing. */
function formatFamily(
  name: string,
  type: 'counter' | 'gauge' | 'histogram',
  help: string,
  samples: readonly Sample[],
): string {
  if (samples.length === 0) return '';
  const lines = [`# HELP autoproxy_${name} ${help}`, `# TYPE autoproxy_${name} ${type}`];
  for (const { suffix = '', labels, value } of samples) {
    lines.push(`autoproxy_${name}${suffix}${formatLabels(labels)} ${value}`);
  }
  return `${lines.join('\n')}\n`;
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
}

/** By code unit: the order must not depend on the machine's language. */
function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
