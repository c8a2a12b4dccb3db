/**
 * The bytes of a head that came in pieces. It is read again only when its end may have come, not at every piece: who
 * sends byte by byte must not make us read the same bytes ten thousand times.
 */
export class PartialHead {
  /** Bytes so far. */
  length = 0;
  #bytes: Buffer | null = null;

  /** @returns true when the head may be whole or is over the limit: worth reading. */
  append(bytes: Buffer, start: number, end: number, maxBytes: number): boolean {
    const needed = this.length + end - start;
    let into = this.#bytes;
    if (into === null || into.length < needed) {
      into = Buffer.allocUnsafe(Math.max(1_024, needed * 2));
      this.#bytes?.copy(into, 0, 0, this.length);
      this.#bytes = into;
    }
    bytes.copy(into, this.length, start, end);
    const before = Math.max(0, this.length - 2);
    this.length = needed;
    if (needed >= maxBytes) return true;
    for (let position = into.indexOf(10, before); position !== -1 && position < needed; ) {
      const next = into[position + 1];
      // LF LF does not end a head for us; the reader has to refuse it.
      if (position + 1 < needed && (next === 10 || (next === 13 && position + 2 < needed))) return true;
      position = into.indexOf(10, position + 1);
    }
    return false;
  }

  /** All bytes so far; the object is empty afterwards, and the bytes are the caller's. */
  take(): Buffer {
    const whole = this.#bytes === null ? Buffer.alloc(0) : this.#bytes.subarray(0, this.length);
    this.clear();
    return whole;
  }

  clear(): void {
    this.#bytes = null;
    this.length = 0;
  }
}
