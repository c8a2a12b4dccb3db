import { constants } from 'node:fs';
import { copyFile, lstat, rename } from 'node:fs/promises';
import type { Clock } from './clock.js';
import { codeOf } from './thrown.js';

/** How often it is looked whether somebody took the file away. */
const LOOK_MS = 5_000;

/** What a start did not find in a file, because it could not be read. */
export interface UnreadFile {
  /** Absolute path. */
  readonly file: string;
  readonly reason: string;
  /** When it was read. Wall time. */
  readonly atMs: number;
  /** The rest of it is in force. */
  readonly isPart: boolean;
  /** Where it lies now, for people to look at; null: it could be put nowhere. */
  readonly aside: string | null;
}

/** A part of the program that reads at the start what it kept in a file. */
export interface Loading {
  /** null: all was read, or nobody misses what was not. */
  readonly unread: UnreadFile | null;
}

/**
 * Puts a file that could not be read where no write reaches it. The loss is known until somebody takes the file from
 * there, or until the end of the process.
 */
export class UnreadRecord implements Loading {
  readonly #file: string;
  readonly #clock: Clock;
  #unread: UnreadFile | null = null;

  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  get unread(): UnreadFile | null {
    return this.#unread;
  }

  /** Never rejects. @returns where the file is now; null: it stays where it was */
  setAside(reason: string): Promise<string | null> {
    return this.#note(reason, false, (aside) => rename(this.#file, aside));
  }

  /** As `setAside`, of a file that was read in part: it stays, and the next write leaves out what was not read. */
  keepCopy(reason: string): Promise<string | null> {
    return this.#note(reason, true, (aside) => copyFile(this.#file, aside, constants.COPYFILE_EXCL));
  }

  async #note(reason: string, isPart: boolean, put: (aside: string) => Promise<void>): Promise<string | null> {
    const atMs = this.#clock.wallTime();
    const place = `${this.#file}.refused-${new Date(atMs).toISOString().replace(/[:.]/g, '-')}`;
    const aside = await put(place).then(
      () => place,
      () => null,
    );
    this.#unread = { file: this.#file, reason, atMs, isPart, aside };
    if (aside !== null) this.#lookLater(aside);
    return aside;
  }

  #lookLater(aside: string): void {
    this.#clock.setTimer(LOOK_MS, () => void this.#look(aside));
  }

  async #look(aside: string): Promise<void> {
    const isGone = await lstat(aside).then(
      () => false,
      (error: unknown) => codeOf(error) === 'ENOENT',
    );
    if (isGone) this.#unread = null;
    else this.#lookLater(aside);
  }
}
