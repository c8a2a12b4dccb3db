import type { Clock, Random, Timer } from '../core/clock.js';
import { parseAddress } from '../core/networks.js';
import { reasonOf } from '../core/thrown.js';
import type { Resolve } from './system-resolve.js';

const INTERVAL_MS = 30_000;
/** Until a name has resolved once. */
const FIRST_INTERVAL_MS = 2_000;
/** Part of the interval by which nodes that started together drift apart. */
const JITTER = 0.2;

interface ResolvedName {
  /** The last good answer, sorted; empty: there has been none. */
  addresses: readonly string[];
  /** Why the newest question had no answer; null: it had one. */
  failure: string | null;
  timer: Timer | null;
}

interface ResolvedNamesOptions {
  readonly resolve: Resolve;
  readonly clock: Clock;
  readonly random: Random;
  /** An answer, or a failure, is another one than before. */
  readonly onChange: () => void;
}

/** Names that stand where an address should. While one does not resolve, its last good answer counts, for ever. */
export class ResolvedNames {
  readonly #options: ResolvedNamesOptions;
  readonly #names = new Map<string, ResolvedName>();

  constructor(options: ResolvedNamesOptions) {
    this.#options = options;
  }

  /** Resolves these from now on, and no others. */
  follow(names: Iterable<string>): void {
    const wanted = new Set(names);
    for (const [name, { timer }] of this.#names) {
      if (wanted.has(name)) continue;
      timer?.cancel();
      this.#names.delete(name);
    }
    for (const name of wanted) {
      if (this.#names.has(name)) continue;
      const known: ResolvedName = { addresses: [], failure: null, timer: null };
      this.#names.set(name, known);
      void this.#ask(name, known);
    }
  }

  addressesOf(name: string): readonly string[] {
    return this.#names.get(name)?.addresses ?? [];
  }

  /** null while it is not known yet, too. */
  failureOf(name: string): string | null {
    return this.#names.get(name)?.failure ?? null;
  }

  stop(): void {
    this.follow([]);
  }

  async #ask(name: string, known: ResolvedName): Promise<void> {
    const { resolve, clock, random, onChange } = this.#options;
    const before = JSON.stringify([known.addresses, known.failure]);
    try {
      const addresses = (await resolve(name)).filter((address) => parseAddress(address) !== null);
      if (addresses.length === 0) throw new Error('it has no address');
      known.addresses = [...addresses].sort();
      known.failure = null;
    } catch (error) {
      known.failure = reasonOf(error);
    }
    if (this.#names.get(name) !== known) return;
    const intervalMs = known.addresses.length === 0 ? FIRST_INTERVAL_MS : INTERVAL_MS;
    known.timer = clock.setTimer(intervalMs * (1 - JITTER / 2 + random() * JITTER), () => void this.#ask(name, known));
    if (JSON.stringify([known.addresses, known.failure]) !== before) onChange();
  }
}
