import type { Clock } from '../core/clock.js';
import { isLargeLoss, REMOVAL_GRACE_MS } from '../model/large-loss.js';
import type { Problem } from '../model/problem.js';
import type { SourceReading, Withdrawal } from '../sources/source.js';
import { GivenAddresses } from './given-addresses.js';

/** An app, or what is offered to one. */
interface Guarded {
  readonly name: string;
  readonly instances: readonly { readonly id: string; readonly life: string | null }[];
}

/** What vanished and is still served: an app by its name, an instance as `app id`. */
type HeldRemovals = ReadonlyMap<string, Hold>;

export interface Hold {
  /** Monotonic, ms. */
  readonly since: number;
  /** As the source said it then; null: so much was lost at once. */
  readonly doubt: string | null;
}

interface RemovalInput<T extends Guarded> {
  readonly source: string;
  readonly held: HeldRemovals | null;
  /** What was last let through. */
  readonly previous: readonly T[];
  /** What the source says now. */
  readonly next: readonly T[];
  /** Why the source itself doubts its losses, however small; undefined: it does not. */
  readonly doubt: string | undefined;
  /** What the source took out on purpose. */
  readonly withdrawn: readonly Withdrawal[] | undefined;
  readonly now: number;
  /** 0 to 1: a larger share of the apps may not vanish, or lose all their instances, at once. 1: nothing is held. */
  readonly maxRemovalShare: number;
  readonly graceMs: number;
}

interface RemovalVerdict<T extends Guarded> {
  /** `next`, and the apps and instances that are held. */
  readonly apps: readonly T[];
  readonly held: HeldRemovals | null;
  readonly problem: Problem | null;
}

interface Loss<T extends Guarded> {
  readonly key: string;
  readonly app: T;
  /** null: the whole app. */
  readonly instance: T['instances'][number] | null;
  /** The app is left with nothing. */
  readonly isWhole: boolean;
}

/**
 * Never empty by accident: an agent that restarts, a mount that is not there yet and a catalogue that is not yet in step
 * all answer "nothing" as if it were true. A large loss at once is therefore doubted for a time; what is new or changed
 * goes through meanwhile. A held instance that is really gone fails its checks, so nobody is sent there.
 */
function guardRemovals<T extends Guarded>(input: RemovalInput<T>): RemovalVerdict<T> {
  const { source, held, previous, next, now, maxRemovalShare, graceMs, doubt } = input;
  const withdrawn = new Set(input.withdrawn?.map(({ app, instance }) => lossKey(app, instance)));
  const missing = lossesBetween(previous, next).filter(({ key }) => !withdrawn.has(key));
  if (missing.length === 0) return { apps: next, held: null, problem: null };
  const given = new GivenAddresses(previous, next);
  // An app whose addresses all went to others was renamed: held, it would serve nothing and keep its slot from them.
  const losses = missing.filter(({ app, instance }) => !given.hasAll(instance === null ? app.instances : [instance]));
  const doubted = losses.filter((loss) => (holdOf(loss, held)?.since ?? now) + graceMs > now);
  const emptied = namesOf(doubted.filter(({ isWhole }) => isWhole)).size;
  const known = previous.length - (namesOf(losses).size - namesOf(doubted).size);
  const isLarge = isLargeLoss(emptied, known, maxRemovalShare);
  const isDoubted = doubt !== undefined && maxRemovalShare < 1;
  // What was held once stays held for its time, even when the rest has come back: the source is still finding its feet.
  const kept = doubted.filter((loss) => holdOf(loss, held) !== null || (isLarge && loss.isWhole) || isDoubted);
  if (kept.length === 0) return { apps: next, held: null, problem: null };
  const holds = new Map(kept.map((loss) => [loss.key, holdOf(loss, held) ?? { since: now, doubt: doubt ?? null }]));
  return {
    apps: withLosses(next, kept, given),
    held: holds,
    problem: removalProblem(source, kept, holds, previous.length, graceMs),
  };
}

function lossesBetween<T extends Guarded>(previous: readonly T[], next: readonly T[]): Loss<T>[] {
  const present = new Map(next.map((app) => [app.name, app]));
  return previous.flatMap((app): Loss<T>[] => {
    const now = present.get(app.name);
    if (now === undefined) return [{ key: lossKey(app.name, null), app, instance: null, isWhole: true }];
    const ids = new Set(now.instances.map(({ id }) => id));
    return app.instances
      .filter(({ id }) => !ids.has(id))
      .map((instance) => ({ key: lossKey(app.name, instance.id), app, instance, isWhole: ids.size === 0 }));
  });
}

/**
 * The hold that a loss stands under already. A source that finds its feet loses an app and brings it back without its
 * instances, or the other way round: that is one loss, seen from two sides.
 */
function holdOf({ key, app, instance }: Loss<Guarded>, held: HeldRemovals | null): Hold | null {
  if (held === null) return null;
  const own = held.get(key);
  if (own !== undefined) return own;
  if (instance !== null) return held.get(lossKey(app.name, null)) ?? null;
  const ofInstances = app.instances.flatMap(({ id }) => held.get(lossKey(app.name, id)) ?? []);
  return ofInstances[0] ?? null;
}

function lossKey(app: string, instance: string | null): string {
  return instance === null ? app : `${app} ${instance}`;
}

function withLosses<T extends Guarded>(
  next: readonly T[],
  kept: readonly Loss<T>[],
  given: GivenAddresses,
): readonly T[] {
  const changed = next.map((app) => {
    const back = kept.flatMap((loss) => (loss.app.name === app.name && loss.instance !== null ? [loss.instance] : []));
    return back.length === 0 ? app : { ...app, instances: [...app.instances, ...back] };
  });
  const whole = kept.filter(({ instance }) => instance === null);
  return [...changed, ...whole.map(({ app }) => withoutGiven(app, given))];
}

function withoutGiven<T extends Guarded>(app: T, given: GivenAddresses): T {
  const instances = app.instances.filter((instance) => !given.has(instance));
  return instances.length === app.instances.length ? app : { ...app, instances };
}

function namesOf(losses: readonly Loss<Guarded>[]): ReadonlySet<string> {
  return new Set(losses.map(({ app }) => app.name));
}

function removalProblem(
  source: string,
  kept: readonly Loss<Guarded>[],
  holds: HeldRemovals,
  before: number,
  graceMs: number,
): Problem {
  const names = [...namesOf(kept)];
  const shown = names.slice(0, 5);
  const rest = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  const isApps = kept.some(({ instance }) => instance === null);
  const lost = isApps ? 'apps vanished from' : 'apps lost instances in';
  const doubt = [...holds.values()].find((hold) => hold.doubt !== null)?.doubt;
  const when = doubt === undefined ? 'at once' : `(${doubt})`;
  return {
    severity: 'warning',
    app: null,
    file: source,
    line: null,
    col: null,
    message: `${names.length} of ${before} ${lost} source ${source} ${when} (${shown.join(', ')}${rest}); they are still served`,
    hint: `accept the removal if it is meant; it takes effect anyway when it lasts ${graceMs / 1_000} s`,
  };
}

interface RemovalCheck<T extends Guarded> {
  readonly apps: readonly T[];
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
   * @param believed what the source itself says about what is missing in it
   */
  check<T extends Guarded>(
    source: string,
    previous: readonly T[],
    next: readonly T[],
    believed: Pick<SourceReading, 'doubt' | 'withdrawn'> = {},
  ): RemovalCheck<T> {
    const now = this.#clock.now();
    const { apps, held, problem } = guardRemovals({
      source,
      held: this.#held,
      previous,
      next,
      doubt: believed.doubt,
      withdrawn: believed.withdrawn,
      now,
      maxRemovalShare: this.#maxRemovalShare,
      graceMs: this.#graceMs,
    });
    this.#held = held;
    const recheckInMs = held === null ? null : Math.max(0, earliestOf(held) + this.#graceMs - now);
    return { apps, problem, recheckInMs };
  }

  /** A guard of the same rules, for another part of what the source says. */
  sibling(): RemovalGuard {
    return new RemovalGuard({ clock: this.#clock, maxRemovalShare: this.#maxRemovalShare, graceMs: this.#graceMs });
  }

  /** A person says that what is held now is meant: the next check lets it go. */
  accept(): void {
    if (this.#held === null) return;
    const isOver = { since: Number.NEGATIVE_INFINITY, doubt: null };
    this.#held = new Map([...this.#held.keys()].map((key) => [key, isOver]));
  }
}

function earliestOf(held: HeldRemovals): number {
  return Math.min(...[...held.values()].map(({ since }) => since));
}
