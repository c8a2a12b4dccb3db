import { isOwnFault } from '../core/own-faults.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import type { HealthCheck, ProxyVersion } from '../model/app.js';
import type { CheckCode } from './check-code.js';

export interface ProbeResult {
  readonly hasPassed: boolean;
  /** For people: `status 200`, `connection refused`, `no answer within 2s`. */
  readonly detail: string;
  /** The same in HAProxy's words. */
  readonly code?: CheckCode;
  /** Of an answer over HTTP. */
  readonly status?: number;
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

/** @param code L4CON for a failed connect, SOCKERR behind it */
export function failureFrom(error: unknown, code: CheckCode = 'L4CON'): ProbeResult {
  const detail = FAILURE_WORDS.get(codeOf(error)) ?? reasonOf(error);
  return { hasPassed: false, detail, code, isOwnFault: isOwnFault(error) };
}

interface ProbeTarget {
  readonly host: string;
  readonly port: number;
  readonly check: HealthCheck;
  readonly localAddress?: string | null;
  /** The target demands a PROXY header, in which the check speaks for itself (HAProxy's `check-send-proxy`). */
  readonly sendProxy?: ProxyVersion;
}

/**
 * Asks once. Never rejects, and never takes longer than the check's timeout.
 * @param signal nobody wants the answer any more: the connection is closed at once, and the check has failed
 */
export type Probe = (target: ProbeTarget, signal?: AbortSignal) => Promise<ProbeResult>;

/** Of a check whose answer nobody wants. */
export const GIVEN_UP: ProbeResult = { hasPassed: false, detail: 'given up' };
