/** Server-sent events for the pages that are open: the whole first, then each change, written once for all of them. */
import type { ServerResponse } from 'node:http';
import type { PageSource } from './page-source.js';

/** Operators with a page open are few; each page that is hidden closes its stream. */
export const MAX_STREAMS = 64;
/** A page that has not read this much is dropped; its browser asks anew. The whole of 500 busy apps is 2 MB. */
const MAX_UNREAD_BYTES = 8_388_608;
/** Changes that found the last ones unread: so a page that does not read at all is found, however little it is told. */
const MAX_UNREAD_CHANGES = 20;

/** A browser that lost its stream waits this long. */
const RETRY_MS = 2_000;

interface Listener {
  readonly response: ServerResponse;
  unread: number;
}

export class EventStreams {
  readonly #source: PageSource;
  readonly #listeners = new Set<Listener>();
  #stopWatching: (() => void) | null = null;
  /** For pages that open before the next change: many that come back at once cost as one. */
  #whole: string | null = null;

  constructor(source: PageSource) {
    this.#source = source;
  }

  get isFull(): boolean {
    return this.#listeners.size >= MAX_STREAMS;
  }

  /** The response is the stream's from here on; its head is written. */
  open(response: ServerResponse): void {
    // Before this one listens: the others are told what brought them up to date.
    this.#whole ??= JSON.stringify(this.#source.whole());
    const whole = this.#whole;
    const listener = { response, unread: 0 };
    this.#listeners.add(listener);
    response.once('close', () => this.#forget(listener));
    this.#stopWatching ??= this.#source.watch((change) => this.#send(`data: ${JSON.stringify(change)}\n\n`));
    response.write(`retry: ${RETRY_MS}\nevent: whole\ndata: ${whole}\n\n`);
  }

  close(): void {
    for (const { response } of [...this.#listeners]) response.destroy();
  }

  #send(text: string): void {
    this.#whole = null;
    const bytes = Buffer.from(text);
    for (const listener of [...this.#listeners]) {
      const { response } = listener;
      listener.unread = response.writableLength === 0 ? 0 : listener.unread + 1;
      if (listener.unread > MAX_UNREAD_CHANGES || response.writableLength > MAX_UNREAD_BYTES) response.destroy();
      else response.write(bytes);
    }
  }

  #forget(listener: Listener): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#stopWatching?.();
    this.#stopWatching = null;
    this.#whole = null;
  }
}
