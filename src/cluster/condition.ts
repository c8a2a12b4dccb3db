/** Callers that wait until something is true of the state of another object, which says when that state changed. */
export class Condition {
  readonly #checks = new Set<() => void>();

  /** Resolves as soon as `isMet` holds: at once, or at the first `recheck` that finds it so. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => {
      const check = (): void => {
        if (!isMet()) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
    });
  }

  recheck(): void {
    for (const check of [...this.#checks]) check();
  }
}
