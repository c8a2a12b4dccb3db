/**
 * Everything that primary and workers say to each other, in two closed unions. Configuration goes down, reports come up.
 * Handles of listening sockets travel beside `listen`, as Node's child_process sends them.
 */
import type { GonePlace } from '../core/lives.js';
import type { Histogram } from '../metrics/histogram.js';
import type { SessionFacts, SessionReport } from '../metrics/sessions.js';
import type { PermitChanges, PermitNotice } from '../snapshot/permits.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { SaidCounters } from './counter-reports.js';

export type ToWorker =
  /** The bound socket of `port` comes with this message, always before the snapshot that needs it. */
  | { readonly type: 'listen'; readonly port: number }
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  /** As `Snapshot.gone`, for a worker that drains: it gets no snapshots any more. */
  | { readonly type: 'gone'; readonly places: readonly GonePlace[] }
  /**
   * Answered by `report` with the same id.
   * `known`: the last report that arrived; absent: the primary is of an older program.
   * `clears`: what was the most and the longest begins anew, before the report.
   */
  | { readonly type: 'report'; readonly id: number; readonly known?: number; readonly clears?: boolean }
  /** An operator ends what is under way with an instance. */
  | { readonly type: 'cut-instance'; readonly app: string; readonly instance: string }
  /** Answered by `sessions` with the same id. */
  | { readonly type: 'sessions'; readonly id: number; readonly app: string | null; readonly most: number }
  /** An operator ends one; answered by `session-killed` with the same id. @see SessionFacts.id */
  | { readonly type: 'kill-session'; readonly id: number; readonly session: number }
  /** Open the access log anew: its file was moved away. */
  | { readonly type: 'reopen-log' }
  /** Permits of instances with a limit: what is lent, and where others wait for some. */
  | { readonly type: 'permits'; readonly notices: readonly PermitNotice[] }
  /** Stop accepting, finish what is under way, exit; after `deadlineMs` cut what is left. 0: also in the midst of a drain. */
  | { readonly type: 'drain'; readonly deadlineMs: number };

/** A worker cuts what is left at its deadline and exits; one that did not is killed after this much more. */
export const DRAIN_MARGIN_MS = 2_000;

export type ToPrimary =
  /** The worker has started and waits for its listeners and its first snapshot. */
  | { readonly type: 'started'; readonly sockets: SocketWay }
  /** The snapshot is in force: it serves all requests from now on. */
  | {
      readonly type: 'applied';
      readonly revision: number;
      /** Apps whose slots are not served, because the worker could not listen on their sockets. */
      readonly unserved?: readonly string[];
    }
  /** A worker that cannot read its counters answers all the same, since it serves. */
  | ({
      readonly type: 'report';
      /** 0: the last report of a worker that has drained, sent without a poll. */
      readonly id: number;
      /** A worker of an older program does not say it. */
      readonly loop?: LoopReport;
    } & SaidCounters)
  | { readonly type: 'sessions'; readonly id: number; readonly report: SessionReport }
  | { readonly type: 'session-killed'; readonly id: number; readonly killed: SessionFacts | null }
  | ({ readonly type: 'passive-failure' } & PassiveFailure)
  /** Permits of instances with a limit: what is wanted, and what is given back. */
  | { readonly type: 'permits'; readonly changes: readonly PermitChanges[] }
  /** All that was under way has ended; `cut` exchanges and tunnels did not finish in time. */
  | { readonly type: 'drained'; readonly cut: number };

/** Of the event loop of a worker. */
interface LoopReport {
  /** How late it was, all in all. */
  readonly delay: Histogram;
  /** How much of the last second it had nothing to do. */
  readonly idlePercent: number;
}

/** What the connections of a worker stand on: handles of libuv, or the streams of `net.Socket` where Node hides its handles. */
export type SocketWay = 'handles' | 'streams';

/** An instance refused `failures` connections one after another, without a success between. */
export interface PassiveFailure {
  readonly app: string;
  /** Its id. */
  readonly instance: string;
  /** The run of a container that was tried there; null: unknown. */
  readonly life: string | null;
  readonly failures: number;
}

/** What the access log of a worker is, as its options say it. */
export interface AccessLogSettings {
  /** A file, `-` for standard output, or a receiver of syslog. */
  readonly target: string;
  /** A name, or a format string of HAProxy. */
  readonly format: string;
  /** Names of fields that are captured. */
  readonly requestCaptures: readonly string[];
  readonly responseCaptures: readonly string[];
}

/** What a worker is told at birth, as one JSON argument. */
export interface WorkerSettings {
  /** 0 to workers - 1; kept by the successor of a worker. */
  readonly index: number;
  readonly workers: number;
  readonly logLevel: string;
  /** Absent: json. */
  readonly logFormat?: string;
  /** Null for none. */
  readonly accessLog: AccessLogSettings | null;
  /** Connections of clients on the node, over all workers; 0 or absent: as many as the descriptors of each allow. */
  readonly maxConnections?: number;
  /** How long it serves on when its primary dies; 0 or absent: it drains at once. */
  readonly orphanGraceMs?: number;
  /** Where it finds the next primary; null or absent: nowhere. */
  readonly runDirectory?: string | null;
}
