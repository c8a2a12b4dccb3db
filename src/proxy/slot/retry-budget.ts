/** Every five requests earn one retry: twice the load would make the trouble of an instance worse. */
const SHARE = 0.2;
/** A slot with little traffic may retry too. */
const FLOOR = 10;
const CEILING = 1_000;

/** Tokens that requests earn and retries of requests that had been sent spend. */
export class RetryBudget {
  #tokens = FLOOR;

  earn(): void {
    if (this.#tokens < CEILING) this.#tokens += SHARE;
  }

  /** @returns false when the budget is used up. */
  spend(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
