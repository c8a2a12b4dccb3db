/** The body of one answer of Consul, gathered up to a limit and read by its type. */
import { Writable } from 'node:stream';
import { GatheredBytes } from '../core/gathered-bytes.js';

export class AnswerBody extends Writable {
  readonly #gathered: GatheredBytes;
  readonly #onTooLarge: () => void;
  #isTooLarge = false;

  /** @param onTooLarge called once, with the first byte over the limit */
  constructor(maxBytes: number, onTooLarge: () => void) {
    // Never so full that the sender is paused: what comes is kept at once, or refused.
    super({ highWaterMark: Number.MAX_SAFE_INTEGER });
    this.#gathered = new GatheredBytes(maxBytes);
    this.#onTooLarge = onTooLarge;
  }

  get bytes(): number {
    return this.#gathered.bytes;
  }

  override _write(piece: Buffer, _encoding: BufferEncoding, done: () => void): void {
    if (!this.#gathered.add(piece) && !this.#isTooLarge) {
      this.#isTooLarge = true;
      this.#onTooLarge();
    }
    done();
  }

  /**
   * What the body says: a value for JSON, else its text; undefined for an empty one.
   * @throws SyntaxError for what should be JSON and is not
   */
  valueFrom(contentType: string): unknown {
    if (this.bytes === 0) return undefined;
    const text = this.#gathered.text();
    return /^(application|text)\/json\b/i.test(contentType.trim()) ? JSON.parse(text) : text;
  }
}
