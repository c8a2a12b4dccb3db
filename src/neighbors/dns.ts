import type { Clock, Random } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { parseAddress } from '../core/networks.js';
import { Poll } from '../core/poll.js';
import { reasonOf } from '../core/thrown.js';
import type { NeighborSource } from './neighbor-source.js';
import { type Resolve, systemResolve } from './system-resolve.js';

const INTERVAL_MS = 30_000;
/** While nothing is known at all, nobody takes the bleed. */
const FIRST_INTERVAL_MS = 2_000;
/** Part of the interval by which nodes that started together drift apart. */
const JITTER = 0.2;

interface DnsNeighborsOptions {
  /** `BACKUPS` of the old system. */
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly resolve?: Resolve;
}

/** A name that stands for all nodes of the pod. While it does not resolve, the last good answer counts, for ever. */
export class DnsNeighbors implements NeighborSource {
  readonly #options: DnsNeighborsOptions;
  readonly #resolve: Resolve;
  #onAddresses: ((addresses: readonly string[]) => void) | null = null;
  #last = '';
  #isUp: boolean | null = null;
  readonly #poll: Poll;

  constructor(options: DnsNeighborsOptions) {
    this.#options = options;
    this.#resolve = options.resolve ?? systemResolve;
    this.#poll = new Poll(
      options.clock,
      () => this.#look(),
      () => this.#restMs(),
    );
  }

  start(onAddresses: (addresses: readonly string[]) => void): void {
    this.#onAddresses = onAddresses;
    void this.#poll.start();
  }

  refresh(): void {
    this.#poll.lookNow();
  }

  async stop(): Promise<void> {
    this.#onAddresses = null;
    this.#poll.stop();
  }

  async #look(): Promise<void> {
    const { name, log } = this.#options;
    try {
      const addresses = (await this.#resolve(name)).filter((address) => parseAddress(address) !== null);
      if (addresses.length === 0) throw new Error(`${name} has no address`);
      if (this.#isUp === false) log.info({ name }, 'the name of the neighbors resolves again');
      this.#isUp = true;
      const sorted = [...addresses].sort();
      if (sorted.join() !== this.#last) {
        this.#last = sorted.join();
        this.#onAddresses?.(sorted);
      }
    } catch (error) {
      const reason = reasonOf(error);
      if (this.#isUp !== false)
        log.warn({ name, reason }, 'the name of the neighbors does not resolve; the last good answer stays');
      this.#isUp = false;
    }
  }

  #restMs(): number {
    const intervalMs = this.#last === '' ? FIRST_INTERVAL_MS : INTERVAL_MS;
    return intervalMs * (1 - JITTER / 2 + this.#options.random() * JITTER);
  }
}
