/** Sees what the control plane puts in force, and writes down what happened to each app. */
import type { AppEvent } from '../admin/why-document.js';
import type { PlaneObserver } from '../control/plane-observer.js';
import { type HeldLoss, lossText } from '../control/source-feed.js';
import type { Clock } from '../core/clock.js';
import { SaidOnce } from '../core/said-once.js';
import type { App } from '../model/app.js';
import { formatOrigin, formatProblem, type Problem } from '../model/problem.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { diffApps } from '../state/diff.js';
import { AppEvents } from './app-events.js';
import { definitionsIn, describeChange, type ToldSource } from './instance-changes.js';
import { WaysInForce } from './ways-in-force.js';

interface ChronicledSource extends ToldSource {
  readonly held: readonly HeldLoss[];
  /** Why it can't be read at present; null: it can. */
  readonly failure: string | null;
}

export class AppChronicle implements PlaneObserver {
  readonly ways: WaysInForce;
  readonly #events: AppEvents;
  #apps: readonly App[] = [];
  /** As their sources wrote them, when `#apps` was put in force. */
  #definitions: ReadonlyMap<string, App> = new Map();
  /** By app and text, so that each is told when it comes and when it goes. */
  #problems: ReadonlyMap<string, AppNote> = new Map();
  readonly #held = new SaidOnce();
  /** Sources that can't be read, and why. */
  readonly #failures = new Map<string, string>();
  /** Instances that were up when the node ended, by app and id: one that is still up at the start is not an event. */
  readonly #upBefore = new Set<string>();

  constructor(clock: Clock, events: AppEvents = new AppEvents(clock)) {
    this.#events = events;
    this.ways = new WaysInForce(clock, events);
  }

  /**
   * What was served when the node ended: of the apps with a history only what has changed since is an event.
   * @param sources those that have them from the disk
   */
  onRestored(apps: readonly App[], sources: readonly ToldSource[]): void {
    this.#apps = apps.filter(({ name }) => this.#events.of(name).length > 0);
    this.#definitions = definitionsIn(sources);
    for (const { name, instances } of this.#apps) {
      const checks = this.#events.of(name).filter(({ kind }) => kind === 'up' || kind === 'down');
      for (const { id } of instances) {
        const last = checks.findLast(({ instance }) => instance === id);
        if (last?.kind === 'up') this.#upBefore.add(`${name}\0${id}`);
      }
    }
  }

  /** Oldest first; those of the node and its pod too, since the app is known here. */
  eventsOf(app: string): readonly AppEvent[] {
    const own = this.#events.of(app);
    const [first] = own;
    if (first === undefined) return [];
    const giver = this.#apps.find(({ name }) => name === app)?.origin.source;
    const ofNode = this.#events
      .ofNode()
      .filter(({ id, source }) => id > first.id && (source === undefined || source === giver));
    return ofNode.length === 0 ? own : [...own, ...ofNode].sort((a, b) => a.id - b.id);
  }

  onNodes(text: string): void {
    this.#events.note(null, 'pod', text);
  }

  /** Apps that something has happened to. */
  names(): readonly string[] {
    return this.#events.names();
  }

  onDesiredState(apps: readonly App[], problems: readonly Problem[], sources: readonly ChronicledSource[]): void {
    this.#noteFailures(sources);
    this.#noteProblems(apps, problems);
    this.#noteHeld(sources);
    this.#noteApps(apps, sources);
  }

  onSnapshot(snapshot: Snapshot): void {
    this.ways.onSnapshot(snapshot);
  }

  onHealth(app: string, instance: string, isUp: boolean, detail: string): void {
    const wasUp = this.#upBefore.delete(`${app}\0${instance}`);
    if (isUp && wasUp) return;
    const words = isUp ? ({ before: 'down', after: 'up' } as const) : ({ before: 'up', after: 'down' } as const);
    this.#events.note(app, words.after, `${instance} is ${words.after}: ${detail}`, { instance, ...words });
  }

  #noteFailures(sources: readonly ChronicledSource[]): void {
    for (const { name, failure } of sources) {
      const known = this.#failures.get(name);
      if (failure === null && known !== undefined) {
        this.#failures.delete(name);
        const facts = { source: name, before: known, after: 'read' };
        this.#events.note(null, 'source-up', `source ${name} is read again`, facts);
      } else if (failure !== null && known === undefined) {
        this.#failures.set(name, failure);
        const facts = { source: name, before: 'read', after: failure };
        this.#events.note(null, 'source-down', `source ${name} cannot be read: ${failure}`, facts);
      }
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
        const text = `slot ${slot}, ${instanceNames(app)}`;
        const facts = { source: app.origin.source, after: text };
        this.#events.note(name, 'appeared', `by ${giverOf(app)}: ${text}`, facts);
        continue;
      }
      const diff = diffs.get(name);
      if (old.origin.source !== app.origin.source) {
        const facts = { source: app.origin.source, before: giverOf(old), after: giverOf(app) };
        this.#events.note(name, 'changed', `it now comes from ${facts.after}, not from ${facts.before}`, facts);
      }
      if (diff === undefined) continue;
      const change = {
        before: { app: old, definition: definedBefore.get(name) ?? null },
        after: { app, definition: this.#definitions.get(name) ?? null },
        diff,
      };
      for (const { text, ...facts } of describeChange(change, giverOf(app), sources))
        this.#events.note(name, 'changed', text, facts);
    }
    for (const [name, app] of before) {
      const facts = { source: app.origin.source, before: `slot ${app.slot}, ${instanceNames(app)}` };
      this.#events.note(name, 'removed', `no longer served; it came from ${giverOf(app)}`, facts);
    }
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
      held.map((loss) => {
        const lost = `source ${name} has lost ${lossText(loss)}`;
        return { app: loss.app, source: name, text: `${lost}; still served until the loss is confirmed or accepted` };
      }),
    );
    for (const { app, source, text } of this.#held.newAmong(losses, (loss) => `${loss.app}\0${loss.text}`))
      this.#events.note(app, 'held', text, { source });
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
