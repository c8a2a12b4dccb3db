import type { Clock } from '../core/clock.js';
import type { App } from '../model/app.js';
import type { Problem } from '../model/problem.js';

/** Losing fewer apps than this at once is an everyday change, whatever share of the whole they are. */
export const MIN_GUARDED_REMOVALS = 4;
/** A source that still says after this time that they are gone is believed. */
export const REMOVAL_GRACE_MS = 60_000;

/** Vanished apps that are still served: name → since when (monotonic, ms). */
export type HeldRemovals = ReadonlyMap<string, number>;

export interface RemovalInput {
  readonly source: string;
  readonly held: HeldRemovals | null;
  /** What was last let through. */
  readonly previous: readonly App[];
  /** What the source says now. */
  readonly next: readonly App[];
  readonly now: number;
  /** 0 to 1: a larger share of the apps may not vanish at once. */
  readonly maxRemovalShare: number;
  readonly graceMs: number;
}

export interface RemovalVerdict {
  /** `next`, and the apps that are held. */
  readonly apps: readonly App[];
  readonly held: HeldRemovals | null;
  readonly problem: Problem | null;
}

/**
 * Never empty by accident: an agent that restarts, a mount that is not there yet and a catalogue that is not yet in step
 * all answer "nothing" as if it were true. A large loss at once is therefore doubted for a time; what is new or changed
 * goes through meanwhile.
 */
export function guardRemovals(input: RemovalInput): RemovalVerdict {
  const { source, held, previous, next, now, maxRemovalShare, graceMs } = input;
  const present = new Set(next.map(({ name }) => name));
  const vanished = previous.filter(({ name }) => !present.has(name));
  const isOver = (app: App): boolean => (held?.get(app.name) ?? now) + graceMs <= now;
  const doubted = vanished.filter((app) => !isOver(app));
  const known = previous.length - (vanished.length - doubted.length);
  const isLarge = doubted.length >= MIN_GUARDED_REMOVALS && doubted.length > known * maxRemovalShare;
  // What was held once stays held for its time, even when the rest has come back: the source is still finding its feet.
  const kept = isLarge ? doubted : doubted.filter(({ name }) => held?.has(name));
  if (kept.length === 0) return { apps: next, held: null, problem: null };
  return {
    apps: [...next, ...kept],
    held: new Map(kept.map(({ name }) => [name, held?.get(name) ?? now])),
    problem: removalProblem(source, kept, previous.length, graceMs),
  };
}

function removalProblem(source: string, kept: readonly App[], before: number, graceMs: number): Problem {
  const shown = kept.slice(0, 5).map(({ name }) => name);
  const rest = kept.length > shown.length ? ` and ${kept.length - shown.length} more` : '';
  return {
    severity: 'warning',
    app: null,
    file: source,
    line: null,
    col: null,
    message: `${kept.length} of ${before} apps vanished from source ${source} at once (${shown.join(', ')}${rest}); they are served on`,
    hint: `accept the removal if it is meant; it is believed anyway when it lasts ${graceMs / 1_000} s`,
  };
}

export interface RemovalCheck {
  readonly apps: readonly App[];
  readonly problem: Problem | null;
  /** When to ask again with the same state though the source says nothing new; null: no need to. */
  readonly recheckInMs: number | null;
}

/** The guard of one source: remembers since when what is held. */
export class RemovalGuard {
  readonly #clock: Clock;
  readonly #maxRemovalShare: number;
  readonly #graceMs: number;
  #held: HeldRemovals | null = null;

  constructor(options: { readonly clock: Clock; readonly maxRemovalShare?: number; readonly graceMs?: number }) {
    this.#clock = options.clock;
    this.#maxRemovalShare = options.maxRemovalShare ?? 0.5;
    this.#graceMs = options.graceMs ?? REMOVAL_GRACE_MS;
  }

  /**
   * @param previous what this guard last let through, or what was restored at the start
   * @param next what the source says now
   */
  check(source: string, previous: readonly App[], next: readonly App[]): RemovalCheck {
    const now = this.#clock.now();
    const { apps, held, problem } = guardRemovals({
      source,
      held: this.#held,
      previous,
      next,
      now,
      maxRemovalShare: this.#maxRemovalShare,
      graceMs: this.#graceMs,
    });
    this.#held = held;
    const recheckInMs = held === null ? null : Math.max(0, Math.min(...held.values()) + this.#graceMs - now);
    return { apps, problem, recheckInMs };
  }

  /** A person says that what is held now is meant: the next check lets it go. */
  accept(): void {
    if (this.#held === null) return;
    this.#held = new Map([...this.#held.keys()].map((name) => [name, Number.NEGATIVE_INFINITY]));
  }
}
