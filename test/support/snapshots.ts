import { APP_DEFAULTS } from '../../src/model/app.js';
import { HEAD_DEFAULTS, type InstanceSnapshot, type SlotSnapshot, type Snapshot } from '../../src/snapshot/snapshot.js';

/** A slot with all defaults; a test says only what matters to it. */
export function slotOf(slot: Partial<SlotSnapshot> & { readonly port: number }): SlotSnapshot {
  return {
    app: 'shop',
    protocol: 'http',
    internal: false,
    accessLog: true,
    hostFilter: null,
    acceptProxy: false,
    trustedProxies: [],
    sendProxy: 'none',
    balance: 'roundrobin',
    retries: APP_DEFAULTS.retries,
    timeouts: APP_DEFAULTS.timeouts,
    limits: APP_DEFAULTS.limits,
    stickyCookie: null,
    slowStartMs: 0,
    instances: [],
    neighbors: [],
    ...slot,
  };
}

export function instanceOf(
  address: { readonly host: string; readonly port: number },
  instance: Partial<InstanceSnapshot> = {},
): InstanceSnapshot {
  const { host, port } = address;
  return { id: `${host}:${port}`, host, port, weight: 100, state: 'ready', up: true, ...instance };
}

let revision = 0;

export function snapshotOf(
  snapshot: Partial<Snapshot> & { readonly bind: string; readonly slots: readonly SlotSnapshot[] },
): Snapshot {
  revision += 1;
  return {
    revision,
    node: 'node-1',
    stopping: false,
    peers: [],
    neighborProxy: 'v2',
    internalNetworks: ['10.0.0.0/8', '127.0.0.0/8'],
    head: HEAD_DEFAULTS,
    ...snapshot,
  };
}
