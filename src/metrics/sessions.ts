/** What is under way, as a worker lists it when somebody asks. Plain data: it travels as JSON. */

/**
 *   queued ──► connecting ──► waiting ──head of the response──► responding
 *                   │            └──101──► tunnel
 *                   └──a client of protocol tcp──► tunnel
 */
export type SessionStage = 'queued' | 'connecting' | 'waiting' | 'responding' | 'tunnel';

/** A request under way, or a client of protocol tcp. A kept connection without a request does not count, as in HAProxy. */
export interface SessionFacts {
  /** Of this worker; never used twice. */
  readonly id: number;
  readonly app: string;
  readonly protocol: 'http' | 'tcp';
  readonly client: { readonly address: string; readonly port: number };
  readonly stage: SessionStage;
  /** The id of the instance that has it, `ip:port`; null: none has. */
  readonly instance: string | null;
  /** `instance` is another node. */
  readonly isNeighbor: boolean;
  readonly ageMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly retries: number;
}

export interface SessionReport {
  /** The oldest, not in order. */
  readonly sessions: readonly SessionFacts[];
  /** With those that are not listed. */
  readonly total: number;
}
