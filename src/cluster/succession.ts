/**
 * What a primary and the workers of a predecessor that died say to each other, in two closed unions. They are of two
 * starts of the program, and may be of two versions of it, so nothing else of the code is relied upon.
 *
 *   worker                                      primary
 *     │ connects to the socket of the state directory
 *     │◄──────────────────── primary ──────────────┤
 *     ├───────────────────── orphan ──────────────►│
 *     │◄───────────────────── give ────────────────┤  the ports that it does not have yet
 *     ├──── socket, socket, ..., given ───────────►│
 *     │        both accept                         │  until the primary's own workers serve
 *     │◄───────────────────── drain ───────────────┤
 *     ├──────────────────── counted ──────────────►│  and the worker ends
 */
import type { WorkerReport } from '../metrics/counters.js';

/** The longest drain of a worker without a primary, which could not be stopped later. */
export const MAX_ORPHAN_DRAIN_MS = 30_000;

/** An orphan that knows another version drains at once, so that the ports become free. */
export const SUCCESSION_VERSION = 1;

/** The node that holds a state directory. */
export interface Holder {
  readonly pid: number;
  readonly node: string;
  /** Where its admin API listens, ADDR:PORT. */
  readonly admin: string;
}

export type FromPrimary =
  /** Said to everybody who connects, before anything else. */
  | ({ readonly type: 'primary'; readonly version: number; readonly takesSockets: boolean } & Holder)
  | { readonly type: 'give'; readonly ports: readonly number[] }
  /** Stop accepting, finish what is under way, exit; after `deadlineMs` cut what is left. */
  | { readonly type: 'drain'; readonly deadlineMs: number };

export type FromOrphan =
  | {
      readonly type: 'orphan';
      readonly pid: number;
      /** It has begun to drain, listens on nothing and gives nothing. */
      readonly isDraining: boolean;
      /** That it listens on and can give. Without any, and not draining: `given` follows when its ports are free. */
      readonly ports: readonly number[];
    }
  /** The listening socket comes with this message. */
  | { readonly type: 'socket'; readonly port: number }
  /** All that was asked for was given, or its ports are free. */
  | { readonly type: 'given' }
  /** What it has counted since its primary died. */
  | { readonly type: 'counted'; readonly counters: WorkerReport };

/** @returns null for what this version does not know */
export function fromPrimary(message: unknown): FromPrimary | null {
  const type = typeOf(message);
  return type === 'primary' || type === 'give' || type === 'drain' ? (message as FromPrimary) : null;
}

/** @returns null for what this version does not know */
export function fromOrphan(message: unknown): FromOrphan | null {
  const type = typeOf(message);
  const isKnown = type === 'orphan' || type === 'socket' || type === 'given' || type === 'counted';
  return isKnown ? (message as FromOrphan) : null;
}

function typeOf(message: unknown): unknown {
  return typeof message === 'object' && message !== null && 'type' in message ? message.type : null;
}
