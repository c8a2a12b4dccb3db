/** How fast an app is used: the difference of two state documents of one node. Pure. */
import type { AppStatus, StateDocument } from '../admin/state-document.js';
import { appFiguresFrom } from './app-figures.js';

export interface AppRates {
  readonly name: string;
  readonly slot: number;
  /** Instances that take traffic, and all. */
  readonly up: number;
  readonly instances: number;
  /** A second each. */
  readonly requests: number;
  readonly errors: number;
  readonly status4xx: number;
  readonly status5xx: number;
  readonly bled: number;
  readonly connections: number;
  /** Of the requests between the documents. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Now. */
  readonly clients: number | null;
  readonly inFlight: number;
  readonly queued: number;
  readonly tunnels: number;
}

/** Over which time the rates are; a node that has started anew meanwhile counts from its start. */
export function periodMsOf(state: StateDocument, earlier: StateDocument | null): number {
  const from =
    earlier !== null && earlier.uptimeMs < state.uptimeMs && earlier.pid === state.pid ? earlier.uptimeMs : 0;
  return Math.max(1, state.uptimeMs - from);
}

/** The busiest first. */
export function appRatesFrom(state: StateDocument, earlier: StateDocument | null): readonly AppRates[] {
  const seconds = periodMsOf(state, earlier) / 1_000;
  const before = new Map((earlier?.pid === state.pid ? earlier.apps : []).map((app) => [app.name, app]));
  const rates = state.apps.map((app) => ratesOf(app, before.get(app.name) ?? null, seconds));
  return rates.sort((a, b) => b.requests - a.requests || b.connections - a.connections || (a.name < b.name ? -1 : 1));
}

function ratesOf(app: AppStatus, before: AppStatus | null, seconds: number): AppRates {
  const figures = appFiguresFrom(app, before);
  const since = (now: number, then: number | undefined): number => Math.max(0, now - (then ?? 0)) / seconds;
  const responses = (digit: number): number => since(app.responses[digit] ?? 0, before?.responses[digit]);
  return {
    name: app.name,
    slot: app.slot,
    up: figures.usable,
    instances: figures.total,
    requests: figures.requests / seconds,
    errors: figures.errors / seconds,
    status4xx: responses(4),
    status5xx: responses(5),
    bled: figures.bled / seconds,
    connections: since(app.connections, before?.connections),
    p50Ms: figures.p50Ms,
    p99Ms: figures.p99Ms,
    clients: app.clients?.open ?? null,
    inFlight: app.inFlight,
    queued: app.queued,
    tunnels: app.tunnels,
  };
}
