import { ERRORS } from '../../core/errors.js';
import type { SlotCounters } from '../counters.js';
import { sumMs, TIMES } from '../request-times.js';
import { compareTexts, type Emit, type Family, labelValue, secondsOf } from './family.js';
import { emitHistogram } from './histogram-samples.js';
import type { AppView, ExpositionView, InstanceView } from './view.js';

type AppFamily = Family<ExpositionView>;

function ofApps(
  name: string,
  type: AppFamily['type'],
  help: string,
  write: (app: AppView, emit: Emit) => void,
): AppFamily {
  return {
    name: `autoproxy_${name}`,
    type,
    help,
    write: ({ apps }, emit) => {
      for (const app of apps) write(app, emit);
    },
  };
}

type Numbers = { [Key in keyof SlotCounters]: SlotCounters[Key] extends number ? Key : never }[keyof SlotCounters];

function counter(name: string, help: string, key: Numbers): AppFamily {
  return ofApps(`${name}_total`, 'counter', help, ({ labels, counters }, emit) => emit(labels, counters[key]));
}

function gauge(name: string, help: string, key: Numbers): AppFamily {
  return ofApps(name, 'gauge', help, ({ labels, counters }, emit) => emit(labels, counters[key]));
}

function time(name: string, help: string, kind: (typeof TIMES)[keyof typeof TIMES]): AppFamily {
  return ofApps(`${name}_seconds_total`, 'counter', help, ({ labels, counters }, emit) =>
    emit(labels, secondsOf(sumMs(counters.times, kind))),
  );
}

/** Apps without `limits.clients` have none of these. */
function limited(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  read: (counters: AppView['counters']) => number,
): AppFamily {
  return ofApps(name, type, help, ({ labels, counters }, emit) => {
    if (counters.clientLimit !== null) emit(labels, read(counters));
  });
}

const CLASSES = [1, 2, 3, 4, 5].map((digit) => ({ digit, kind: labelValue('class', `${digit}xx`) }));
const CODES = new Map(Object.keys(ERRORS).map((code) => [code, labelValue('code', code)]));
const IN = labelValue('direction', 'in');
const OUT = labelValue('direction', 'out');

export const APP_FAMILIES: readonly AppFamily[] = [
  counter('requests', 'Requests that arrived.', 'requests'),
  counter('connections', 'Connections from clients.', 'connections'),
  counter('retries', 'Retries of requests.', 'retries'),
  counter('redispatches', 'Retries that went to another instance than the first.', 'redispatches'),
  counter('bled', 'Requests or connections sent to a neighbor.', 'bled'),
  counter('bled_in', 'Requests or connections that a neighbor sent here.', 'bledIn'),
  ofApps('responses_total', 'counter', 'Responses by class of their status.', ({ labels, counters }, emit) => {
    for (const { digit, kind } of CLASSES) emit(labels, counters.responses[digit] ?? 0, kind);
  }),
  ofApps('errors_total', 'counter', 'Failed exchanges, by error code.', ({ labels, counters }, emit) => {
    const errors = Object.entries(counters.errors).toSorted(([a], [b]) => compareTexts(a, b));
    for (const [code, count] of errors) emit(labels, count, CODES.get(code) ?? labelValue('code', code));
  }),
  ofApps('bytes_total', 'counter', 'Bytes from clients (in) and to clients (out).', ({ labels, counters }, emit) => {
    emit(labels, counters.bytesIn, IN);
    emit(labels, counters.bytesOut, OUT);
  }),
  gauge('in_flight', 'Requests under way.', 'inFlight'),
  gauge('queued', 'Requests that wait for an instance.', 'queued'),
  gauge('tunnels', 'Open tunnels.', 'tunnels'),
  gauge('open_connections', 'Open connections of clients.', 'openConnections'),
  limited('connection_limit', 'gauge', 'Connections that clients may have.', ({ clientLimit }) => clientLimit ?? 0),
  limited(
    'connection_limit_reached_total',
    'counter',
    'How often a worker reached its part of the limit.',
    ({ clientLimitReached }) => clientLimitReached,
  ),
  limited(
    'connection_limit_seconds_total',
    'counter',
    'How long new clients waited at the limit, summed over the workers.',
    ({ clientLimitMs }) => clientLimitMs / 1_000,
  ),
  ofApps(
    'latency_seconds',
    'histogram',
    'From the first byte of a request to the last of its response, or of its 101; the sum is estimated from the buckets.',
    ({ labels, counters }, emit) => emitHistogram(labels, counters.latency, emit),
  ),
  time('queue', 'Time that requests waited for an instance.', TIMES.QUEUE),
  time('connect', 'Time to connect to instances.', TIMES.CONNECT),
  time('response', 'Time from a sent request to the head of its response.', TIMES.RESPONSE),
  ofApps('app_bound', 'gauge', 'Whether the port of the app is bound here.', ({ labels, isBound }, emit) =>
    emit(labels, isBound ? 1 : 0),
  ),
  ofApps(
    'app_instances_usable',
    'gauge',
    'Instances that take new traffic: up, ready and with a weight.',
    ({ labels, instances }, emit) => emit(labels, instances.filter(isUsable).length),
  ),
  ofApps('app_neighbors_up', 'gauge', 'Neighbors that could take the bleed.', ({ labels, neighborsUp }, emit) =>
    emit(labels, neighborsUp),
  ),
];

export function isUsable({ up, state, weight }: Pick<InstanceView, 'up' | 'state' | 'weight'>): boolean {
  return up && state === 'ready' && weight > 0;
}

function ofInstances(
  name: string,
  type: AppFamily['type'],
  help: string,
  write: (instance: InstanceView, emit: Emit) => void,
): AppFamily {
  return {
    name: `autoproxy_instance_${name}`,
    type,
    help,
    write: ({ instances }, emit) => {
      for (const instance of instances) write(instance, emit);
    },
  };
}

export const INSTANCE_FAMILIES: readonly AppFamily[] = [
  ofInstances('up', 'gauge', 'Whether the instance passes its checks.', ({ labels, up }, emit) =>
    emit(labels, up ? 1 : 0),
  ),
  ofInstances('requests_total', 'counter', 'Requests sent to the instance.', ({ labels, counters }, emit) =>
    emit(labels, counters.requests),
  ),
  ofInstances(
    'in_flight',
    'gauge',
    'Requests or connections under way at the instance.',
    ({ labels, counters }, emit) => emit(labels, counters.inFlight),
  ),
  ofInstances(
    'connect_failures_total',
    'counter',
    'Connections that the instance did not accept.',
    ({ labels, counters }, emit) => emit(labels, counters.connectFailures),
  ),
  ofInstances(
    'response_failures_total',
    'counter',
    'Responses of the instance that were late, cut or malformed.',
    ({ labels, counters }, emit) => emit(labels, counters.responseFailures),
  ),
  ofInstances(
    'response_seconds_total',
    'counter',
    'Time from requests sent to the instance to the heads of their responses.',
    ({ labels, counters }, emit) => emit(labels, secondsOf(sumMs(counters.times, TIMES.RESPONSE))),
  ),
];
