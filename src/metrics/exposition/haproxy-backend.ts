import { isUsable } from './app-families.js';
import {
  CHECK_STATES,
  emitStates,
  type HaproxyFamily,
  ofApps,
  PROXY_STATES,
  SERVER_STATES,
  stateOf,
  WORDS,
} from './haproxy-common.js';
import { backendOf, SHARED } from './haproxy-target.js';
import type { AppView } from './view.js';

function countIn(states: readonly string[]): (state: string) => number {
  return (wanted) => states.filter((state) => state === wanted).length;
}

function weightOf({ instances }: AppView): number {
  return instances.filter(isUsable).reduce((sum, { weight }) => sum + weight, 0);
}

export const HAPROXY_BACKEND_FAMILIES: readonly HaproxyFamily[] = [
  ofApps('backend_current_queue', 'gauge', 'Number of current queued connections', ({ proxy, counters }, emit) =>
    emit(proxy, counters.queued),
  ),
  ofApps(
    'backend_max_queue',
    'gauge',
    'Highest value of queued connections encountered since process started',
    ({ proxy, traffic }, emit) => emit(proxy, traffic.mostQueued),
  ),
  ...SHARED.map(([name, type, help, write]) =>
    ofApps(`backend_${name}`, type, help, (app, emit) => write(backendOf(app), emit)),
  ),
  ofApps('backend_status', 'gauge', WORDS.status, ({ proxy, instances }, emit) => {
    const isUp = instances.some(isUsable);
    emitStates(proxy, PROXY_STATES, (state) => ((state === 'UP') === isUp ? 1 : 0), emit);
  }),
  ofApps(
    'backend_weight',
    'gauge',
    "Server's effective weight, or sum of active servers' effective weights for a backend",
    (app, emit) => emit(app.proxy, weightOf(app)),
  ),
  ofApps(
    'backend_uweight',
    'gauge',
    "Server's user weight, or sum of active servers' user weights for a backend",
    (app, emit) => emit(app.proxy, weightOf(app)),
  ),
  ofApps(
    'backend_active_servers',
    'gauge',
    'Total number of active UP servers with a non-zero weight',
    ({ proxy, instances }, emit) => emit(proxy, instances.filter(isUsable).length),
  ),
  ofApps(
    'backend_agg_server_status',
    'gauge',
    "Backend's aggregated gauge of servers' status",
    ({ proxy, instances }, emit) => emitStates(proxy, SERVER_STATES, countIn(instances.map(stateOf)), emit),
  ),
  ofApps(
    'backend_agg_check_status',
    'gauge',
    "Backend's aggregated gauge of servers' state check status",
    ({ proxy, instances }, emit) =>
      emitStates(proxy, CHECK_STATES, countIn(instances.map(({ check }) => check?.code ?? '')), emit),
  ),
];
