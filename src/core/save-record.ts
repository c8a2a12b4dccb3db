import { stat } from 'node:fs/promises';
import type { Clock } from './clock.js';
import { codeOf, reasonOf } from './thrown.js';

/** The newest content of a file is not on the disk. */
export interface UnsavedFile {
  /** Absolute path. */
  readonly file: string;
  /** Of the last write that failed, as the system names it (ENOSPC, EACCES, EROFS); empty where it names none. */
  readonly code: string;
  readonly reason: string;
  /** When the first write failed. Wall time, as the next one. */
  readonly sinceMs: number;
  /** When the content was written that a restart finds; null: it finds none. */
  readonly foundMs: number | null;
}

/** A part of the program that keeps something in a file. */
export interface Saving {
  /** null: all is on the disk, or nothing is to be kept. */
  readonly unsaved: UnsavedFile | null;
}

/** Whether a file holds what it is to hold, as its writer says after each write. */
export class SaveRecord implements Saving {
  readonly #file: string;
  readonly #clock: Clock;
  #unsaved: UnsavedFile | null = null;

  constructor(file: string, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  get unsaved(): UnsavedFile | null {
    return this.#unsaved;
  }

  /** @returns whether the write before had failed */
  noteSaved(): boolean {
    const hadFailed = this.#unsaved !== null;
    this.#unsaved = null;
    return hadFailed;
  }

  /** Never rejects. */
  async noteFailure(error: unknown): Promise<UnsavedFile> {
    const sinceMs = this.#unsaved?.sinceMs ?? this.#clock.wallTime();
    // The old file stays as it is until a write succeeds.
    const foundMs = this.#unsaved === null ? await writtenAt(this.#file) : this.#unsaved.foundMs;
    this.#unsaved = { file: this.#file, code: codeOf(error), reason: reasonOf(error), sinceMs, foundMs };
    return this.#unsaved;
  }
}

/** @returns null also where it cannot be reached: a restart could not read it either */
async function writtenAt(file: string): Promise<number | null> {
  try {
    return (await stat(file)).mtimeMs;
  } catch {
    return null;
  }
}
