import type { KeyEntry } from '../consul/answers.js';
import type { ConsulConnection } from '../consul/connection.js';
import { SLOTS_PREFIX } from '../consul/settings.js';
import { asRegistry, readAll, readOne } from './consul-reads.js';
import { deleteUnchanged, type KeyOperation, writeKeys } from './consul-writes.js';
import type { SlotBook, SlotStore } from './registry.js';
import { bookFromEntries, freedFromText, type RecordEntry, slotFromText, textFromFreed } from './slot-records.js';

/** Beside the slots, not below them: a read of the slots shows those in use alone. */
const FREED_PREFIX = 'autoproxy/freed/';

export class ConsulSlots implements SlotStore {
  readonly #connection: ConsulConnection;

  constructor(connection: ConsulConnection) {
    this.#connection = connection;
  }

  async list(): Promise<SlotBook> {
    const slots = await readAll(this.#connection, SLOTS_PREFIX);
    const freed = await readAll(this.#connection, FREED_PREFIX);
    return bookFromEntries(slots.map(entryFromKey), freed.map(entryFromKey));
  }

  async get(port: number): Promise<string | null> {
    const entry = await this.#read(port);
    return entry === null ? null : (slotFromText(entry.text) ?? entry.text);
  }

  async claim(port: number, app: string, freedAt: number | null): Promise<boolean> {
    const key = `${FREED_PREFIX}${port}`;
    const freed = await readOne(this.#connection, key);
    if ((freed === null ? null : (freedFromText(port, freed.text)?.freedAt ?? null)) !== freedAt) return false;
    return this.#write([
      { verb: 'cas', key: `${SLOTS_PREFIX}${port}`, value: app, index: 0 },
      ...(freed === null ? [{ verb: 'check-not-exists', key } as const] : deleteUnchanged(freed)),
    ]);
  }

  async free(port: number, app: string, freedAt: number | null): Promise<boolean> {
    const entry = await this.#read(port);
    if (entry === null || slotFromText(entry.text) !== app) return false;
    const end = deleteUnchanged(entry);
    if (freedAt === null) return this.#write(end);
    const value = textFromFreed({ port, app, freedAt });
    return this.#write([...end, { verb: 'set', key: `${FREED_PREFIX}${port}`, value }]);
  }

  /** @returns what fails a transaction once the record is another; null: the slot is not the app's now */
  async checkRecorded(port: number, app: string): Promise<readonly KeyOperation[] | null> {
    const entry = await this.#read(port);
    if (entry === null || slotFromText(entry.text) !== app) return null;
    return [{ verb: 'check-index', key: entry.key, index: entry.modifyIndex }];
  }

  #read(port: number): Promise<KeyEntry | null> {
    return readOne(this.#connection, `${SLOTS_PREFIX}${port}`);
  }

  #write(operations: readonly KeyOperation[]): Promise<boolean> {
    return asRegistry(() => writeKeys(this.#connection, operations));
  }
}

function entryFromKey({ key, text }: KeyEntry): RecordEntry {
  return { name: key.slice(key.lastIndexOf('/') + 1), place: key, text };
}
