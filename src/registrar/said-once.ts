/** What goes on is said once: when it begins. When it is over and begins again, it is said again. */
export class SaidOnce {
  #going: ReadonlySet<string> = new Set();

  /**
   * @param texts all that holds now
   * @returns those that did not hold the last time
   */
  newAmong(texts: readonly string[]): readonly string[] {
    const now = new Set(texts);
    const news = [...now].filter((text) => !this.#going.has(text));
    this.#going = now;
    return news;
  }
}
