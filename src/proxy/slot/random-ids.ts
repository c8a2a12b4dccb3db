import { randomFillSync } from 'node:crypto';

/** Random bytes are asked for so many at a time: one call for each id takes ten times as long. */
const POOL_BYTES = 4_096;

/** Ids that nobody can guess, out of a pool of random bytes. */
export class RandomIds {
  readonly #fill: (bytes: Buffer) => void;
  /** No memory before the first id. */
  #pool: Buffer | null = null;
  #used = POOL_BYTES;

  constructor(fill: (bytes: Buffer) => void = randomFillSync) {
    this.#fill = fill;
  }

  /** So many bytes in hexadecimal digits. */
  hex(count: number): string {
    const pool = this.#withRoomFor(count);
    this.#used += count;
    return pool.toString('hex', this.#used - count, this.#used);
  }

  /** RFC 9562, version 4. */
  uuid(): string {
    const digits = this.hex(16);
    const variant = '89ab'.charAt(Number.parseInt(digits.charAt(16), 16) & 3);
    const [first, second, third] = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(13, 16)];
    return `${first}-${second}-4${third}-${variant}${digits.slice(17, 20)}-${digits.slice(20)}`;
  }

  #withRoomFor(count: number): Buffer {
    const pool = this.#pool ?? Buffer.allocUnsafeSlow(POOL_BYTES);
    this.#pool = pool;
    if (this.#used + count > POOL_BYTES) {
      this.#fill(pool);
      this.#used = 0;
    }
    return pool;
  }
}
