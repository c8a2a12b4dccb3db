/** The last events of each app, in bounded memory. */
import type { AppEvent, AppEventKind } from '../admin/why-document.js';
import type { Clock } from '../core/clock.js';

/** Of one app. */
const MAX_PER_APP = 50;
/** Of the node: some 3 MB at most, with texts as long as they may be. */
const MAX_OVERALL = 10_000;
const MAX_TEXT_LENGTH = 300;
/** The longest name that a file or an operator may give; what is longer is noise in a broken file. */
const MAX_NAME_LENGTH = 253;

export interface AppEventBounds {
  readonly perApp?: number;
  readonly overall?: number;
}

export class AppEvents {
  readonly #clock: Clock;
  readonly #perApp: number;
  readonly #overall: number;
  readonly #byApp = new Map<string, AppEvent[]>();
  #count = 0;

  constructor(clock: Clock, { perApp = MAX_PER_APP, overall = MAX_OVERALL }: AppEventBounds = {}) {
    this.#clock = clock;
    this.#perApp = perApp;
    this.#overall = overall;
  }

  /** Oldest first. */
  of(app: string): readonly AppEvent[] {
    return [...(this.#byApp.get(app) ?? [])];
  }

  /** Apps that have any, also those that are gone. */
  names(): readonly string[] {
    return [...this.#byApp.keys()];
  }

  note(app: string, kind: AppEventKind, text: string): void {
    if (app.length > MAX_NAME_LENGTH) return;
    const events = this.#byApp.get(app) ?? [];
    // The app that spoke last stands last: of those with equally many events the quietest loses first.
    this.#byApp.delete(app);
    this.#byApp.set(app, events);
    const at = new Date(this.#clock.wallTime()).toISOString();
    events.push({ at, kind, text: text.slice(0, MAX_TEXT_LENGTH) });
    this.#count += 1;
    if (events.length > this.#perApp) this.#dropOldest(app, events);
    else if (this.#count > this.#overall) this.#makeRoom();
  }

  /** The longest history gives: an app that flaps costs no other app its events. */
  #makeRoom(): void {
    let longest: readonly [string, AppEvent[]] | null = null;
    for (const entry of this.#byApp) if (entry[1].length > (longest?.[1].length ?? 0)) longest = entry;
    if (longest !== null) this.#dropOldest(...longest);
  }

  #dropOldest(app: string, events: AppEvent[]): void {
    events.shift();
    this.#count -= 1;
    if (events.length === 0) this.#byApp.delete(app);
  }
}
