/** What the pages of the node are told: the whole, each change once for all of them, and the past. */
import type { NodeEvent } from '../admin/events-document.js';
import type {
  AppFigures,
  AppView,
  FigureHistory,
  Figures,
  PageChange,
  PageDocument,
  PageFrame,
  PastDocument,
} from '../admin/page/page-document.js';
import type { PageSource } from '../admin/page/page-source.js';
import type { Cluster } from '../cluster/cluster.js';
import type { ControlPlane } from '../control/control-plane.js';
import type { Clock, Timer } from '../core/clock.js';
import type { WorkerCounters } from '../metrics/counters.js';
import type { AppEvents } from './app-events.js';
import { AppViews } from './app-views.js';
import { FigureHistories } from './figure-history.js';
import { FigureSampler } from './figure-sampler.js';
import { createPageFrame, type PageFrameParts } from './page-frame.js';
import { PastViews } from './past-views.js';
import type { ServingParts } from './serving-parts.js';

/** Events that come together are told together. */
const AFTER_EVENT_MS = 100;
/** However many events there are, the views are not compared more often. */
const LEAST_INTERVAL_MS = 500;
/** A change that is seen so soon after an event of its app is what the event tells of. */
const EFFECT_MS = 2_000;
/**
 * Without an event or another snapshot the views change in details alone, such as how many checks failed: comparing those
 * of 4 000 instances takes more than all else.
 */
const COMPARE_INTERVAL_MS = 10_000;
const EVENTS_OF_WHOLE = 200;
const NO_FIGURES: Figures = [0, 0, null, null, 0, 0, 0, 0, 0];

interface PageFeedParts {
  readonly clock: Clock;
  readonly cluster: Cluster;
  readonly plane: ControlPlane;
  readonly events: AppEvents;
  readonly views: AppViews;
  readonly frame: () => PageFrame;
}

/** @param parts those of the node that its pages show */
export function createPageFeed(parts: ServingParts & PageFrameParts & { readonly events: AppEvents }): PageFeed {
  return new PageFeed({ ...parts, views: new AppViews(parts), frame: createPageFrame(parts) });
}

interface KnownView {
  readonly view: AppView;
  /** As JSON, to tell whether it changed. */
  readonly text: string;
}

export class PageFeed implements PageSource {
  readonly #parts: PageFeedParts;
  readonly #sampler = new FigureSampler();
  readonly #histories = new FigureHistories();
  readonly #past: PastViews;
  readonly #watchers = new Set<(change: PageChange) => void>();
  #known: ReadonlyMap<string, KnownView> = new Map();
  #frame = '';
  #total = NO_FIGURES;
  #figures: ReadonlyMap<string, Figures> = new Map();
  /** Apps whose instances were told to do something. */
  #busy: ReadonlySet<string> = new Set();
  /** Since the last change that was told. */
  #events: NodeEvent[] = [];
  /** When something first happened to an app since its view changed, for a short time. */
  readonly #openEvents = new Map<string, number>();
  #timer: Timer | null = null;
  #comparedAt = Number.NEGATIVE_INFINITY;
  #comparedRevision = 0;

  constructor(parts: PageFeedParts) {
    this.#parts = parts;
    this.#past = new PastViews(parts.clock.wallTime());
    parts.events.onNoted((event) => this.#onEvent(event));
    parts.cluster.books.onSecond(({ at, counters, hasInherited }) => {
      if (hasInherited) this.#sampler.restart();
      this.#onSecond(at, counters);
    });
  }

  get pastBegin(): number {
    return this.#past.begin;
  }

  whole(): PageDocument {
    const { clock, events } = this.#parts;
    this.#tell(this.#compared());
    const frame = this.#parts.frame();
    return {
      at: clock.wallTime(),
      frame,
      apps: [...this.#known.values()].map(({ view }) => view),
      figures: this.#wholeFigures().filter(([, figures]) => isBusy(figures)),
      total: this.#total,
      history: this.#histories.total(),
      trends: this.#histories.trends(),
      events: events.all().slice(-EVENTS_OF_WHOLE),
    };
  }

  watch(onChange: (change: PageChange) => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  past(at: number): PastDocument | null {
    this.#tell(this.#compared());
    const now = [...this.#known.values()].map(({ view }) => view);
    const apps = at > this.#parts.clock.wallTime() ? null : this.#past.at(at, now);
    if (apps === null) return null;
    const kept = this.#histories.at(at);
    const figures = kept === null ? [] : apps.map(({ name }): AppFigures => [name, kept.figuresOf(name)]);
    return { at, apps, figures };
  }

  history(app: string): FigureHistory | null {
    return this.#parts.plane.apps.some(({ name }) => name === app) ? this.#histories.of(app) : null;
  }

  /** The workers have just said what they counted, as they do each second: asking them costs nothing more. */
  #onSecond(at: number, { slots }: WorkerCounters): void {
    const { clock, plane } = this.#parts;
    const sampled = this.#sampler.sample(at, slots, plane.apps);
    if (sampled === null) return;
    const before = this.#figures;
    this.#figures = sampled.byApp;
    this.#total = sampled.total;
    this.#histories.add(clock.wallTime(), sampled.total, sampled.byApp);
    if (this.#watchers.size === 0) return;
    const isDue = this.#isCompareDue();
    const figures = isDue ? this.#dueFigures() : changedFigures(before, sampled.byApp);
    const change = isDue ? this.#compared() : { at: clock.wallTime(), apps: [], gone: [], events: [] };
    this.#tell({ ...change, figures, total: sampled.total });
  }

  /** Also while no page is open: the past needs it. */
  #onEvent(event: NodeEvent): void {
    if (event.app !== null && !this.#openEvents.has(event.app)) {
      this.#openEvents.set(event.app, Date.parse(event.at));
    }
    this.#events.push(event);
    if (this.#watchers.size === 0) this.#events = [];
    if (this.#timer !== null) return;
    const { clock } = this.#parts;
    const delayMs = Math.max(AFTER_EVENT_MS, this.#comparedAt + LEAST_INTERVAL_MS - clock.now());
    this.#timer = clock.setTimer(delayMs, () => {
      this.#timer = null;
      this.#tell(this.#compared());
    });
  }

  /** With those of the instances. */
  #wholeFigures(): readonly AppFigures[] {
    return this.#parts.plane.apps.flatMap((app): AppFigures[] => {
      const figures = this.#figures.get(app.name);
      if (figures === undefined) return [];
      return [[app.name, [...figures, ...this.#sampler.instancesOf(app)] as unknown as Figures]];
    });
  }

  /** Of all apps that do something, or did when they were told last. */
  #dueFigures(): readonly AppFigures[] {
    const told = this.#busy;
    const whole = this.#wholeFigures();
    this.#busy = new Set(whole.filter(([, figures]) => isBusy(figures)).map(([app]) => app));
    return whole.filter(([app]) => this.#busy.has(app) || told.has(app));
  }

  #isCompareDue(): boolean {
    const { clock, plane } = this.#parts;
    const isLong = clock.now() - this.#comparedAt >= COMPARE_INTERVAL_MS;
    return isLong || (plane.snapshot?.revision ?? 0) !== this.#comparedRevision;
  }

  /** Looks at the apps anew, keeps how those were that changed, and says what is new. */
  #compared(): PageChange {
    const { clock, plane, views } = this.#parts;
    this.#comparedAt = clock.now();
    this.#comparedRevision = plane.snapshot?.revision ?? 0;
    const at = clock.wallTime();
    const known = new Map<string, KnownView>();
    const apps: AppView[] = [];
    for (const view of views.all()) {
      const text = JSON.stringify(view);
      const before = this.#known.get(view.name) ?? null;
      if (before?.text === text) {
        known.set(view.name, before);
        continue;
      }
      known.set(view.name, { view, text });
      this.#past.note(this.#changedAt(view.name, at), view.name, before?.view ?? null);
      apps.push(view);
    }
    const gone = [...this.#known.values()].filter(({ view }) => !known.has(view.name));
    for (const { view } of gone) this.#past.note(this.#changedAt(view.name, at), view.name, view);
    for (const [app, eventAt] of this.#openEvents) if (at - eventAt > EFFECT_MS) this.#openEvents.delete(app);
    this.#known = known;
    const frame = this.#parts.frame();
    const text = JSON.stringify(frame);
    const isFrameNew = text !== this.#frame;
    this.#frame = text;
    const events = this.#events;
    this.#events = [];
    return {
      at,
      ...(isFrameNew ? { frame } : {}),
      apps,
      gone: gone.map(({ view }) => view.name),
      figures: [],
      events,
    };
  }

  /** Who stands at an event sees what it brought about. @param at when the change is seen */
  #changedAt(app: string, at: number): number {
    const eventAt = this.#openEvents.get(app);
    this.#openEvents.delete(app);
    return eventAt === undefined || at - eventAt > EFFECT_MS ? at : Math.min(at, eventAt);
  }

  #tell(change: PageChange): void {
    const { frame, apps, gone, total, events } = change;
    const isEmpty = frame === undefined && total === undefined && apps.length + gone.length + events.length === 0;
    if (isEmpty) return;
    for (const tell of this.#watchers) tell(change);
  }
}

function changedFigures(
  before: ReadonlyMap<string, Figures>,
  now: ReadonlyMap<string, Figures>,
): readonly AppFigures[] {
  const changed: AppFigures[] = [];
  for (const [app, figures] of now) {
    const old = before.get(app);
    if (old === undefined || figures.some((figure, index) => figure !== old[index])) changed.push([app, figures]);
  }
  return changed;
}

function isBusy(figures: Figures): boolean {
  return figures.some((figure) => figure !== 0 && figure !== null);
}
