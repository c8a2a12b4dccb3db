import type { SessionStage } from '../metrics/sessions.js';

/** What `GET /sessions` answers; fields are only ever added. */
export interface SessionsDocument {
  readonly version: 1;
  readonly node: string;
  /** The oldest first. */
  readonly sessions: readonly SessionEntry[];
  /** Younger ones than those, which are not listed. */
  readonly unlisted: number;
  /** Workers that did not answer: what they have under way is not here. */
  readonly missing: readonly { readonly worker: number; readonly pid: number }[];
}

/** A request under way, or a client of protocol tcp. */
export interface SessionEntry {
  /** `0x1a2b00000001`; a request that follows on the same connection has another one. */
  readonly id: string;
  readonly app: string;
  readonly protocol: 'http' | 'tcp';
  /** Address and port, as a PROXY header names them where there is one. */
  readonly client: string;
  /** Queued for an instance, connecting to one, waiting for its response, responding, or a tunnel. */
  readonly stage: SessionStage;
  /** `ip:port`; null: none has it. */
  readonly instance: string | null;
  /** `instance` is another node, which got it because no instance of this one can serve it. */
  readonly isNeighbor: boolean;
  readonly ageMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly retries: number;
  readonly worker: number;
}
