/**
 * What the registry holds about an app: the one document from the edge's rules to the container's environment. All
 * defaults are filled in, all values have been validated; the node, the edge and the placement each read their part.
 */
import type { App, Origin } from './app.js';
import type { Placement } from './placement.js';

/** The keys that the services directory and the registry share, and that a node needs beside its instances. */
export type AppSettings = Omit<App, 'name' | 'slot' | 'nativePort' | 'instances' | 'origin'>;

export interface AppDefinition {
  /** A DNS label: `^[a-z]([a-z0-9-]*[a-z0-9])?$`, at most 63. */
  readonly name: string;
  /** DNS labels too; at least one, sorted, each once. */
  readonly pods: readonly string[];
  /** Minimum over all pods, at least one in each. */
  readonly numInstances: number;
  readonly image: string | null;
  readonly nativePort: number | null;
  /** Even or odd as it was given; null until the allocator has given one. */
  readonly slot: number | null;
  readonly settings: AppSettings;
  /** null: no way leads from the front door to this app. */
  readonly edge: EdgeDefinition | null;
  readonly env: readonly EnvEntry[];
  readonly placement: Placement;
  readonly origin: Origin;
}

export interface EdgeDefinition {
  readonly tls: EdgeTls;
  readonly routes: readonly Route[];
  /** For each client; null: none. */
  readonly rateLimit: RateLimit | null;
  /** CIDR texts; empty: everybody. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly maxBodyBytes: number | null;
  /** In upper case, sorted; empty: `DEFAULT_METHODS`. */
  readonly methods: readonly string[];
  /** Pods that get no requests yet: their instances do not answer so far. Sorted. */
  readonly heldPods: readonly string[];
  /** No request comes to the app, as if it had no routes; they stay its own. */
  readonly isClosed: boolean;
}

/** What an app is asked with unless it names others. */
export const DEFAULT_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

export interface EdgeTls {
  /** The domain of the site (edge.yml) whose certificate covers the hosts; null: the one that fits each host. */
  readonly domain: string | null;
  /** Plain HTTP is answered with a redirect to HTTPS. */
  readonly redirect: boolean;
  /** Value of Strict-Transport-Security; null: none. */
  readonly hsts: string | null;
}

/** One of three kinds of host, and one of three kinds of path; both must match. */
export interface Route {
  readonly host: RouteHost;
  readonly path: RoutePath;
  /** Higher is tried first; it orders regexes alone. */
  readonly priority: number;
  readonly origin: Origin;
}

export type RouteHost =
  | { readonly kind: 'exact'; readonly host: string }
  /** `*.` and a name: one more label, exactly one. `suffix` is the name without `*.`. */
  | { readonly kind: 'wildcard'; readonly suffix: string }
  /** Full match, without anchors. */
  | { readonly kind: 'regex'; readonly pattern: string };

export type RoutePath =
  | { readonly kind: 'exact'; readonly path: string }
  /** Whole segments; `/` is every path. Without a slash at the end, but for `/` itself. */
  | { readonly kind: 'prefix'; readonly path: string }
  | { readonly kind: 'regex'; readonly pattern: string };

/** Each limit is for one client in one window; null: none. */
export interface RateLimit {
  readonly requests: number | null;
  readonly errors: number | null;
  /** Requests at one time. */
  readonly concurrent: number | null;
  readonly windowMs: number;
}

export interface EnvEntry {
  /** `^[A-Za-z_][A-Za-z0-9_]*$` */
  readonly name: string;
  /** A value, or where a secret is read from: never the secret itself. */
  readonly value: string | { readonly from: string };
}
