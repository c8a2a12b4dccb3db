/** What is dear to gather: all who ask while it is gathered for others share one answer, which is gathered after that. */
export class SharedAnswer<T> {
  readonly #gather: () => Promise<T>;
  #underWay: Promise<T> | null = null;
  #next: Promise<T> | null = null;

  constructor(gather: () => Promise<T>) {
    this.#gather = gather;
  }

  /** @returns what was gathered after this question, and perhaps for others too: nobody may change it */
  ask(): Promise<T> {
    if (this.#underWay === null) return this.#begin();
    this.#next ??= this.#underWay
      .catch(() => undefined)
      .then(() => {
        this.#next = null;
        return this.#underWay ?? this.#begin();
      });
    return this.#next;
  }

  #begin(): Promise<T> {
    const answer = this.#gather().finally(() => {
      this.#underWay = null;
    });
    this.#underWay = answer;
    return answer;
  }
}
