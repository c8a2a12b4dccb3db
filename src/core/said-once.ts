/** Tells what is new among all that holds now. What ends and comes back is new again. */
export class SaidOnce {
  #going: ReadonlySet<string> = new Set();

  /**
   * @param all everything that holds now
   * @param textOf two things with one text are the same
   * @returns those that did not hold at the call before, each text once
   */
  newAmong<T>(all: readonly T[], textOf: (one: T) => string): readonly T[] {
    const now = new Map(all.map((one) => [textOf(one), one]));
    const news = [...now].flatMap(([text, one]) => (this.#going.has(text) ? [] : [one]));
    this.#going = new Set(now.keys());
    return news;
  }
}
