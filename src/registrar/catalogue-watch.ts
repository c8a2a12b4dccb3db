/** Follows what the servers show of this machine. An agent compares itself with them once a minute or less often. */
import type { NodeServices, ServiceEntry } from '../consul/answers.js';
import { BlockingQuery } from '../consul/blocking-query.js';
import { readNodeServices } from '../consul/reads.js';
import type { ConsulSettings } from '../consul/settings.js';
import type { Clock, Random } from '../core/clock.js';

interface CatalogueWatchOptions {
  readonly settings: ConsulSettings;
  /** Of the agent, in the catalogue. */
  readonly consulNode: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly isOwn: (service: ServiceEntry) => boolean;
  /** Something is lost, and to be written again. */
  readonly onLoss: (ids: readonly string[]) => void;
}

/**
 * A service is lost when the catalogue showed it since it was last written, and shows it no more: somebody took it out there,
 * past the agent. What it never showed may be hidden from the token, so it does not count as lost.
 */
export class CatalogueWatch {
  readonly #isOwn: (service: ServiceEntry) => boolean;
  readonly #onLoss: (ids: readonly string[]) => void;
  readonly #query: BlockingQuery<NodeServices | null>;
  /** Shown since they were last written. */
  readonly #seen = new Set<string>();
  #shown: ReadonlySet<string> = new Set();
  #text = '';

  constructor({ settings, consulNode, clock, random, isOwn, onLoss }: CatalogueWatchOptions) {
    this.#isOwn = isOwn;
    this.#onLoss = onLoss;
    this.#query = new BlockingQuery<NodeServices | null>(
      { settings, clock, random, read: readNodeServices(consulNode) },
      {
        onAnswer: ({ value }) => this.#onAnswer(value?.services ?? []),
        // What is lost meanwhile is seen when it answers again; its failures are those of the registrar.
        onBackwards: () => {},
        onFailure: () => {},
      },
    );
  }

  start(): void {
    this.#query.start();
  }

  stop(): Promise<void> {
    return this.#query.stop();
  }

  isLost(id: string): boolean {
    return this.#seen.has(id) && !this.#shown.has(id);
  }

  /** It is registered again, or taken out. */
  noteWritten(id: string): void {
    this.#seen.delete(id);
  }

  /** @returns whether it is news */
  #onAnswer(services: readonly ServiceEntry[]): boolean {
    const text = JSON.stringify(services);
    // The query is answered for changes of others too.
    if (text === this.#text) return false;
    this.#text = text;
    const before = this.#shown;
    this.#shown = new Set(services.filter((service) => this.#isOwn(service)).map(({ id }) => id));
    const lost = [...before].filter((id) => this.isLost(id));
    for (const id of this.#shown) this.#seen.add(id);
    if (lost.length > 0) this.#onLoss(lost);
    return true;
  }
}
