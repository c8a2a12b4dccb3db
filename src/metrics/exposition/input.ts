import type { ClientCounters, LogCounters, SlotCounters } from '../counters.js';
import type { Histogram } from '../histogram.js';
import type { AppTraffic } from '../traffic-record.js';

/** All that `/metrics` tells, gathered by the node. */
export interface ExpositionInput {
  readonly node: NodeFigures;
  readonly apps: readonly AppFigures[];
  readonly sources: readonly SourceFigures[];
  readonly workers: readonly WorkerFigures[];
  /** The primary and its workers; empty where the system does not tell. */
  readonly processes: readonly ProcessFigures[];
  /** By what asked for them: how long changes took from there to all workers. */
  readonly changes: readonly { readonly cause: string; readonly took: Histogram }[];
  /** Absent: nothing is known of them. */
  readonly clients?: Readonly<ClientCounters>;
  /** Absent: nothing is known of them. */
  readonly accessLog?: Readonly<LogCounters>;
  /** What the node keeps for its next start. */
  readonly stateParts: readonly { readonly part: string; readonly isSaved: boolean }[];
  /** Absent: the node registers no containers. */
  readonly registrar?: { readonly up: boolean; readonly registered: number; readonly ghosts: number };
  /** Problems of severity error in what the sources say now. */
  readonly configErrors: number;
  /** Of the primary, which goes on after them. */
  readonly unexpectedErrors: number;
}

export interface NodeFigures {
  readonly version: string;
  readonly nodeVersion: string;
  /** Wall time. */
  readonly startedAtMs: number;
  readonly uptimeMs: number;
  readonly isReady: boolean;
  readonly isStopping: boolean;
  readonly revision: number;
  readonly appliedRevision: number;
}

export interface AppFigures {
  readonly name: string;
  readonly protocol: 'http' | 'tcp';
  readonly isBound: boolean;
  readonly neighborsUp: number;
  /** The sum over all workers, those that are gone included. */
  readonly counters: Readonly<SlotCounters>;
  readonly traffic: AppTraffic;
  /** Those that the app has now: an instance that left takes its series with it. */
  readonly instances: readonly InstanceFigures[];
}

export interface InstanceFigures {
  readonly id: string;
  /** As the server of HAProxy's configuration is called. */
  readonly server: string;
  readonly up: boolean;
  readonly state: 'ready' | 'drain' | 'maint';
  readonly weight: number;
  /** Requests that it may have under way; 0 for no limit. */
  readonly limit: number;
  /** How long its health has been what it is. */
  readonly sinceMs: number;
  /** null: none has ended yet. */
  readonly check: CheckFigures | null;
  /** Checks that failed while it was up, its ways from up to down, and how long it was down. */
  readonly failures: number;
  readonly downs: number;
  readonly downMs: number;
}

interface CheckFigures {
  /** In HAProxy's words (`L7OK`); null: unknown. */
  readonly code: string | null;
  /** Of an answer over HTTP; 0 without one. */
  readonly status: number;
  /** 0: traffic decided. */
  readonly tookMs: number;
}

interface SourceFigures {
  readonly name: string;
  readonly up: boolean;
  readonly staleMs: number;
  readonly apps: number;
  /** Losses that are served on until they are confirmed. */
  readonly held: number;
}

interface WorkerFigures {
  readonly index: number;
  readonly restarts: number;
  readonly state: string;
}

export interface ProcessFigures {
  /** `primary`, `worker-0`. */
  readonly name: string;
  readonly pid: number;
  readonly residentBytes: number;
  readonly cpuSeconds: number;
  readonly openFiles: number;
  readonly maxFiles: number;
  /** How late a timer fired that was due ten times a second; null: it has not said so yet. */
  readonly loopDelay: Histogram | null;
}
