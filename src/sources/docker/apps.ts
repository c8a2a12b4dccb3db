/** The apps that the labels of containers define, and for how long. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { Container } from '../../docker/container.js';
import type { App } from '../../model/app.js';
import { containerWords } from '../../model/container-words.js';
import type { Problem } from '../../model/problem.js';
import { answerOf } from './labels.js';

/** An app that labels define outlives its last container: a deployment may remove the old one before it starts the new one. */
export const KEEP_APP_MS = 60_000;

interface DefinedApps {
  /** By name, each once. */
  readonly apps: readonly App[];
  /** Names of those that no container defines any more. */
  readonly expired: readonly string[];
  readonly problems: readonly Problem[];
  /** When time alone changes this, as `Container.since` counts; null: never. */
  readonly changesAt: number | null;
}

/**
 * Who is there defines an app before who has ended, and the older before the younger. What a container means to define
 * and gets wrong stays as it last was.
 * @param inOrder the oldest life first
 * @param lastGood the apps that labels defined up to now
 */
export function appsFrom(inOrder: readonly Container[], lastGood: readonly App[], now: number): DefinedApps {
  const definitions = new Definitions(now);
  const ended = inOrder.filter((container) => !isThere(container)).reverse();
  const ranked = [...inOrder.filter(isThere), ...ended];
  for (const container of ranked) definitions.add(container, answerOf(container).app);
  const known = new Map(lastGood.map((app) => [app.name, app]));
  for (const container of ranked) {
    const { app, wantedApp } = answerOf(container);
    if (app === null && wantedApp !== null) definitions.keep(container, wantedApp, known.get(wantedApp) ?? null);
  }
  return definitions.result();
}

export function isThere({ phase }: Container): boolean {
  return phase === 'running' || phase === 'paused' || phase === 'stopping';
}

class Definitions {
  readonly #now: number;
  readonly #apps = new Map<string, App>();
  readonly #expired = new Set<string>();
  readonly #problems: Problem[] = [];
  #changesAt = Number.POSITIVE_INFINITY;

  constructor(now: number) {
    this.#now = now;
  }

  add(container: Container, app: App | null): void {
    if (app === null) return;
    const definition = this.#apps.get(app.name);
    if (definition === undefined) this.#define(container, app);
    else if (isThere(container) && !isSameApp(app, definition)) this.#noteOther(container, app, definition);
  }

  /** @param lastGood null: nobody knows how it was */
  keep(container: Container, name: string, lastGood: App | null): void {
    if (!this.#apps.has(name) && lastGood !== null) this.#define(container, { ...lastGood, instances: [] });
    const definition = this.#apps.get(name);
    if (definition === undefined || !isThere(container)) return;
    const message = `${name}: ${definition.origin.location} defines this app until the labels are mended`;
    this.#note(container, name, message, 'give a new container the right labels');
  }

  result(): DefinedApps {
    return {
      apps: [...this.#apps.values()].sort((one, other) => (one.name < other.name ? -1 : 1)),
      expired: [...this.#expired].filter((name) => !this.#apps.has(name)),
      problems: this.#problems,
      changesAt: this.#changesAt === Number.POSITIVE_INFINITY ? null : this.#changesAt,
    };
  }

  #define({ phase, since }: Container, app: App): void {
    const endsAt = phase === 'removed' ? since + KEEP_APP_MS : Number.POSITIVE_INFINITY;
    if (endsAt <= this.#now) this.#expired.add(app.name);
    else {
      this.#changesAt = Math.min(this.#changesAt, endsAt);
      this.#apps.set(app.name, app);
    }
  }

  #noteOther(container: Container, app: App, definition: App): void {
    const keys = (Object.keys(app) as (keyof App)[]).filter(
      (key) => key !== 'origin' && !isDeepStrictEqual(app[key], definition[key]),
    );
    const older = definition.origin.location;
    const message = `${app.name}: its labels define this app in another way (${keys.join(', ')}) than ${older}, which is older and used`;
    const hint = 'give all containers of an app the same labels; the new ones count when the old container is gone';
    this.#note(container, app.name, message, hint);
  }

  #note(container: Container, app: string, message: string, hint: string): void {
    const file = containerWords(container);
    this.#problems.push({ severity: 'warning', app, file, line: null, col: null, message, hint });
  }
}

function isSameApp({ origin: _one, ...app }: App, { origin: _other, ...other }: App): boolean {
  return isDeepStrictEqual(app, other);
}
