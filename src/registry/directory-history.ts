/** The histories of a directory: `DIR/history/checkout/0000000012.yml`. */
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { createFile, syncDirectory } from '../core/durable-file.js';
import { makeDirectories } from '../core/make-directories.js';
import { isElsewhere } from '../core/real-place.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import { readWholeFileSync, UnreadableFile } from '../core/whole-file.js';
import { readFailure, writeFailure } from './directory-failure.js';
import { entriesFrom, historyChange, MAX_KEPT_BYTES, type StoredEntry } from './history.js';
import { type HistoryEntry, RegistryFailure, type WriteNote } from './registry.js';

const ENDING = '.yml';
const HEADER_BYTES = 1_024;

/** Entries that are on the disk, beside the names that they will have. */
interface PreparedEntries {
  /** They become part of the history; the oldest that are too many go. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

export class DirectoryHistory {
  readonly #registry: string;
  readonly #place: string;

  constructor(directory: string) {
    this.#registry = directory;
    this.#place = path.join(directory, 'history');
  }

  read(app: string): readonly HistoryEntry[] {
    return entriesFrom(this.#stored(app));
  }

  /**
   * Before the document is written: a full disk is found here. The entry gets its name after the document, since a writer
   * that is killed between the two then leaves a document that the next write finds and notes.
   * @throws RegistryFailure; nothing is then left
   */
  async prepare(app: string, before: string | null, after: string | null, note: WriteNote): Promise<PreparedEntries> {
    const folder = path.join(this.#place, app);
    const { added, dropped } = historyChange(this.#stored(app), before, after, note);
    const files = added.map(({ name, text }) => {
      const file = path.join(folder, `${name}${ENDING}`);
      return { file, text, aside: path.join(folder, `.${name}.${randomUUID()}.tmp`) };
    });
    const discard = async (): Promise<void> => {
      for (const { aside } of files) await rm(aside, { force: true });
    };
    try {
      await makeDirectories(folder);
      for (const { aside, text } of files) await createFile(aside, text, 0o644);
    } catch (error) {
      await discard();
      throw writeFailure(this.#registry, folder, error);
    }
    return {
      discard,
      async commit() {
        try {
          for (const { file, aside } of files) await rename(aside, file);
          for (const name of dropped) await rm(path.join(folder, `${name}${ENDING}`), { force: true });
          await syncDirectory(folder);
        } catch (error) {
          const message = `${app} is written, but its history is not: ${folder}: ${reasonOf(error)}`;
          throw new RegistryFailure(
            message,
            'check the disk of the registry; the next write notes this version',
            error,
          );
        }
      },
    };
  }

  #stored(app: string): readonly StoredEntry[] {
    const folder = path.join(this.#place, app);
    try {
      return readdirSync(folder)
        .filter((name) => name.endsWith(ENDING) && !name.startsWith('.'))
        .map((name) => ({ name: name.slice(0, -ENDING.length), text: this.#textOf(path.join(folder, name)) }));
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw readFailure(this.#registry, folder, error);
    }
  }

  /** @returns an empty text, which is not an entry, for what may not be read */
  #textOf(file: string): string {
    let isForeign = false;
    try {
      const text = readWholeFileSync(file, MAX_KEPT_BYTES + HEADER_BYTES, (descriptor) => {
        isForeign = isElsewhere(descriptor, file, this.#place);
      });
      return isForeign ? '' : text;
    } catch (error) {
      if (error instanceof UnreadableFile) return '';
      throw error;
    }
  }
}
