/** A retry may be had for every five requests: what is in trouble is not helped by twice the load. */
const SHARE = 0.2;
/** So that a slot with little traffic may retry at all. */
const FLOOR = 10;
const CEILING = 1_000;

/** Tokens that requests earn and retries of requests that had been sent spend. */
export class RetryBudget {
  #tokens = FLOOR;

  earn(): void {
    if (this.#tokens < CEILING) this.#tokens += SHARE;
  }

  /** @returns false when there is nothing left to spend. */
  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
