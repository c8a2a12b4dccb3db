import { secondsOf } from './family.js';
import {
  CHECK_STATES,
  emitStates,
  type HaproxyFamily,
  ofServers,
  SERVER_STATES,
  stateOf,
  WORDS,
} from './haproxy-common.js';
import { SHARED, serverOf } from './haproxy-target.js';

export const HAPROXY_SERVER_FAMILIES: readonly HaproxyFamily[] = [
  ...SHARED.map(([name, type, help, write]) =>
    ofServers(name, type, help, (instance, emit) => write(serverOf(instance), emit)),
  ),
  ofServers('limit_sessions', 'gauge', WORDS.limit, ({ serverLabels, limit }, emit) => {
    if (limit > 0) emit(serverLabels, limit);
  }),
  ofServers('status', 'gauge', WORDS.status, (instance, emit) => {
    const now = stateOf(instance);
    emitStates(instance.serverLabels, SERVER_STATES, (state) => (state === now ? 1 : 0), emit);
  }),
  ofServers(
    'weight',
    'gauge',
    "Server's effective weight, or sum of active servers' effective weights for a backend",
    ({ serverLabels, weight, state }, emit) => emit(serverLabels, state === 'ready' ? weight : 0),
  ),
  ofServers(
    'uweight',
    'gauge',
    "Server's user weight, or sum of active servers' user weights for a backend",
    ({ serverLabels, weight }, emit) => emit(serverLabels, weight),
  ),
  ofServers(
    'check_failures_total',
    'counter',
    'Total number of failed individual health checks per server/backend, since the worker process started',
    ({ serverLabels, failures }, emit) => emit(serverLabels, failures),
  ),
  ofServers(
    'check_up_down_total',
    'counter',
    'Total number of failed checks causing UP to DOWN server transitions, per server/backend, since the worker process started',
    ({ serverLabels, downs }, emit) => emit(serverLabels, downs),
  ),
  ofServers(
    'check_last_change_seconds',
    'gauge',
    'How long ago the last server state changed, in seconds',
    ({ serverLabels, sinceMs }, emit) => emit(serverLabels, Math.round(sinceMs / 1_000)),
  ),
  ofServers(
    'downtime_seconds_total',
    'counter',
    'Total time spent in DOWN state, for server or backend',
    ({ serverLabels, downMs }, emit) => emit(serverLabels, Math.round(downMs / 1_000)),
  ),
  ofServers(
    'check_status',
    'gauge',
    'Status of last health check, per state label value.',
    ({ serverLabels, check }, emit) => {
      if (check === null || check.code === null) return;
      const { code } = check;
      emitStates(serverLabels, CHECK_STATES, (state) => (state === code ? 1 : 0), emit);
    },
  ),
  ofServers(
    'check_code',
    'gauge',
    'layer5-7 code, if available of the last health check.',
    ({ serverLabels, check }, emit) => emit(serverLabels, check?.status ?? 0),
  ),
  ofServers(
    'check_duration_seconds',
    'gauge',
    'Total duration of the latest server health check, in seconds.',
    ({ serverLabels, check }, emit) => emit(serverLabels, secondsOf(check?.tookMs ?? 0)),
  ),
  ofServers(
    'used_connections_current',
    'gauge',
    'Current number of connections in use',
    ({ serverLabels, counters }, emit) => emit(serverLabels, counters.inFlight),
  ),
  ofServers(
    'idle_connections_current',
    'gauge',
    'Current number of idle connections available for reuse on this server',
    ({ serverLabels, counters }, emit) => emit(serverLabels, counters.idle),
  ),
];
