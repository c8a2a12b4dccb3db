import { LineBuffer } from '../../../src/access-log/line-buffer.js';
import type { LogTarget } from '../../../src/access-log/targets/log-target.js';

/** A target that hands each line on as text, with its line end. */
export class KeptLines implements LogTarget {
  readonly dropped = 0;
  readonly failure = null;
  readonly waiting = 0;
  readonly #line = new LineBuffer();
  readonly #onLine: (line: string) => void;

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  begin(): LineBuffer {
    this.#line.clear();
    return this.#line;
  }

  end(): void {
    const { bytes, length } = this.#line;
    this.#onLine(`${bytes.toString('latin1', 0, length)}\n`);
  }

  async flush(): Promise<void> {}

  reopen(): void {}

  writeNow(): void {}
}
