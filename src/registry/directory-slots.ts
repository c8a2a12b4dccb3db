/** The slots of a directory: a file a port, its text the name of the app. */
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { link, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '../core/durable-file.js';
import { makeDirectories } from '../core/make-directories.js';
import { codeOf } from '../core/thrown.js';
import { readWholeFileSync, UnreadableFile } from '../core/whole-file.js';
import { readFailure, writing } from './directory-failure.js';
import type { FreedSlot, SlotBook, SlotStore } from './registry.js';
import { withRegistryGuard } from './registry-guard.js';
import { bookFromEntries, freedFromText, type RecordEntry, slotFromText, textFromFreed } from './slot-records.js';

/** The name of an app and a time. */
const MAX_RECORD_BYTES = 1_024;

export class DirectorySlots implements SlotStore {
  readonly #place: string;
  readonly #slots: string;
  readonly #freed: string;

  constructor(directory: string) {
    this.#place = directory;
    this.#slots = path.join(directory, 'slots');
    this.#freed = path.join(directory, 'freed');
  }

  async list(): Promise<SlotBook> {
    return bookFromEntries(readEntries(this.#place, this.#slots), readEntries(this.#place, this.#freed));
  }

  async get(port: number): Promise<string | null> {
    const text = readRecord(this.#place, path.join(this.#slots, String(port)));
    return text === null ? null : (slotFromText(text) ?? text.trim());
  }

  claim(port: number, app: string, freedAt: number | null): Promise<boolean> {
    return this.#guarded(port, async () => {
      if (this.#freedAt(port) !== freedAt || !(await this.#record(port, app))) return false;
      // Killed before this, it is in use and in quarantine after its own app, or after one that has no say any more.
      await rm(path.join(this.#freed, String(port)), { force: true });
      return true;
    });
  }

  free(port: number, app: string, freedAt: number | null): Promise<boolean> {
    return this.whileRecorded(port, app, async () => {
      // First the quarantine, then the end of the record: killed between the two it is a leak with a name.
      if (freedAt !== null) await this.#quarantine({ port, app, freedAt });
      await rm(path.join(this.#slots, String(port)), { force: true });
      return true;
    });
  }

  /** @returns what `work` returns, or false when the slot is not the app's: nothing was then done. */
  whileRecorded(port: number, app: string, work: () => Promise<boolean>): Promise<boolean> {
    return this.#guarded(port, async () => (await this.get(port)) === app && work());
  }

  /** A record and its quarantine are two files, which no file system compares and changes in one step. */
  async #guarded(port: number, work: () => Promise<boolean>): Promise<boolean> {
    const file = path.join(this.#slots, String(port));
    return writing(this.#place, file, async () => {
      await makeDirectories(this.#slots);
      return withRegistryGuard(file, work);
    });
  }

  #freedAt(port: number): number | null {
    const text = readRecord(this.#place, path.join(this.#freed, String(port)));
    return text === null ? null : (freedFromText(port, text)?.freedAt ?? null);
  }

  /** Written aside and linked: readers see the whole record, and a link never replaces another. */
  async #record(port: number, app: string): Promise<boolean> {
    const aside = path.join(this.#slots, `.${port}.${randomUUID()}`);
    try {
      await writeFile(aside, `${app}\n`, { flag: 'wx' });
      await link(aside, path.join(this.#slots, String(port)));
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(aside, { force: true });
    }
    return true;
  }

  async #quarantine(freed: FreedSlot): Promise<void> {
    await makeDirectories(this.#freed);
    await replaceFile(path.join(this.#freed, String(freed.port)), textFromFreed(freed), 0o644);
  }
}

/**
 * Names that begin with a dot are being written, or were when their writer was killed: they mean nothing. Read one after
 * the other and synchronously, because a thousand small files take 5 ms so and 35 ms with a promise each.
 */
function readEntries(registry: string, directory: string): readonly RecordEntry[] {
  return (readIfThere(registry, directory, () => readdirSync(directory)) ?? [])
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      const place = path.join(directory, name);
      const text = readRecord(registry, place);
      return text === null ? [] : { name, place, text };
    });
}

/** @returns an empty text for what no record can be: it is then named as one that cannot be read, and costs no other */
function readRecord(registry: string, file: string): string | null {
  return readIfThere(registry, file, () => {
    try {
      return readWholeFileSync(file, MAX_RECORD_BYTES);
    } catch (error) {
      if (error instanceof UnreadableFile) return '';
      throw error;
    }
  });
}

/** @throws RegistryFailure for all that is not absence */
function readIfThere<T>(registry: string, file: string, read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw readFailure(registry, file, error);
  }
}
