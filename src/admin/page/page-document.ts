/**
 * What the page of a node is told: the whole at first, then what changed. Plain data that travels as JSON; the page and the
 * node are of one build, so it may change with any release. Times are milliseconds since 1970, by the clock of the node.
 */
import type { AdminState } from '../../model/app.js';
import type { Problem } from '../../model/problem.js';
import type { NodeEvent } from '../events-document.js';

export interface PageDocument {
  readonly at: number;
  readonly frame: PageFrame;
  readonly apps: readonly AppView[];
  readonly figures: readonly AppFigures[];
  readonly total: Figures;
  /** Of all apps together. */
  readonly history: FigureHistory;
  /** Requests per second of each app that had any lately, in steps of `TREND_STEP_SECONDS`, the newest last. */
  readonly trends: readonly (readonly [app: string, rates: readonly (number | null)[]])[];
  /** Oldest first. */
  readonly events: readonly NodeEvent[];
}

/** Empty lists and absent parts: they are as before. */
export interface PageChange {
  readonly at: number;
  readonly frame?: PageFrame;
  readonly apps: readonly AppView[];
  /** Names of apps that are served no more. */
  readonly gone: readonly string[];
  readonly figures: readonly AppFigures[];
  /** Absent when this change comes between two seconds, because of an event. */
  readonly total?: Figures;
  readonly events: readonly NodeEvent[];
}

/** The apps as they were at one moment. */
export interface PastDocument {
  readonly at: number;
  readonly apps: readonly AppView[];
  /** Empty where the moment is older than what the node keeps of figures. */
  readonly figures: readonly AppFigures[];
}

/** What stands around the table of apps. */
export interface PageFrame {
  readonly node: NodeView;
  readonly sources: readonly SourceView[];
  readonly workers: readonly WorkerView[];
  readonly nodes: readonly PodNodeView[];
  readonly problems: readonly Problem[];
}

interface NodeView {
  readonly name: string;
  readonly pod: string | null;
  readonly status: 'starting' | 'ready' | 'stopping';
  readonly notReady: string | null;
  readonly startedAt: number;
  readonly revision: number;
  readonly appliedRevision: number;
}

export interface SourceView {
  readonly name: string;
  readonly up: boolean;
  readonly stale: boolean;
  /** For how long it has not been confirmed; 0 when it is up. */
  readonly staleSeconds: number;
  readonly apps: number;
  readonly failure: string | null;
  /** It has lost apps or instances that are served on until the loss is confirmed or accepted. */
  readonly isHolding: boolean;
}

export interface WorkerView {
  readonly index: number;
  readonly pid: number;
  readonly state: 'starting' | 'serving' | 'draining';
  readonly revision: number;
  readonly restarts: number;
}

export interface PodNodeView {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly standing: 'counted' | 'doubted' | 'leftOut';
  readonly remark: string | null;
}

export interface AppView {
  readonly name: string;
  readonly slot: number;
  readonly protocol: string;
  /** Why the slot is not bound; null when it is. */
  readonly bindError: string | null;
  readonly source: string;
  readonly location: string;
  /** Where its requests go; null before the first snapshot. */
  readonly traffic: 'instances' | 'neighbors' | 'nobody' | null;
  /** Why they do not go to instances of this node. */
  readonly trafficWhy: string | null;
  readonly instances: readonly InstanceView[];
}

export interface InstanceView {
  readonly id: string;
  /** `container web-1 (0123456789ab)` */
  readonly container: string | null;
  readonly weight: number;
  readonly state: AdminState;
  readonly health: 'up' | 'down' | 'unchecked';
  readonly takesTraffic: boolean;
  /** Why it is out, or what speaks against it; null: nothing. */
  readonly reason: string | null;
  /** Since when it is so; null: not known. */
  readonly since: number | null;
}

/**
 * Rates are per second of the last second; percentiles are of the last five to ten seconds, in milliseconds, null without
 * a request; the rest is what is now. Behind them two figures for each instance, in the order of `AppView.instances`:
 * requests per second, and requests under way; a change leaves them out, except each tenth second and with other views.
 */
export type Figures = readonly [
  rate: number,
  errors: number,
  p50: number | null,
  p99: number | null,
  inFlight: number,
  queued: number,
  clients: number,
  bled: number,
  bledIn: number,
  ...instances: readonly (number | null)[],
];

/** How many figures stand before those of the instances. */
export const APP_FIGURES = 9;

export type AppFigures = readonly [app: string, figures: Figures];

/** One row of equally long lists; null where nothing was measured. */
export interface FigureHistory {
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly rate: readonly (number | null)[];
  readonly errors: readonly (number | null)[];
  readonly p50: readonly (number | null)[];
  readonly p99: readonly (number | null)[];
}

export const TREND_STEP_SECONDS = 5;
