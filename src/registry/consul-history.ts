/** The histories of Consul's store: `autoproxy/history/checkout/0000000012`. */
import type { ConsulConnection } from '../consul/connection.js';
import { APPS_PREFIX } from '../consul/settings.js';
import { readAll, readOne } from './consul-reads.js';
import type { KeyOperation } from './consul-writes.js';
import { entriesFrom, historyChange, type StoredEntry } from './history.js';
import type { HistoryEntry, WriteNote } from './registry.js';

const HISTORY_PREFIX = 'autoproxy/history/';

export class ConsulHistory {
  readonly #connection: ConsulConnection;

  constructor(connection: ConsulConnection) {
    this.#connection = connection;
  }

  async read(app: string): Promise<readonly HistoryEntry[]> {
    return entriesFrom(await this.#stored(app));
  }

  /**
   * @param expected the index of the document that the write replaces; 0: the document is new
   * @returns operations for the transaction of the write; null: the document is another one by now
   */
  async operations(
    app: string,
    expected: number,
    after: string | null,
    note: WriteNote,
  ): Promise<readonly KeyOperation[] | null> {
    const before = await readOne(this.#connection, `${APPS_PREFIX}${app}`);
    if ((before?.modifyIndex ?? 0) !== expected) return null;
    const { added, dropped } = historyChange(await this.#stored(app), before?.text ?? null, after, note);
    const keyOf = (name: string): string => `${HISTORY_PREFIX}${app}/${name}`;
    return [
      ...added.map(({ name, text }) => ({ verb: 'cas', key: keyOf(name), value: text, index: 0 }) as const),
      ...dropped.map((name) => ({ verb: 'delete', key: keyOf(name) }) as const),
    ];
  }

  async #stored(app: string): Promise<readonly StoredEntry[]> {
    const prefix = `${HISTORY_PREFIX}${app}/`;
    const entries = await readAll(this.#connection, prefix);
    return entries.map(({ key, text }) => ({ name: key.slice(prefix.length), text }));
  }
}
