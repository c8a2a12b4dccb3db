/**
 * The contract between the planes: the complete input of the data plane, plain readonly data that survives JSON.
 * A worker that holds one needs nobody to go on serving.
 */
import type { GonePlace } from '../core/lives.js';
import type { AdminState, Balance, Limits, Protocol, ProxyVersion, Reuse, Timeouts } from '../model/app.js';

export type { ProxyVersion } from '../model/app.js';

export interface Snapshot {
  /** Grows with each one that is published; a worker acknowledges it. */
  readonly revision: number;
  /** Name of this node; the bleed mark carries it. */
  readonly node: string;
  /** Random, one for the life of the control plane; health ports answer with it. */
  readonly nodeId: string;
  /** The address that slots and health ports are bound on; `::` is every address. */
  readonly bind: string;
  /** The node is going: health ports answer 503, responses close their connection. */
  readonly stopping: boolean;
  /** Addresses of the nodes of this pod. A connection from one that can't carry a mark is not bled again; they have no rights. */
  readonly peers: readonly string[];
  /** By which nodes of the pod prove who they are; the first one signs, each is believed. */
  readonly podKeys: readonly string[];
  /** CIDR texts: who may use a slot that is `internal`. */
  readonly internalNetworks: readonly string[];
  /** The PROXY header towards neighbors, where a slot demands one: only v2 carries the bleed mark. */
  readonly neighborProxy: ProxyVersion;
  /** Requests and responses get a Via field. */
  readonly via: boolean;
  /** Largest head in bytes, and how many fields it may have (also of trailers). */
  readonly head: { readonly maxBytes: number; readonly maxFields: number };
  readonly slots: readonly SlotSnapshot[];
  /** Where instances were until lately and no container is any more: what waits for an answer from there ends. */
  readonly gone: readonly GonePlace[];
}

export interface SlotSnapshot {
  readonly app: string;
  /** The traffic port; the health port is the next one. */
  readonly port: number;
  readonly protocol: Protocol;
  readonly internal: boolean;
  readonly accessLog: boolean;
  /** The access log has one exchange of so many, and each that failed; 1: all. */
  readonly logSample: number;
  /** Requests get a W3C traceparent, unless their client sends a valid one. */
  readonly trace: boolean;
  /** The field that carries the id of a request, which gets one unless its client sends one; null: requests get no id. */
  readonly requestIdField: string | null;
  readonly hostFilter: string | null;
  /** Every connection begins with a PROXY header of a sender that is trusted, or is closed. */
  readonly acceptProxy: boolean;
  /** CIDR texts: who may send the header, and whose X-Forwarded-Port and -Proto are kept. */
  readonly trustedProxies: readonly string[];
  readonly sendProxy: ProxyVersion;
  readonly balance: Balance;
  readonly reuse: Reuse;
  readonly retries: number;
  readonly timeouts: Timeouts;
  readonly limits: Limits;
  /** Connections of clients on this node, over all workers; 0 = no limit. */
  readonly maxClients: number;
  /** Null: no client is bound to an instance. */
  readonly sticky: StickySnapshot | null;
  readonly slowStartMs: number;
  readonly instances: readonly InstanceSnapshot[];
  /** The two that take the bleed, in order of preference. */
  readonly neighbors: readonly NeighborSnapshot[];
}

export interface StickySnapshot {
  /** Name of the cookie. */
  readonly cookie: string;
  /** Secret, and of this app alone: what stands for an instance in the cookie is an HMAC under it. */
  readonly key: string;
}

export interface InstanceSnapshot {
  /** `ip:port`; with `life` the key of its live facts. */
  readonly id: string;
  /** Another one at the same address is another instance; null: its restarts are unknown. */
  readonly life: string | null;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly state: AdminState;
  /** Measured health. */
  readonly up: boolean;
}

export interface NeighborSnapshot {
  readonly host: string;
  /** Connections to it leave from this address, as its checks do; null: the kernel chooses. */
  readonly localAddress: string | null;
  /** Whether its health port of this slot answered 200. */
  readonly up: boolean;
  /** The `nodeId` that its health port named; null: it does not run autoproxy, or has not answered. */
  readonly node: string | null;
}

export const HEAD_DEFAULTS = { maxBytes: 16_384, maxFields: 100 } as const;
