/** How many clients there may be at one time, and the descriptors that HAProxy takes for them. */
import type { Site } from '../site/site.js';
import type { Section } from '../syntax/configuration.js';

/** Connections beside those of clients: probes, operators. */
const OPERATORS = 100;
/** Without `process.max_connections`, where there are descriptors enough. */
const USUAL_CLIENTS = 10_000;
const FEWEST_CLIENTS = 10;
/** 2.6 and later run at most so many without groups of threads. */
const MOST_THREADS = 64;
/** Listeners, resolvers, peers, pipes: 31 to 53 measured, see below. */
const OTHERS = 64;

export interface Capacity {
  /** Clients at one time. */
  readonly maxConnections: number;
  /** That HAProxy wants to have for them, at least as many as it says itself. */
  readonly descriptors: number;
}

/** A site with the number of its clients. */
export type SizedSite = Omit<Site, 'running'> & {
  readonly running: Omit<Site['running'], 'maxConnections'> & { readonly maxConnections: number };
};

/**
 * @param backends with their servers; each server has a descriptor for its check
 * @param limit of descriptors; Infinity: none is known
 */
export function capacityOf(
  { running, servers: { place } }: Site,
  backends: readonly Section[],
  limit: number,
): Capacity {
  const slots = place.kind === 'dns' ? place.slots : 1;
  const servers = slots * backends.flatMap(({ lines }) => lines.filter(isServer)).length;
  const rest = servers + 3 * (running.threads ?? MOST_THREADS) + OTHERS;
  const maxConnections = running.maxConnections ?? usualClients(limit - rest);
  return { maxConnections, descriptors: 2 * connectionsOf(maxConnections) + rest };
}

/**
 * `maxconn` of the process. A client of TLS counts twice, in the stage before TLS and behind it; the rest are clients of
 * plain HTTP, probes and operators. HAProxy takes two descriptors for each of these. So it is six descriptors a client:
 * Maxsock of "show info" is 6 × clients + 200 + servers + 3 × threads + 42 with 2.6, + 53 with 3.0, + 31 with 3.2 (measured
 * with 100 to 10 000 clients, 10 and 20 servers, 1 to 8 threads).
 */
export function connectionsOf(clients: number): number {
  return 3 * clients + OPERATORS;
}

/** In steps of ten, so that not each app that comes changes it. */
function usualClients(descriptors: number): number {
  const possible = 10 * Math.floor((descriptors - 2 * OPERATORS) / 60);
  return Math.max(FEWEST_CLIENTS, Math.min(USUAL_CLIENTS, possible));
}

function isServer(line: Section['lines'][number]): boolean {
  return typeof line === 'string' && /^server(-template)? /.test(line);
}
