import type { LogStanding } from '../facts.js';
import type { LineBuffer } from '../line-buffer.js';

/** Where lines go. It never throws and never blocks: it drops and counts what is too much. */
export interface LogTarget extends LogStanding {
  /** @returns where the next line is written to; null: it is dropped, so it need not be made */
  begin(): LineBuffer | null;
  /** The line that was begun is whole. */
  end(): void;
  /** Resolves when nothing waits any more, and at once when it can't be written, after `deadlineMs` at the latest. */
  flush(deadlineMs: number): Promise<void>;
  /** A file is opened anew, which a rotation has moved away or removed. */
  reopen(): void;
  /** For the last moment of a process: one try, after which the process may end. What it can't write is dropped, counted, and told to the log. */
  writeNow(): void;
}
