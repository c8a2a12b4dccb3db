import type { Source, SourceListener, SourceState } from './source.js';

/** Always says the same. What a source is, at its smallest; for tests, and for programs that know their apps. */
export class StaticSource implements Source {
  readonly name: string;
  readonly #state: SourceState;
  #listener: SourceListener | null = null;

  constructor(state: SourceState, name = 'static') {
    this.name = name;
    this.#state = state;
  }

  start(listener: SourceListener): void {
    this.#listener = listener;
    this.refresh();
  }

  refresh(): void {
    // Later, as every source: who calls start() is not called back before it returns.
    queueMicrotask(() => this.#listener?.onState(this.#state));
  }

  async stop(): Promise<void> {
    this.#listener = null;
  }
}
