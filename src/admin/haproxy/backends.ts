/** Backends and their servers, as HAProxy would have them: those of an app, and those of its neighbors. Pure. */
import { hostPort } from '../../core/networks.js';
import type { InstanceCounters } from '../../metrics/instance-counters.js';
import type { Traffic } from '../../metrics/meter.js';
import type { AdminState } from '../../model/app.js';
import { backupNameOf, backupServerName, serverNameOf } from '../../model/haproxy-names.js';
import type { AppView, CheckView, NeighborView, ProxyView } from './proxy-view.js';

export interface BackendRow {
  readonly name: string;
  /** HAProxy's number of a proxy: the slot; the health port for the backend of the neighbors. */
  readonly id: number;
  readonly view: AppView;
  /** Its servers are the neighbors. */
  readonly isBackup: boolean;
  readonly servers: readonly ServerRow[];
}

export interface ServerRow {
  readonly name: string;
  /** From 1, in the order of the list. */
  readonly id: number;
  readonly view: AppView;
  readonly host: string;
  readonly port: number;
  /** `ip:port`, IPv6 in brackets. */
  readonly address: string;
  readonly weight: number;
  readonly sourceWeight: number;
  readonly state: AdminState;
  /** An operator decided the state. */
  readonly isDecided: boolean;
  readonly isUp: boolean;
  readonly check: CheckView;
  /** null: requests to neighbors are counted for the app as a whole. */
  readonly counters: InstanceCounters | null;
  /** null where `counters` is. */
  readonly traffic: Traffic | null;
}

export function backendsOf({ apps }: ProxyView): readonly BackendRow[] {
  const names = new Set(apps.map(({ app }) => app.name));
  return apps.flatMap((view) => {
    const own = backendOf(view);
    return view.neighbors.length === 0 ? [own] : [own, backupOf(view, (name) => names.has(name))];
  });
}

/** Whether new requests go there, as far as its state, its health and its weight say so. */
export function isServing({ state, isUp, weight }: ServerRow): boolean {
  return state === 'ready' && isUp && weight > 0;
}

function backendOf(view: AppView): BackendRow {
  const { app, counters, traffic } = view;
  const servers = view.servers.map(({ instance, ...rest }, index): ServerRow => {
    const { id: address, host, port, weight, state } = instance;
    const own = counters.instances[address] ?? null;
    const place = { name: serverNameOf(app, instance), id: index + 1, view, host, port, address };
    return { ...place, weight, state, counters: own, traffic: traffic.instances.get(address) ?? null, ...rest };
  });
  return { name: app.name, id: app.slot, view, isBackup: false, servers };
}

function backupOf(view: AppView, isTaken: (name: string) => boolean): BackendRow {
  const { app, neighbors } = view;
  const servers = neighbors.map((neighbor, index) => neighborRow(view, neighbor, index));
  return { name: backupNameOf(app.name, isTaken), id: app.slot + 1, view, isBackup: true, servers };
}

function neighborRow(view: AppView, { host, check }: NeighborView, index: number): ServerRow {
  const { app } = view;
  const address = hostPort(host, app.slot);
  const place = { name: backupServerName(app.name, index), id: index + 1, view, host, port: app.slot, address };
  const fixed = {
    weight: 1,
    sourceWeight: 1,
    state: 'ready',
    isDecided: false,
    counters: null,
    traffic: null,
  } as const;
  return { ...place, ...fixed, isUp: check.health === 'up', check };
}
