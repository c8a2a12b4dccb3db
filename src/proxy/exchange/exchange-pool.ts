import type { WorkerContext } from '../slot/worker-context.js';
import { Exchange } from './exchange.js';
import type { ExchangeClient } from './exchange-client.js';
import type { OpenUpstream } from './open-upstream.js';
import type { ExchangeParts } from './request-dispatch.js';

/** Free exchanges that are kept for reuse; beyond it they are garbage. */
const MAX_FREE = 1_024;

/**
 * The exchanges of a worker. A client's connection has one while it has a request, and none while it rests, as most do: with
 * an exchange of its own it would hold more than twice as much (bench/README.md, "What a resting connection holds"). All
 * slots share them, the last used one first: where a thousand slots are asked in turn, it is still in the processor's cache.
 *
 *   free ──take──► lent ──giveBack, its response is sent──► free
 *                    └──any other end──► garbage
 */
export class ExchangePool {
  readonly #parts: ExchangeParts;
  readonly #free: Exchange[] = [];

  constructor(worker: WorkerContext, openUpstream: OpenUpstream) {
    this.#parts = { worker, openUpstream };
  }

  /** Lends one for the client's next request. */
  take(client: ExchangeClient): Exchange {
    const exchange = this.#free.pop() ?? new Exchange(this.#parts);
    exchange.client = client;
    exchange.slot = client.slot;
    return exchange;
  }

  /** @param exchange that has read its request to the end, and whose response is sent */
  giveBack(exchange: Exchange, client: ExchangeClient): void {
    // In the pool twice, it would serve two clients at a time.
    if (exchange.client !== client) return;
    if (exchange.forget() && this.#free.length < MAX_FREE) this.#free.push(exchange);
  }
}
