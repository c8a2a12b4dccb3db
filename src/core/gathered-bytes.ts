/** Bytes that come in pieces and are used when the last one has come: never more than a limit, in pieces of any size. */

/** Pieces are copied into blocks: what comes byte by byte would else take a hundred times its size. */
const BLOCK_BYTES = 65_536;

export class GatheredBytes {
  readonly maxBytes: number;
  #blocks: Buffer[] = [];
  /** Of the last block. */
  #used = BLOCK_BYTES;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.maxBytes = maxBytes;
  }

  /** All that came, also what was not kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @returns false when there are more than the limit: nothing is kept from then on */
  add(piece: Uint8Array): boolean {
    this.#bytes += piece.length;
    if (this.#bytes > this.maxBytes) {
      this.#blocks = [];
      return false;
    }
    for (let start = 0; start < piece.length; ) {
      const block = this.#openBlock();
      const part = piece.subarray(start, start + BLOCK_BYTES - this.#used);
      block.set(part, this.#used);
      this.#used += part.length;
      start += part.length;
    }
    return true;
  }

  text(): string {
    const last = this.#blocks.length - 1;
    const parts = this.#blocks.map((block, index) => (index === last ? block.subarray(0, this.#used) : block));
    return Buffer.concat(parts).toString('utf8');
  }

  #openBlock(): Buffer {
    const last = this.#blocks.at(-1);
    if (last !== undefined && this.#used < BLOCK_BYTES) return last;
    const block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    this.#blocks.push(block);
    this.#used = 0;
    return block;
  }
}
