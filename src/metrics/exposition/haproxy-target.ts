/** What HAProxy's exporter says of a backend and of a server alike. */
import { backendBytesIn, backendBytesOut, backendRequests, backendResponses } from '../backend-share.js';
import type { Traffic } from '../meter.js';
import { averageMs, longestMs, type RequestTimes, TIMES } from '../request-times.js';
import { type Emit, secondsOf } from './family.js';
import { ABORTED, countErrors, emitCodes, type Type, WORDS } from './haproxy-common.js';
import type { AppView, InstanceView } from './view.js';

interface Target {
  readonly labels: string;
  readonly isHttp: boolean;
  readonly counters: {
    readonly connectFailures: number;
    readonly responseFailures: number;
    readonly retries: number;
    readonly redispatches: number;
    readonly reuses: number;
    readonly times: RequestTimes;
  };
  readonly responses: readonly number[];
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly sessions: number;
  readonly mostSessions: number;
  /** Of requests; of protocol tcp, connections. */
  readonly traffic: Traffic;
  readonly total: number;
  readonly sent: number;
  readonly connects: number;
  readonly retries: number;
  readonly clientAborts: number;
  readonly serverAborts: number;
}

/** Of a view that is being written: each of thirty families asks for the same target again. */
const TARGETS = new WeakMap<AppView | InstanceView, Target>();

export function backendOf(app: AppView): Target {
  return TARGETS.get(app) ?? keep(app, backendFrom(app));
}

export function serverOf(instance: InstanceView): Target {
  return TARGETS.get(instance) ?? keep(instance, serverFrom(instance));
}

function keep(view: AppView | InstanceView, target: Target): Target {
  TARGETS.set(view, target);
  return target;
}

function backendFrom(app: AppView): Target {
  const { counters, isHttp, proxy, traffic } = app;
  return {
    labels: proxy,
    isHttp,
    counters,
    responses: backendResponses(counters),
    bytesIn: backendBytesIn(counters),
    bytesOut: backendBytesOut(counters),
    sessions: counters.inFlight,
    mostSessions: traffic.backend.mostAtOnce,
    traffic: isHttp ? traffic.backend : traffic.clients,
    total: isHttp ? backendRequests(counters) : counters.connections,
    sent: counters.sent,
    connects: counters.connects,
    // HAProxy counts a try elsewhere as a redispatch alone.
    retries: counters.retries - counters.redispatches,
    clientAborts: countErrors(app, (code) => ABORTED.has(code)),
    serverAborts: countErrors(app, (code) => code === 'CLOSED_IN_RESPONSE'),
  };
}

function serverFrom({ counters, app, serverLabels, traffic }: InstanceView): Target {
  return {
    labels: serverLabels,
    isHttp: app.isHttp,
    counters,
    responses: counters.responses,
    bytesIn: counters.bytesIn,
    bytesOut: counters.bytesOut,
    sessions: counters.inFlight,
    mostSessions: traffic.mostAtOnce,
    traffic,
    total: counters.requests,
    sent: counters.requests,
    connects: counters.connections,
    retries: counters.retries,
    clientAborts: counters.clientAborts,
    serverAborts: counters.serverAborts,
  };
}

type Shared = readonly [name: string, type: Type, help: string, write: (target: Target, emit: Emit) => void];

function times(name: string, kind: (typeof TIMES)[keyof typeof TIMES], longest: string): readonly Shared[] {
  return [
    [
      `${name}_time_average_seconds`,
      'gauge',
      `Avg. ${name} time for last 1024 successful connections.`,
      ({ labels, counters }, emit) => emit(labels, secondsOf(averageMs(counters.times, kind))),
    ],
    [
      `max_${name}_time_seconds`,
      'gauge',
      `Maximum observed ${longest}`,
      ({ labels, counters }, emit) => emit(labels, secondsOf(longestMs(counters.times, kind))),
    ],
  ];
}

export const SHARED: readonly Shared[] = [
  ['current_sessions', 'gauge', WORDS.sessions, ({ labels, sessions }, emit) => emit(labels, sessions)],
  ['max_sessions', 'gauge', WORDS.mostSessions, ({ labels, mostSessions }, emit) => emit(labels, mostSessions)],
  ['current_session_rate', 'gauge', WORDS.rate, ({ labels, traffic }, emit) => emit(labels, traffic.rate)],
  [
    'max_session_rate',
    'gauge',
    WORDS.mostPerSecond,
    ({ labels, traffic }, emit) => emit(labels, traffic.mostPerSecond),
  ],
  [
    'last_session_seconds',
    'gauge',
    'How long ago some traffic was seen on this object on this worker process, in seconds',
    ({ labels, traffic: { sinceLastMs } }, emit) =>
      emit(labels, sinceLastMs === null ? -1 : Math.floor(sinceLastMs / 1_000)),
  ],
  ['sessions_total', 'counter', WORDS.total, ({ labels, total }, emit) => emit(labels, total)],
  ['bytes_in_total', 'counter', WORDS.bytesIn, ({ labels, bytesIn }, emit) => emit(labels, bytesIn)],
  ['bytes_out_total', 'counter', WORDS.bytesOut, ({ labels, bytesOut }, emit) => emit(labels, bytesOut)],
  [
    'connection_errors_total',
    'counter',
    'Total number of failed connections to server since the worker process started',
    ({ labels, counters }, emit) => emit(labels, counters.connectFailures),
  ],
  [
    'response_errors_total',
    'counter',
    'Total number of invalid responses since the worker process started',
    ({ labels, counters }, emit) => emit(labels, counters.responseFailures),
  ],
  [
    'retry_warnings_total',
    'counter',
    'Total number of server connection retries since the worker process started',
    ({ labels, retries }, emit) => emit(labels, retries),
  ],
  [
    'redispatch_warnings_total',
    'counter',
    'Total number of server redispatches due to connection failures since the worker process started',
    ({ labels, counters }, emit) => emit(labels, counters.redispatches),
  ],
  [
    'loadbalanced_total',
    'counter',
    'Total number of requests routed by load balancing since the worker process started (ignores queue pop and stickiness)',
    ({ labels, sent }, emit) => emit(labels, sent),
  ],
  [
    'http_responses_total',
    'counter',
    WORDS.responses,
    ({ labels, isHttp, responses }, emit) => {
      if (isHttp) emitCodes(labels, responses, emit);
    },
  ],
  [
    'http_requests_total',
    'counter',
    WORDS.requests,
    ({ labels, isHttp, total }, emit) => {
      if (isHttp) emit(labels, total);
    },
  ],
  [
    'client_aborts_total',
    'counter',
    'Total number of requests or connections aborted by the client since the worker process started',
    ({ labels, clientAborts }, emit) => emit(labels, clientAborts),
  ],
  [
    'server_aborts_total',
    'counter',
    'Total number of requests or connections aborted by the server since the worker process started',
    ({ labels, serverAborts }, emit) => emit(labels, serverAborts),
  ],
  ...times('queue', TIMES.QUEUE, 'time spent in the queue'),
  ...times('connect', TIMES.CONNECT, 'time spent waiting for a connection to complete'),
  ...times('response', TIMES.RESPONSE, 'time spent waiting for a server response'),
  ...times('total', TIMES.TOTAL, 'total request+response time (request+queue+connect+response+processing)'),
  [
    'connection_attempts_total',
    'counter',
    'Total number of outgoing connection attempts on this backend/server since the worker process started',
    ({ labels, connects, counters }, emit) => emit(labels, connects + counters.connectFailures),
  ],
  [
    'connection_reuses_total',
    'counter',
    'Total number of reused connection on this backend/server since the worker process started',
    ({ labels, counters }, emit) => emit(labels, counters.reuses),
  ],
];
