/** The last events of each app and of the node itself, in bounded memory. */
import type { NodeEvent } from '../admin/events-document.js';
import type { AppEvent, AppEventKind } from '../admin/why-document.js';
import type { Clock } from '../core/clock.js';

/** Of one app. */
const MAX_PER_APP = 50;
/** Of the node itself: its pod, its sources, its starts. */
const MAX_OF_NODE = 500;
/** Some 6 MB at most, with texts as long as they may be. */
const MAX_OVERALL = 10_000;
const MAX_TEXT_LENGTH = 300;
/** The longest name that a file or an operator may give; what is longer is noise in a broken file. */
const MAX_NAME_LENGTH = 253;
/** Under which those of the node are kept; no app is named so. */
const NODE = '';

export interface AppEventBounds {
  readonly perApp?: number;
  readonly overall?: number;
}

/** What an event says to programs, beside its text. */
type EventFacts = Pick<AppEvent, 'instance' | 'source' | 'by' | 'before' | 'after'>;

export class AppEvents {
  readonly #clock: Clock;
  readonly #perApp: number;
  readonly #overall: number;
  readonly #byApp = new Map<string, NodeEvent[]>();
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  #count = 0;
  #lastId = 0;

  constructor(clock: Clock, { perApp = MAX_PER_APP, overall = MAX_OVERALL }: AppEventBounds = {}) {
    this.#clock = clock;
    this.#perApp = perApp;
    this.#overall = overall;
  }

  /** Id of the newest event; 0: there was none. */
  get lastId(): number {
    return this.#lastId;
  }

  /** Oldest first. */
  of(app: string): readonly NodeEvent[] {
    return [...(this.#byApp.get(app) ?? [])];
  }

  /** Those of the node itself, oldest first. */
  ofNode(): readonly NodeEvent[] {
    return this.of(NODE);
  }

  /** Oldest first. */
  all(): readonly NodeEvent[] {
    return [...this.#byApp.values()].flat().sort((a, b) => a.id - b.id);
  }

  /** Apps that have any, also those that are gone. */
  names(): readonly string[] {
    return [...this.#byApp.keys()].filter((name) => name !== NODE);
  }

  /** @param app null: the node itself */
  note(app: string | null, kind: AppEventKind, text: string, facts: EventFacts = {}): void {
    if (app !== null && app.length > MAX_NAME_LENGTH) return;
    this.#lastId += 1;
    const at = new Date(this.#clock.wallTime()).toISOString();
    const event = { id: this.#lastId, at, app, kind, text: cut(text), ...cutFacts(facts) };
    this.#add(event);
    for (const listener of this.#listeners) listener(event);
  }

  /** Those of an earlier run, oldest first; listeners do not get them. */
  restore(events: readonly NodeEvent[]): void {
    for (const event of events) {
      this.#lastId = Math.max(this.#lastId, event.id);
      this.#add(event);
    }
  }

  /** @param listener is told of each event as it happens. @returns ends that */
  onNoted(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #add(event: NodeEvent): void {
    const name = event.app ?? NODE;
    const events = this.#byApp.get(name) ?? [];
    // The app that spoke last stands last: of those with equally many events the quietest loses first.
    this.#byApp.delete(name);
    this.#byApp.set(name, events);
    events.push(event);
    this.#count += 1;
    if (events.length > (event.app === null ? MAX_OF_NODE : this.#perApp)) this.#dropOldest(name, events);
    else if (this.#count > this.#overall) this.#makeRoom();
  }

  /** The longest history gives: an app that flaps costs no other app its events. */
  #makeRoom(): void {
    let longest: readonly [string, NodeEvent[]] | null = null;
    for (const entry of this.#byApp) if (entry[1].length > (longest?.[1].length ?? 0)) longest = entry;
    if (longest !== null) this.#dropOldest(...longest);
  }

  #dropOldest(app: string, events: NodeEvent[]): void {
    events.shift();
    this.#count -= 1;
    if (events.length === 0) this.#byApp.delete(app);
  }
}

function cutFacts({ instance, source, by, before, after }: EventFacts): EventFacts {
  return {
    ...(instance === undefined ? {} : { instance: cut(instance) }),
    ...(source === undefined ? {} : { source: cut(source) }),
    ...(by === undefined ? {} : { by: cut(by) }),
    ...(before === undefined ? {} : { before: cut(before) }),
    ...(after === undefined ? {} : { after: cut(after) }),
  };
}

function cut(text: string): string {
  return text.slice(0, MAX_TEXT_LENGTH);
}
