/**
 * The JSON that `GET /state` answers and that every command of the CLI reads. Plain data; fields are only ever added.
 */
import type { ContainerRef } from '../model/app.js';
import type { Problem } from '../model/problem.js';

export interface StateDocument {
  readonly version: 1;
  readonly node: string;
  readonly pod: string | null;
  readonly pid: number;
  /** `starting` as long as it is not ready, also when it was so before. */
  readonly status: 'starting' | 'ready' | 'stopping';
  /** Why it is not ready, in one line; null when it is. */
  readonly notReady: string | null;
  readonly uptimeMs: number;
  readonly bind: string;
  /** Revision of the newest snapshot, and the oldest one that a serving worker still holds. */
  readonly revision: number;
  readonly appliedRevision: number;
  readonly workers: readonly WorkerState[];
  /** Connections of clients, all apps together. Absent in documents of older nodes. */
  readonly clients?: ClientStatus;
  /** Lines of the access log since the node started. Absent in documents of nodes without one, and of older nodes. */
  readonly accessLog?: AccessLogStatus;
  readonly sources: readonly SourceStatus[];
  readonly neighbors: readonly { readonly address: string }[];
  /** All other nodes of the pod, as the source of the neighbors names them. */
  readonly nodes: readonly NodeStanding[];
  readonly apps: readonly AppStatus[];
  readonly problems: readonly Problem[];
  /** With `--register`; absent in documents of other nodes. */
  readonly registrar?: RegistrarStatus;
}

/** What the node keeps in Consul of its containers. */
export interface RegistrarStatus {
  readonly registered: number;
  /** Services of other writers at the address of a container that is gone. */
  readonly ghosts: readonly { readonly id: string; readonly name: string; readonly address: string }[];
  /** Why it could not do all that it should, the last time; null: it could. */
  readonly failure: string | null;
  /** Another node of the same name registers in its place. */
  readonly isYielding: boolean;
}

export interface NodeStanding {
  readonly name: string;
  readonly addresses: readonly string[];
  /** doubted: its checks decide, and one more node is asked; leftOut: it takes no bleed of this node. */
  readonly standing: 'counted' | 'doubted' | 'leftOut';
  /** Why; null: nothing speaks against it. */
  readonly remark: string | null;
}

interface WorkerState {
  readonly index: number;
  readonly pid: number;
  readonly state: 'starting' | 'serving' | 'draining';
  readonly revision: number;
  /** How often this place had to be filled again after a crash. */
  readonly restarts: number;
  /** handles: connections are handles of libuv; streams: net.Socket, at a higher cost; null before it has started. */
  readonly sockets?: 'handles' | 'streams' | null;
}

export interface ClientStatus {
  readonly open: number;
  /** null for none. */
  readonly limit: number | null;
  /** How often a worker reached its part of the limit since the node started, and for how long, added up. */
  readonly limitReached: number;
  readonly limitMs: number;
}

export interface AccessLogStatus {
  /** Those that were dropped included. */
  readonly lines: number;
  /** They could not be written: a full disk, a receiver that is gone. */
  readonly dropped: number;
  /** Lines that cannot be written at present, and why; null: all can. Absent: the node is of an older release. */
  readonly waiting?: number;
  readonly failure?: string | null;
}

export interface SourceStatus {
  readonly name: string;
  readonly up: boolean;
  /** Its last answer is from the disk, or older than its last failure. */
  readonly stale: boolean;
  readonly staleMs: number;
  readonly apps: number;
  /** Why it cannot be read at present, and what to do; null: it can. Absent: the node is of an older release. */
  readonly failure?: string | null;
}

export interface AppStatus {
  readonly name: string;
  readonly slot: number;
  readonly protocol: string;
  /** `ready` only when the slot is bound; otherwise why not. */
  readonly bound: boolean;
  readonly bindError: string | null;
  readonly source: string;
  readonly location: string;
  readonly instances: readonly InstanceStatus[];
  readonly neighbors: readonly { readonly address: string; readonly up: boolean }[];
  readonly connections: number;
  /** Those that are open, and `limits.clients`. Absent in documents of older nodes. */
  readonly clients?: ClientStatus;
  readonly requests: number;
  /** By first digit of the status; index 0 is unused. */
  readonly responses: readonly number[];
  readonly errors: Readonly<Record<string, number>>;
  readonly retries: number;
  readonly bled: number;
  readonly bledIn: number;
  readonly inFlight: number;
  readonly queued: number;
  readonly tunnels: number;
  readonly latency: { readonly p50Ms: number | null; readonly p99Ms: number | null };
  /** The raw buckets, so that a reader can take the difference of two documents. */
  readonly latencyBuckets: readonly number[];
  /**
   * Instances that take nothing new and are gone from the list, while requests to them are under way: `life` is that of a
   * container, else the address. Absent in documents of older nodes.
   */
  readonly departing?: readonly { readonly life: string; readonly inFlight: number; readonly oldestMs: number }[];
}

export interface InstanceStatus {
  readonly id: string;
  /** The run of its container: another one is another instance at the same address. Absent in documents of older nodes. */
  readonly life?: string | null;
  /** null: it is in none that the node knows. Absent in documents of older nodes. */
  readonly container?: ContainerRef | null;
  readonly weight: number;
  /** The state in force; `override` says who asked for it when it is not what the source says. */
  readonly state: 'ready' | 'drain' | 'maint';
  readonly override: { readonly by: string; readonly at: string } | null;
  /** Who decided `weight`; null: the source says it. Absent in documents of older nodes. */
  readonly weightOverride?: { readonly by: string; readonly at: string } | null;
  readonly health: 'up' | 'down' | 'unchecked';
  readonly lastCheck: { readonly ok: boolean; readonly detail: string; readonly ageMs: number } | null;
  readonly requests: number;
  readonly inFlight: number;
  /** Age of the oldest request under way, where the instance takes no new ones; else 0. Absent in documents of older nodes. */
  readonly oldestMs?: number;
}
