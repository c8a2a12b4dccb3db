/** Sees what the control plane puts in force, and writes down what happened to each app. */
import type { AppEvent } from '../admin/why-document.js';
import type { PlaneObserver } from '../control/plane-observer.js';
import type { HeldLoss } from '../control/source-feed.js';
import type { Clock } from '../core/clock.js';
import { SaidOnce } from '../core/said-once.js';
import type { AdminState, App } from '../model/app.js';
import { formatOrigin, formatProblem, type Problem } from '../model/problem.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { diffApps } from '../state/diff.js';
import { AppEvents } from './app-events.js';
import { definitionsIn, describeChange, type ToldSource } from './instance-changes.js';
import { isSameWay, type TrafficWay, trafficWayOf } from './traffic-way.js';

/** Under which they are kept; no app is named so. */
const POD = '';

interface ChronicledSource extends ToldSource {
  readonly held: readonly HeldLoss[];
}

interface WayInForce {
  readonly way: TrafficWay;
  /** Wall time, ms. */
  readonly since: number;
}

export class AppChronicle implements PlaneObserver {
  readonly #clock: Clock;
  readonly #events: AppEvents;
  /** Kept once, whatever the number of apps. */
  readonly #podEvents: AppEvents;
  #apps: readonly App[] = [];
  /** As their sources wrote them, when `#apps` was put in force. */
  #definitions: ReadonlyMap<string, App> = new Map();
  /** By app and text, so that each is told when it comes and when it goes. */
  #problems: ReadonlyMap<string, AppNote> = new Map();
  readonly #held = new SaidOnce();
  #ways: ReadonlyMap<string, WayInForce> = new Map();

  constructor(clock: Clock, events: AppEvents = new AppEvents(clock)) {
    this.#clock = clock;
    this.#events = events;
    this.#podEvents = new AppEvents(clock);
  }

  /** Oldest first; those of the pod too, since the app is known here. */
  eventsOf(app: string): readonly AppEvent[] {
    const own = this.#events.of(app);
    const [first] = own;
    if (first === undefined) return [];
    const ofPod = this.#podEvents.of(POD).filter(({ at }) => at >= first.at);
    return ofPod.length === 0 ? own : [...own, ...ofPod].sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  }

  onNodes(text: string): void {
    this.#podEvents.note(POD, 'pod', text);
  }

  /** Apps that something has happened to. */
  names(): readonly string[] {
    return this.#events.names();
  }

  /** null before the first snapshot that has the app. */
  wayOf(app: string): WayInForce | null {
    return this.#ways.get(app) ?? null;
  }

  onDesiredState(apps: readonly App[], problems: readonly Problem[], sources: readonly ChronicledSource[]): void {
    this.#noteProblems(apps, problems);
    this.#noteHeld(sources);
    this.#noteApps(apps, sources);
  }

  onSnapshot({ slots }: Snapshot): void {
    const ways = new Map<string, WayInForce>();
    for (const slot of slots) {
      const way = trafficWayOf(slot);
      const before = this.#ways.get(slot.app);
      if (before !== undefined && isSameWay(before.way, way)) {
        ways.set(slot.app, { way, since: before.since });
        continue;
      }
      ways.set(slot.app, { way, since: this.#clock.wallTime() });
      this.#noteWay(slot.app, before?.way ?? null, way);
    }
    this.#ways = ways;
  }

  onHealth(app: string, instance: string, isUp: boolean, detail: string): void {
    this.#events.note(app, isUp ? 'up' : 'down', `${instance} is ${isUp ? 'up' : 'down'}: ${detail}`);
  }

  /** @param instance null: all instances of the app */
  onDecision(app: string, instance: string | null, state: AdminState, by: string): void {
    this.#events.note(app, 'decision', `${state} of ${instance ?? 'all instances'}, by ${by}`);
  }

  onAcceptedRemoval(source: string, held: readonly HeldLoss[], by: string): void {
    for (const { app, instances } of held) {
      this.#events.note(app, 'decision', `its loss in source ${source} (${lostText(instances)}) is accepted, by ${by}`);
    }
  }

  #noteApps(apps: readonly App[], sources: readonly ToldSource[]): void {
    if (apps === this.#apps) return;
    const before = new Map(this.#apps.map((app) => [app.name, app]));
    const definedBefore = this.#definitions;
    this.#definitions = definitionsIn(sources);
    const diffs = new Map(diffApps(this.#apps, apps).changed.map((diff) => [diff.name, diff]));
    for (const app of apps) {
      const { name, slot } = app;
      const old = before.get(name);
      before.delete(name);
      if (old === undefined) {
        this.#events.note(name, 'appeared', `by ${giverOf(app)}: slot ${slot}, ${instanceNames(app)}`);
        continue;
      }
      const diff = diffs.get(name);
      if (old.origin.source !== app.origin.source) {
        this.#events.note(name, 'changed', `it now comes from ${giverOf(app)}, not from ${giverOf(old)}`);
      }
      if (diff === undefined) continue;
      const change = {
        before: { app: old, definition: definedBefore.get(name) ?? null },
        after: { app, definition: this.#definitions.get(name) ?? null },
        diff,
      };
      for (const text of describeChange(change, giverOf(app), sources)) this.#events.note(name, 'changed', text);
    }
    for (const [name, app] of before)
      this.#events.note(name, 'removed', `no longer served; it came from ${giverOf(app)}`);
    this.#apps = apps;
  }

  #noteProblems(apps: readonly App[], problems: readonly Problem[]): void {
    const present = new Map<string, AppNote>();
    for (const problem of problems) {
      const text = formatProblem(problem);
      for (const app of appsConcernedBy(problem, apps)) present.set(`${app}\0${text}`, { app, text });
    }
    for (const [key, { app, text }] of present) if (!this.#problems.has(key)) this.#events.note(app, 'problem', text);
    for (const [key, { app, text }] of this.#problems) {
      if (!present.has(key)) this.#events.note(app, 'mended', `resolved: ${text}`);
    }
    this.#problems = present;
  }

  #noteHeld(sources: readonly ChronicledSource[]): void {
    const losses = sources.flatMap(({ name, held }) =>
      held.map(({ app, instances }) => {
        const lost = `source ${name} has lost ${lostText(instances)}`;
        return { app, text: `${lost}; still served until the loss is confirmed or accepted` };
      }),
    );
    for (const { app, text } of this.#held.newAmong(losses, (loss) => `${loss.app}\0${loss.text}`))
      this.#events.note(app, 'held', text);
  }

  #noteWay(app: string, before: TrafficWay | null, way: TrafficWay): void {
    switch (way.kind) {
      case 'instances':
        if (before !== null) this.#events.note(app, 'bleed-ended', 'instances of this node take its traffic again');
        return;
      case 'neighbors':
        this.#events.note(app, 'bleed', `its traffic goes to ${way.hosts.join(', ')}: ${way.why}`);
        return;
      case 'nobody':
        this.#events.note(app, 'unserved', `clients get 503: ${way.why}`);
    }
  }
}

interface AppNote {
  readonly app: string;
  readonly text: string;
}

/** A file that cannot be read concerns all apps that it gave. */
export function appsConcernedBy({ app, file }: Problem, apps: readonly App[]): readonly string[] {
  if (app !== null) return [app];
  return apps.filter(({ origin }) => origin.location === file).map(({ name }) => name);
}

function giverOf({ origin }: App): string {
  return `${origin.source} (${formatOrigin(origin)})`;
}

function instanceNames({ instances }: App): string {
  return instances.length === 0 ? 'without an instance' : `instances ${instances.map(({ id }) => id).join(', ')}`;
}

function lostText(instances: readonly string[] | null): string {
  return instances === null ? 'the app' : instances.join(', ');
}
