/** The stream of the node: its state, as long as the page is seen. */
import type { PageChange, PageDocument } from '../page/page-document.js';
import { type NodeState, stateFromWhole, withChange } from './node-state.js';

export interface Live {
  /** null before the first word of the node. */
  readonly state: NodeState | null;
  readonly isConnected: boolean;
  /** Of the last change, for those who look at changes. */
  readonly change: PageChange | null;
}

export class LiveNode {
  #live: Live = { state: null, isConnected: false, change: null };
  #source: EventSource | null = null;
  readonly #listeners = new Set<(live: Live) => void>();

  start(): void {
    // A browser has few connections for each server; a hidden page gives its one back.
    document.addEventListener('visibilitychange', () => this.#follow());
    this.#follow();
  }

  get live(): Live {
    return this.#live;
  }

  subscribe(listener: (live: Live) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #follow(): void {
    if (document.hidden) {
      this.#source?.close();
      this.#source = null;
      return;
    }
    if (this.#source !== null) return;
    const source = new EventSource('/page/stream');
    this.#source = source;
    source.addEventListener('whole', ({ data }: MessageEvent<string>) => {
      this.#become({ state: stateFromWhole(JSON.parse(data) as PageDocument), isConnected: true, change: null });
    });
    source.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const { state } = this.#live;
      if (state === null) return;
      const change = JSON.parse(data) as PageChange;
      this.#become({ state: withChange(state, change), isConnected: true, change });
    });
    source.addEventListener('error', () => {
      this.#become({ ...this.#live, isConnected: false });
      // The node answered something else, such as that too many pages are open: a browser does not try again then.
      if (source.readyState !== EventSource.CLOSED || this.#source !== source) return;
      this.#source = null;
      setTimeout(() => this.#follow(), 5_000);
    });
  }

  #become(live: Live): void {
    this.#live = live;
    for (const listener of this.#listeners) listener(live);
  }
}
