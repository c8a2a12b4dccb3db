/**
 * The families that HAProxy's own exporter has, under its names, with its labels, types and words; an app is a proxy, an
 * instance a server. Those are left out that have no meaning here, and those that the node does not measure.
 */
import {
  countErrors,
  DENIED,
  emitCodes,
  emitStates,
  type HaproxyFamily,
  isRequestError,
  ofApps,
  PROXY_STATES,
  type Type,
  WORDS,
} from './haproxy-common.js';
import type { ExpositionView } from './view.js';

function ofProcess(
  name: string,
  type: Type,
  help: string,
  read: (view: ExpositionView) => number | null,
): HaproxyFamily {
  return {
    name: `haproxy_process_${name}`,
    type,
    help,
    write: (view, emit) => {
      const value = read(view);
      if (value !== null) emit('', value);
    },
  };
}

export const HAPROXY_PROCESS_FAMILIES: readonly HaproxyFamily[] = [
  ofProcess('uptime_seconds', 'gauge', 'How long ago this worker process was started (seconds)', ({ input }) =>
    Math.floor(input.node.uptimeMs / 1_000),
  ),
  ofProcess('start_time_seconds', 'gauge', 'Start time in seconds', ({ input }) =>
    Math.floor(input.node.startedAtMs / 1_000),
  ),
  ofProcess(
    'current_connections',
    'gauge',
    'Current number of connections on this worker process',
    ({ input }) => input.clients?.open ?? null,
  ),
  ofProcess('stopping', 'gauge', '1 if the worker process is currently stopping, otherwise zero', ({ input }) =>
    input.node.isStopping ? 1 : 0,
  ),
];

export const HAPROXY_FRONTEND_FAMILIES: readonly HaproxyFamily[] = [
  ofApps('frontend_current_sessions', 'gauge', WORDS.sessions, ({ proxy, counters }, emit) =>
    emit(proxy, counters.openConnections),
  ),
  ofApps('frontend_max_sessions', 'gauge', WORDS.mostSessions, ({ proxy, traffic }, emit) =>
    emit(proxy, traffic.clients.mostAtOnce),
  ),
  ofApps('frontend_current_session_rate', 'gauge', WORDS.rate, ({ proxy, traffic }, emit) =>
    emit(proxy, traffic.clients.rate),
  ),
  ofApps('frontend_max_session_rate', 'gauge', WORDS.mostPerSecond, ({ proxy, traffic }, emit) =>
    emit(proxy, traffic.clients.mostPerSecond),
  ),
  ofApps(
    'frontend_http_requests_rate_max',
    'gauge',
    'Highest value of http requests observed since the worker process started',
    ({ proxy, isHttp, traffic }, emit) => {
      if (isHttp) emit(proxy, traffic.requests.mostPerSecond);
    },
  ),
  ofApps(
    'frontend_connections_rate_max',
    'gauge',
    'Highest value of connections per second observed since the worker process started',
    ({ proxy, traffic }, emit) => emit(proxy, traffic.clients.mostPerSecond),
  ),
  ofApps('frontend_limit_sessions', 'gauge', WORDS.limit, ({ proxy, counters }, emit) => {
    if (counters.clientLimit !== null) emit(proxy, counters.clientLimit);
  }),
  ofApps('frontend_sessions_total', 'counter', WORDS.total, ({ proxy, counters }, emit) =>
    emit(proxy, counters.connections),
  ),
  ofApps('frontend_bytes_in_total', 'counter', WORDS.bytesIn, ({ proxy, counters }, emit) =>
    emit(proxy, counters.bytesIn),
  ),
  ofApps('frontend_bytes_out_total', 'counter', WORDS.bytesOut, ({ proxy, counters }, emit) =>
    emit(proxy, counters.bytesOut),
  ),
  ofApps(
    'frontend_requests_denied_total',
    'counter',
    'Total number of denied requests since process started',
    (app, emit) =>
      emit(
        app.proxy,
        countErrors(app, (code) => DENIED.has(code)),
      ),
  ),
  ofApps(
    'frontend_request_errors_total',
    'counter',
    'Total number of invalid requests since process started',
    (app, emit) => emit(app.proxy, countErrors(app, isRequestError)),
  ),
  ofApps('frontend_status', 'gauge', WORDS.status, ({ proxy, isBound }, emit) =>
    emitStates(proxy, PROXY_STATES, (state) => ((state === 'UP') === isBound ? 1 : 0), emit),
  ),
  ofApps('frontend_http_responses_total', 'counter', WORDS.responses, ({ proxy, isHttp, counters }, emit) => {
    if (isHttp) emitCodes(proxy, counters.responses, emit);
  }),
  ofApps('frontend_http_requests_total', 'counter', WORDS.requests, ({ proxy, isHttp, counters }, emit) => {
    if (isHttp) emit(proxy, counters.requests);
  }),
  ofApps(
    'frontend_connections_total',
    'counter',
    'Total number of new connections accepted on this frontend since the worker process started',
    ({ proxy, counters }, emit) => emit(proxy, counters.connections),
  ),
];
