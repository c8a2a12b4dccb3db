/** What the page knows of its node, and how a change makes the next state of it. Pure. */
import type { NodeEvent } from '../events-document.js';
import {
  APP_FIGURES,
  type AppView,
  type FigureHistory,
  type Figures,
  type PageChange,
  type PageDocument,
  type PageFrame,
  TREND_STEP_SECONDS,
} from '../page/page-document.js';

export interface NodeState {
  readonly at: number;
  readonly frame: PageFrame;
  readonly apps: ReadonlyMap<string, AppView>;
  readonly figures: ReadonlyMap<string, Figures>;
  readonly total: Figures;
  readonly history: FigureHistory;
  readonly trends: ReadonlyMap<string, readonly (number | null)[]>;
  /** Oldest first. */
  readonly events: readonly NodeEvent[];
  /** Seconds since the last step of the trends. */
  readonly secondsInStep: number;
}

const MAX_EVENTS = 200;
const MAX_POINTS = 300;
const MAX_STEPS = 60;
export const NO_FIGURES: Figures = [0, 0, null, null, 0, 0, 0, 0, 0];

export function stateFromWhole(whole: PageDocument): NodeState {
  return {
    at: whole.at,
    frame: whole.frame,
    apps: new Map(whole.apps.map((app) => [app.name, app])),
    figures: new Map(whole.figures),
    total: whole.total,
    history: whole.history,
    trends: new Map(whole.trends),
    events: whole.events,
    secondsInStep: 0,
  };
}

export function withChange(state: NodeState, change: PageChange): NodeState {
  const { at, frame = state.frame, total = state.total, events } = change;
  const figures = withEntries(
    state.figures,
    change.figures.map(([app, values]) => [app, withInstances(values, state.figures.get(app))] as const),
    change.gone,
  );
  const isSecond = change.total !== undefined;
  const isStep = isSecond && state.secondsInStep + 1 >= TREND_STEP_SECONDS;
  return {
    at,
    frame,
    total,
    figures,
    apps: withEntries(
      state.apps,
      change.apps.map((app) => [app.name, app] as const),
      change.gone,
    ),
    history: isSecond ? withPoint(state.history, at, total) : state.history,
    trends: isStep ? withStep(state.trends, figures) : state.trends,
    events: events.length === 0 ? state.events : [...state.events, ...events].slice(-MAX_EVENTS),
    secondsInStep: isStep ? 0 : state.secondsInStep + (isSecond ? 1 : 0),
  };
}

/** The figures of the instances stay as they were where a change leaves them out. */
function withInstances(figures: Figures, before: Figures | undefined): Figures {
  if (before === undefined || figures.length > APP_FIGURES) return figures;
  return [...figures, ...before.slice(APP_FIGURES)] as unknown as Figures;
}

export function withPoint(history: FigureHistory, at: number, [rate, errors, p50, p99]: Figures): FigureHistory {
  const append = <T>(values: readonly T[], value: T): T[] => [...values.slice(1 - MAX_POINTS), value];
  return {
    times: append(history.times, at / 1_000),
    rate: append(history.rate, rate),
    errors: append(history.errors, errors),
    p50: append(history.p50, p50),
    p99: append(history.p99, p99),
  };
}

function withStep(trends: NodeState['trends'], figures: NodeState['figures']): NodeState['trends'] {
  const next = new Map<string, readonly (number | null)[]>();
  for (const [app, [rate]] of figures) {
    const trend = trends.get(app);
    if (trend === undefined && rate === 0) continue;
    next.set(app, [...(trend ?? []).slice(1 - MAX_STEPS), rate]);
  }
  return next;
}

function withEntries<T>(
  map: ReadonlyMap<string, T>,
  entries: readonly (readonly [string, T])[],
  gone: readonly string[],
): ReadonlyMap<string, T> {
  if (entries.length === 0 && gone.length === 0) return map;
  const next = new Map(map);
  for (const name of gone) next.delete(name);
  for (const [name, value] of entries) next.set(name, value);
  return next;
}
