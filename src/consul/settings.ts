/** Where Consul is and how it is spoken to. */
export interface ConsulSettings {
  /** `http://host:port`, `https://host:port`, or `unix:///path/of/socket`; without a path of its own. */
  readonly url: string;
  /** The token itself; the file, when there is one, goes before it. */
  readonly token: string | null;
  /** Read anew for each request, so that a token may be exchanged under a running node. */
  readonly tokenFile: string | null;
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
  /** Consul Enterprise. */
  readonly namespace: string | null;
  /** null: that of the agent. */
  readonly datacenter: string | null;
}

/** Under which the registry lives. */
export const APPS_PREFIX = 'autoproxy/apps/';
export const SLOTS_PREFIX = 'autoproxy/slots/';
/** The service under which nodes find each other; its tag is their pod. */
export const NODE_SERVICE = 'autoproxy';
