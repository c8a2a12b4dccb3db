import { randomUUID } from 'node:crypto';
import { hostPort } from '../core/networks.js';
import { APP_DEFAULTS, NETWORK_DEFAULTS } from '../model/app.js';
import {
  HEAD_DEFAULTS,
  type InstanceSnapshot,
  type NeighborSnapshot,
  type SlotSnapshot,
  type Snapshot,
} from './snapshot.js';

const NODE_ID = randomUUID();

/** A slot with the defaults of an app in a services file. @param slot its port, and what differs from the defaults */
export function createSlot(slot: Partial<SlotSnapshot> & Pick<SlotSnapshot, 'app' | 'port'>): SlotSnapshot {
  return {
    protocol: APP_DEFAULTS.protocol,
    internal: APP_DEFAULTS.internal,
    accessLog: APP_DEFAULTS.accessLog,
    logSample: APP_DEFAULTS.logSample,
    trace: APP_DEFAULTS.trace,
    requestIdField: APP_DEFAULTS.requestIdField,
    hostFilter: null,
    acceptProxy: false,
    trustedProxies: NETWORK_DEFAULTS.trustedProxies,
    sendProxy: APP_DEFAULTS.sendProxy,
    balance: APP_DEFAULTS.balance,
    reuse: APP_DEFAULTS.reuse,
    retries: APP_DEFAULTS.retries,
    timeouts: APP_DEFAULTS.timeouts,
    limits: APP_DEFAULTS.limits,
    maxClients: APP_DEFAULTS.maxClients,
    sticky: null,
    slowStartMs: APP_DEFAULTS.slowStartMs,
    instances: [],
    neighbors: [],
    ...slot,
  };
}

/** An instance that is up and ready, unless `instance` says something else. */
export function createInstance(
  { host, port }: { readonly host: string; readonly port: number },
  instance: Partial<InstanceSnapshot> = {},
): InstanceSnapshot {
  const { weight, state } = APP_DEFAULTS;
  return { id: hostPort(host, port), life: null, host, port, weight, state, up: true, ...instance };
}

/** A neighbor that answered 200 and gave no `nodeId`, unless `neighbor` says something else. */
export function createNeighbor(host: string, neighbor: Partial<NeighborSnapshot> = {}): NeighborSnapshot {
  return { host, localAddress: null, up: true, node: null, ...neighbor };
}

/** The input of a data plane. @param snapshot `bind` and `slots`, and what differs from a node without neighbors */
export function createSnapshot(snapshot: Partial<Snapshot> & Pick<Snapshot, 'bind' | 'slots'>): Snapshot {
  return {
    revision: 1,
    node: 'node',
    nodeId: NODE_ID,
    stopping: false,
    peers: [],
    podKeys: [],
    neighborProxy: 'v2',
    via: false,
    internalNetworks: NETWORK_DEFAULTS.internal,
    head: HEAD_DEFAULTS,
    gone: [],
    ...snapshot,
  };
}
