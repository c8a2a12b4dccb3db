import { reasonOf } from '../core/thrown.js';

/** Why Consul gave no answer that can be used. */
export type ConsulFailureKind =
  /** No connection, or it was lost before the answer was whole. */
  | 'unreachable'
  /** It took the request and was silent. */
  | 'late'
  /** The token is unknown, or lacks a right. */
  | 'denied'
  /** Consul itself is in trouble: 429, 5xx, no leader. */
  | 'failing'
  /** Any other refusal. */
  | 'refused'
  /** Its answer is larger than what is read of such an answer. */
  | 'oversize'
  /** What answered is not Consul, or speaks otherwise than is known here. */
  | 'malformed'
  /** A file that the connection needs cannot be read. */
  | 'unprepared';

export class ConsulFailure extends Error {
  readonly kind: ConsulFailureKind;

  constructor(kind: ConsulFailureKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ConsulFailure';
    this.kind = kind;
  }
}

/** What was thrown while Consul was asked: a failure of it, or of what reads its answers. */
export function consulFailureFrom(error: unknown): ConsulFailure {
  return error instanceof ConsulFailure ? error : new ConsulFailure('malformed', reasonOf(error), error);
}
