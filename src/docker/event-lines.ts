import { GatheredBytes } from '../core/gathered-bytes.js';

const LINE_FEED = 0x0a;

/** Cuts a stream of bytes into its lines, however they come; a line that is too long is left out. */
export class EventLines {
  readonly #maxBytes: number;
  #line: GatheredBytes;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.#line = new GatheredBytes(maxBytes);
  }

  /** @returns the lines that end in this piece, without empty ones; null stands for one that was too long */
  add(piece: Uint8Array): readonly (string | null)[] {
    const lines: (string | null)[] = [];
    let start = 0;
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, start)) {
      this.#line.add(piece.subarray(start, end));
      start = end + 1;
      if (this.#line.bytes > 0) lines.push(this.#line.bytes > this.#maxBytes ? null : this.#line.text());
      this.#line = new GatheredBytes(this.#maxBytes);
    }
    this.#line.add(piece.subarray(start));
    return lines;
  }
}
