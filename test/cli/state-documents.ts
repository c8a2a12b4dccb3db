/** State documents as literals, for what is made of them. */
import type { AppStatus, InstanceStatus, StateDocument } from '../../src/admin/state-document.js';
import { createHistogram, type Histogram, recordLatency } from '../../src/metrics/histogram.js';

export function stateDocument(fields: Partial<StateDocument> = {}): StateDocument {
  return {
    version: 1,
    node: 'a1',
    pod: 'alpha',
    pid: 7,
    status: 'ready',
    notReady: null,
    uptimeMs: 250_000,
    bind: '::',
    revision: 4,
    appliedRevision: 4,
    workers: [{ index: 0, pid: 8, state: 'serving', revision: 4, restarts: 0 }],
    sources: [{ name: 'directory', up: true, stale: false, staleMs: 0, apps: 1 }],
    neighbors: [],
    nodes: [],
    apps: [],
    problems: [],
    ...fields,
  };
}

export function appStatus(fields: Partial<AppStatus> = {}): AppStatus {
  const latencyBuckets = fields.latencyBuckets ?? createHistogram();
  return {
    name: 'shop',
    slot: 21_034,
    protocol: 'http',
    bound: true,
    bindError: null,
    source: 'directory',
    location: '/etc/autoproxy.d/services/shop.yml',
    instances: [],
    neighbors: [],
    connections: 0,
    requests: 0,
    responses: [0, 0, 0, 0, 0, 0],
    errors: {},
    retries: 0,
    bled: 0,
    bledIn: 0,
    inFlight: 0,
    queued: 0,
    tunnels: 0,
    latency: { p50Ms: null, p99Ms: null },
    ...fields,
    latencyBuckets,
  };
}

export function instanceStatus(fields: Partial<InstanceStatus> = {}): InstanceStatus {
  return {
    id: '172.17.0.2:8080',
    weight: 100,
    state: 'ready',
    override: null,
    health: 'up',
    lastCheck: null,
    requests: 0,
    inFlight: 0,
    ...fields,
  };
}

export function histogramOf(...latenciesMs: readonly number[]): Histogram {
  const histogram = createHistogram();
  for (const latencyMs of latenciesMs) recordLatency(histogram, latencyMs);
  return histogram;
}
