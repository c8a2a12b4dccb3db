import { isOwnFault } from '../core/own-faults.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import type { HealthCheck, ProxyVersion } from '../model/app.js';

export interface ProbeResult {
  readonly hasPassed: boolean;
  /** For people: `status 200`, `connection refused`, `no answer within 2s`. */
  readonly detail: string;
  /** This process lacks what a check needs (descriptors, ports): nothing was learnt of the target. */
  readonly isOwnFault?: boolean;
  /** The node that answered; null: somebody who does not say so; undefined: nobody answered. */
  readonly node?: string | null;
}

/** In words, where the system's own text has only a code. */
const FAILURE_WORDS: ReadonlyMap<string, string> = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EHOSTUNREACH', 'no route to the host'],
  ['ENETUNREACH', 'no route to the network'],
  ['ETIMEDOUT', 'no connection in time'],
]);

/** What a failed connect says. */
export function failureFrom(error: unknown): ProbeResult {
  const detail = FAILURE_WORDS.get(codeOf(error)) ?? reasonOf(error);
  return { hasPassed: false, detail, isOwnFault: isOwnFault(error) };
}

/** Asks once. Never rejects, and never takes longer than the check's timeout. */
export type Probe = (target: {
  readonly host: string;
  readonly port: number;
  readonly check: HealthCheck;
  readonly localAddress?: string | null;
  /** The target demands a PROXY header, in which the check speaks for itself (HAProxy's `check-send-proxy`). */
  readonly sendProxy?: ProxyVersion;
}) => Promise<ProbeResult>;
