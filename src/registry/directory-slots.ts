/** The slots of a directory: a file a port, its text the name of the app. */
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { link, mkdir, rename, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type FreedSlot, RegistryFailure, type SlotBook, type SlotStore } from './registry.js';
import { bookFromEntries, type RecordEntry, slotFromText, textFromFreed } from './slot-records.js';

export class DirectorySlots implements SlotStore {
  readonly #slots: string;
  readonly #freed: string;

  constructor(directory: string) {
    this.#slots = path.join(directory, 'slots');
    this.#freed = path.join(directory, 'freed');
  }

  async list(): Promise<SlotBook> {
    return bookFromEntries(readEntries(this.#slots), readEntries(this.#freed));
  }

  async get(port: number): Promise<string | null> {
    const text = readIfThere(() => readFileSync(path.join(this.#slots, String(port)), 'utf8'));
    return text === null ? null : (slotFromText(text) ?? text.trim());
  }

  /** Written aside and linked: whoever reads the record reads all of it, and a link is never made over another. */
  async claim(port: number, app: string): Promise<boolean> {
    await mkdir(this.#slots, { recursive: true });
    const aside = path.join(this.#slots, `.${port}.${randomUUID()}`);
    await writeFile(aside, `${app}\n`, { flag: 'wx' });
    try {
      await link(aside, path.join(this.#slots, String(port)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await unlink(aside);
    }
    // Whoever may claim it has judged its quarantine.
    await unlink(path.join(this.#freed, String(port))).catch(() => undefined);
    return true;
  }

  async free(port: number, app: string, freedAt: number | null): Promise<boolean> {
    const record = path.join(this.#slots, String(port));
    if ((await this.get(port)) !== app) return false;
    // First the quarantine, then the end of the record: killed between the two it is a leak with a name.
    if (freedAt !== null) await this.#quarantine({ port, app, freedAt });
    await unlink(record).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    return true;
  }

  async #quarantine(freed: FreedSlot): Promise<void> {
    await mkdir(this.#freed, { recursive: true });
    const aside = path.join(this.#freed, `.${freed.port}.${randomUUID()}`);
    await writeFile(aside, textFromFreed(freed));
    await rename(aside, path.join(this.#freed, String(freed.port)));
  }
}

/**
 * Names that begin with a dot are being written, or were when their writer was killed: they mean nothing. Read one after
 * the other and synchronously, because a thousand small files take 5 ms so and 35 ms with a promise each.
 */
function readEntries(directory: string): readonly RecordEntry[] {
  return (readIfThere(() => readdirSync(directory)) ?? [])
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      const place = path.join(directory, name);
      const text = readIfThere(() => readFileSync(place, 'utf8'));
      return text === null ? [] : { name, place, text };
    });
}

/** @throws RegistryFailure for all that is not absence */
function readIfThere<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new RegistryFailure(message, 'let the user who asks read it', error);
  }
}
