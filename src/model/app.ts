/** The nouns of the control plane. All defaults are filled in; all values have been validated. */

export const PROTOCOLS = ['http', 'tcp'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export const BALANCES = ['roundrobin', 'leastconn', 'random', 'source'] as const;
export type Balance = (typeof BALANCES)[number];

/**
 * When a connection to an instance carries another request; the words of HAProxy's `http-reuse`. safe: what may not be
 * repeated goes on a connection that was used just before. never: one request, one connection, as with
 * `option http-server-close`.
 */
export const REUSES = ['safe', 'never'] as const;
export type Reuse = (typeof REUSES)[number];

/** HAProxy's words. drain: only sticky clients and what is under way; maint: nothing, not even checks. */
export const ADMIN_STATES = ['ready', 'drain', 'maint'] as const;
export type AdminState = (typeof ADMIN_STATES)[number];

export const PROXY_VERSIONS = ['none', 'v1', 'v2'] as const;
export type ProxyVersion = (typeof PROXY_VERSIONS)[number];

/** Where something was written: a file with its place, a registry key, a container. */
export interface Origin {
  readonly source: string;
  /** Absolute path, KV key or container id. */
  readonly location: string;
  readonly line: number | null;
  readonly col: number | null;
  /** How often the store had changed when the key was last written (Consul's ModifyIndex); files have none. */
  readonly index?: number;
}

/** A container as an engine names it. */
export interface ContainerRef {
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
}

export interface Instance {
  /** `ip:port`, IPv6 in brackets; with `life` the identity that live facts are kept by. */
  readonly id: string;
  /** The run of the container behind the address: another one is another instance. null: nobody knows of its restarts. */
  readonly life: string | null;
  /** null: it is in none that this node knows. */
  readonly container: ContainerRef | null;
  readonly host: string;
  readonly port: number;
  /** 0 to 256; 0 takes no new traffic. */
  readonly weight: number;
  readonly state: AdminState;
}

/** Of an instance whose container is unknown. */
export const NO_CONTAINER = { life: null, container: null } as const;

export interface HealthCheck {
  /** null: a TCP connect is the check. */
  readonly path: string | null;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly rise: number;
  readonly fall: number;
}

/** All in milliseconds. The defaults are those of the system that is replaced. */
export interface Timeouts {
  readonly requestHeadMs: number;
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly clientIdleMs: number;
  readonly upstreamIdleMs: number;
  readonly queueMs: number;
  readonly tunnelMs: number;
  readonly drainMs: number;
}

export interface Limits {
  /** Concurrent requests (tcp: connections) of one instance from this node; 0 = none. */
  readonly connections: number;
  /** Requests that may wait for an instance, in each worker. */
  readonly queue: number;
}

export interface App {
  readonly name: string;
  readonly protocol: Protocol;
  /** The port inside the containers, for people; instances carry their own. */
  readonly nativePort: number | null;
  /** The port on every node; its health port is slot + 1. */
  readonly slot: number;
  /** Only internal networks may connect. */
  readonly internal: boolean;
  readonly accessLog: boolean;
  /** The access log has one exchange of so many, and each that failed; 1: all. */
  readonly logSample: number;
  /** Requests get a W3C traceparent, unless their client sends a valid one. */
  readonly trace: boolean;
  /** The field that carries the id of a request, which gets one unless its client sends one; null: requests get no id. */
  readonly requestIdField: string | null;
  /** Lower case, without port; null serves every Host. */
  readonly hostFilter: string | null;
  /** null: as the node says (`--accept-proxy`). */
  readonly acceptProxy: boolean | null;
  /** CIDR texts; empty: those of the node (`--trusted-proxies`). */
  readonly trustedProxies: readonly string[];
  readonly sendProxy: ProxyVersion;
  readonly balance: Balance;
  readonly reuse: Reuse;
  readonly retries: number;
  readonly health: HealthCheck;
  readonly timeouts: Timeouts;
  readonly limits: Limits;
  /** Connections that clients may have to the slot on this node, over all workers; 0 = none. HAProxy's `maxconn`. */
  readonly maxClients: number;
  /** Name of the cookie that binds a client to an instance. */
  readonly stickyCookie: string | null;
  readonly slowStartMs: number;
  readonly instances: readonly Instance[];
  readonly origin: Origin;
}

export const APP_DEFAULTS = {
  protocol: 'http',
  internal: false,
  accessLog: true,
  logSample: 1,
  trace: false,
  requestIdField: null,
  acceptProxy: null,
  sendProxy: 'none',
  balance: 'roundrobin',
  reuse: 'safe',
  retries: 3,
  health: { path: null, intervalMs: 1_000, timeoutMs: 2_000, rise: 2, fall: 3 },
  timeouts: {
    requestHeadMs: 5_000,
    connectMs: 10_000,
    firstByteMs: 600_000,
    clientIdleMs: 600_000,
    upstreamIdleMs: 60_000,
    queueMs: 10_000,
    tunnelMs: 3_600_000,
    drainMs: 30_000,
  },
  limits: { connections: 0, queue: 1_024 },
  maxClients: 0,
  slowStartMs: 0,
  weight: 100,
  state: 'ready',
} as const;

/** CIDR texts: what a node takes for its own surroundings, unless its options or an app say something else. */
export const NETWORK_DEFAULTS = {
  /** Who may use apps that are internal: the networks of the old configuration, and this machine. */
  internal: ['10.0.0.0/8', '172.17.0.0/16', '127.0.0.0/8', '::1/128'],
  /** Who may send a PROXY header, and whose X-Forwarded-Port and -Proto are kept: the private networks. */
  trustedProxies: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', '::1/128', 'fc00::/7'],
} as const;
