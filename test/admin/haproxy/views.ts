/** Nodes as HAProxy's tools see them, as literals. */
import type { AppView, CheckView, ProxyView, ServerView } from '../../../src/admin/haproxy/proxy-view.js';
import { createSlotCounters } from '../../../src/metrics/counters.js';
import { createInstanceCounters } from '../../../src/metrics/instance-counters.js';
import { TrafficRecord } from '../../../src/metrics/traffic-record.js';
import { APP_DEFAULTS, type App, type Instance, NO_CONTAINER } from '../../../src/model/app.js';

export const UP_CHECK: CheckView = {
  health: 'up',
  contrary: 0,
  rise: 2,
  fall: 3,
  sinceMs: 61_900,
  failures: 0,
  downs: 0,
  downMs: 0,
  last: { ok: true, code: 'L4OK', status: null, tookMs: 0.4, detail: 'connected' },
};

export const DOWN_CHECK: CheckView = {
  ...UP_CHECK,
  health: 'down',
  failures: 3,
  downs: 1,
  downMs: 5_000,
  last: { ok: false, code: 'L4CON', status: null, tookMs: 1, detail: 'connection refused' },
};

export function instanceAt(host: string, port: number, parts: Partial<Instance> = {}): Instance {
  return { ...NO_CONTAINER, id: `${host}:${port}`, host, port, weight: 100, state: 'ready', ...parts };
}

export function serverView(instance: Instance, parts: Partial<ServerView> = {}): ServerView {
  const check = parts.isUp === false ? DOWN_CHECK : UP_CHECK;
  return { instance, sourceWeight: 100, isDecided: false, isUp: true, check, ...parts };
}

export function appView(servers: readonly ServerView[], app: Partial<App> = {}, parts: Partial<AppView> = {}): AppView {
  const counters = createSlotCounters();
  for (const { instance } of servers) counters.instances[instance.id] = createInstanceCounters();
  return {
    app: {
      ...{ ...APP_DEFAULTS, name: 'shop', nativePort: 8_080, slot: 21_034, hostFilter: null, trustedProxies: [] },
      ...{ stickyCookie: null, instances: servers.map(({ instance }) => instance) },
      origin: { source: 'directory', location: '/etc/autoproxy.d/services/shop.yml', line: 1, col: 1 },
      ...app,
    },
    isBound: true,
    counters,
    traffic: new TrafficRecord().of('shop', counters, 0, 0),
    servers,
    neighbors: [],
    ...parts,
  };
}

export function proxyView(apps: readonly AppView[], parts: Partial<ProxyView> = {}): ProxyView {
  return {
    ...{ node: 'a1', version: '0.1.0', pid: 77, workers: 2 },
    ...{ uptimeMs: 93_784_000, startedAt: 1_767_323_045_000, now: 1_767_416_829_000 },
    ...{ isStopping: false, clients: { open: 3, limit: 500, limitReached: 0 }, droppedLines: 0 },
    ...{ traffic: { rate: 7, mostPerSecond: 12, mostAtOnce: 0, sinceLastMs: 0 }, idlePercent: 97, descriptors: 1_024 },
    apps,
    ...parts,
  };
}
