/** A node as HAProxy's tools look at it: what they ask for is computed from this, and nothing else. Plain data. */
import type { SlotCounters } from '../../metrics/counters.js';
import type { Traffic } from '../../metrics/meter.js';
import type { AppTraffic } from '../../metrics/traffic-record.js';
import type { App, Instance } from '../../model/app.js';

export interface ProxyView {
  readonly node: string;
  /** Of this program. */
  readonly version: string;
  readonly pid: number;
  readonly workers: number;
  readonly uptimeMs: number;
  /** When it started, in milliseconds since 1970, as the wall clock said then. */
  readonly startedAt: number;
  /** Wall time of this view. */
  readonly now: number;
  readonly isStopping: boolean;
  /** Connections of clients, over all apps; `limit` is null for none. */
  readonly clients: { readonly open: number; readonly limit: number | null; readonly limitReached: number };
  /** Their connections, over all apps. */
  readonly traffic: Traffic;
  /** How much of the last second the workers had nothing to do, in percent; null: none has said it. */
  readonly idlePercent: number | null;
  /** Descriptors that each process may have. */
  readonly descriptors: number;
  /** Lines of the access log. */
  readonly droppedLines: number;
  readonly apps: readonly AppView[];
}

export interface AppView {
  readonly app: App;
  readonly isBound: boolean;
  readonly counters: SlotCounters;
  readonly traffic: AppTraffic;
  readonly servers: readonly ServerView[];
  readonly neighbors: readonly NeighborView[];
}

export interface ServerView {
  readonly instance: Instance;
  /** What the source says, without the operators: HAProxy's initial weight. */
  readonly sourceWeight: number;
  /** An operator decided its state; else the source did. */
  readonly isDecided: boolean;
  /** What the workers take it for: an instance that is not checked yet is up where it is the only one. */
  readonly isUp: boolean;
  readonly check: CheckView;
}

export interface NeighborView {
  /** Its address, without a port. */
  readonly host: string;
  readonly check: CheckView;
}

export interface CheckView {
  readonly health: 'up' | 'down' | 'unchecked';
  /** Checks in a row that spoke against the present health. */
  readonly contrary: number;
  readonly rise: number;
  readonly fall: number;
  /** For how long its health has been what it is; null: it is not checked. */
  readonly sinceMs: number | null;
  readonly failures: number;
  readonly downs: number;
  readonly downMs: number;
  readonly last: LastCheckView | null;
}

interface LastCheckView {
  readonly ok: boolean;
  /** HAProxy's `check_status`; null: unknown. */
  readonly code: string | null;
  /** Of an answer over HTTP; else null. */
  readonly status: number | null;
  readonly tookMs: number | null;
  readonly detail: string;
}
