/** What belongs to the site and not to an app. All defaults are filled in; all values have been validated. */
import type { Origin, ProxyVersion } from '../../src/model/app.js';

export interface Site {
  /** Sorted by name, each once. */
  readonly domains: readonly SiteDomain[];
  readonly listen: SiteListeners;
  /** CIDR texts: who may reach the ports and name the client's address. */
  readonly trustedBalancers: readonly string[];
  /** CIDR texts: clients that are refused before the TLS handshake. */
  readonly deny: readonly string[];
  /** Parts of User-Agent, in any case. */
  readonly badUserAgents: readonly string[];
  /** Absolute paths by status code. */
  readonly errorPages: ReadonlyMap<number, string>;
  readonly servers: SiteServers;
  readonly limits: ClientLimits;
  readonly timeouts: SiteTimeouts;
  readonly running: SiteProcess;
}

export interface SiteDomain {
  readonly name: string;
  /** Absolute paths: the certificate with its chain, and the key, in one file or in several. */
  readonly files: readonly string[];
  /** Hosts, exact or `*.` and a name; empty: those of the certificate. */
  readonly names: readonly string[];
  /** Value of Strict-Transport-Security for apps that say none; null: none. */
  readonly hsts: string | null;
  readonly origin: Origin;
}

interface SiteListeners {
  /** Empty: every IPv4 address. */
  readonly address: string;
  readonly httpPort: number;
  readonly httpsPort: number;
  /** Probed by the public balancers, without a PROXY header. */
  readonly healthPort: number;
  /** Metrics and statistics; anybody who reaches it can read them. */
  readonly admin: SocketAddress;
  /** On 127.0.0.1: the old process hands its counters to the new one there. */
  readonly peerPort: number;
}

export interface SocketAddress {
  readonly host: string;
  readonly port: number;
}

interface SiteServers {
  readonly place: ServerPlace;
  readonly sendProxy: ProxyVersion;
  /** Requests at one time for each server; more wait in a queue. */
  readonly maxConnections: number;
}

export type ServerPlace =
  | {
      readonly kind: 'dns';
      /** Holds `{app}`, and `{pod}` unless one balancer has all pods: `{app}.{pod}.svc.example`. */
      readonly template: string;
      readonly port: number;
      /** Addresses of one name that are used; twice those usually seen. */
      readonly slots: number;
      /** Empty: those of /etc/resolv.conf. */
      readonly nameservers: readonly SocketAddress[];
      /** Between two questions for one name. */
      readonly resolveMs: number;
    }
  /** No private balancer: the nodes themselves, at the app's slot. `consul`: those that registered there. */
  | { readonly kind: 'nodes'; readonly nodes: PodNodes | 'consul' };

/** IP addresses of the nodes of each pod, sorted. */
export type PodNodes = ReadonlyMap<string, readonly string[]>;

export function wantsConsulNodes({ servers: { place } }: Site): boolean {
  return place.kind === 'nodes' && place.nodes === 'consul';
}

/** For each client (IPv6: each /64) over all apps, on one edge node. */
interface ClientLimits {
  readonly connections: number;
  /** New ones in ten seconds. */
  readonly connectionRate: number;
  /** In ten seconds. */
  readonly requests: number;
  /** In thirty seconds. */
  readonly errors: number;
}

interface SiteTimeouts {
  /** Silence before the TLS hello. */
  readonly helloMs: number;
  readonly requestHeadMs: number;
  readonly keepAliveMs: number;
  readonly clientMs: number;
  readonly connectMs: number;
  readonly queueMs: number;
  readonly checkMs: number;
}

interface SiteProcess {
  /** Absolute path of the folder of the sockets. */
  readonly runDir: string;
  readonly stateFile: string;
  /** Of clients; null: as many as there are descriptors for, up to the usual number. */
  readonly maxConnections: number | null;
  /** tune.bufsize: a head has to fit in it, with what HAProxy keeps free and keeps its books with. */
  readonly bufferBytes: number;
  /** null: as many as HAProxy sees cores. */
  readonly threads: number | null;
  readonly user: string | null;
  readonly group: string | null;
  readonly chroot: string | null;
  readonly log: SiteLog;
}

interface SiteLog {
  /** `127.0.0.1:514`, a socket's path, or `stdout`. */
  readonly target: string;
  readonly facility: string;
}
