/** The registry in Consul: `autoproxy/apps/<app>`, `slots/<port>`, `freed/<port>` and `history/<app>/<number>`. */

import type { KeyEntry } from '../consul/answers.js';
import { ConsulConnection } from '../consul/connection.js';
import { misplacedApp } from '../consul/registry-keys.js';
import { APPS_PREFIX, type ConsulSettings } from '../consul/settings.js';
import { type AppDefinitionDocument, parseAppDefinitions } from '../documents/app-definition-document.js';
import type { Problem } from '../model/problem.js';
import { ConsulHistory } from './consul-history.js';
import { asRegistry, readAll, readOne } from './consul-reads.js';
import { ConsulSlots } from './consul-slots.js';
import { deleteUnchanged, type KeyOperation, writeKeys } from './consul-writes.js';
import type { HistoryEntry, Registry, StoredApp, StoredApps, WriteNote } from './registry.js';
import { type ReadDocument, storedFromDocuments } from './stored-apps.js';

const SOURCE = 'registry';

interface KnownKey {
  readonly modifyIndex: number;
  readonly document: AppDefinitionDocument;
}

export class ConsulRegistry implements Registry {
  readonly place: string;
  readonly slots: ConsulSlots;
  readonly #connection: ConsulConnection;
  readonly #history: ConsulHistory;
  /** Most keys are as they were when they were read last. */
  #known = new Map<string, KnownKey>();

  constructor(settings: ConsulSettings) {
    this.place = settings.url;
    this.#connection = new ConsulConnection(settings);
    this.slots = new ConsulSlots(this.#connection);
    this.#history = new ConsulHistory(this.#connection);
  }

  async list(): Promise<StoredApps> {
    const entries = await readAll(this.#connection, APPS_PREFIX);
    const known = new Map<string, KnownKey>();
    for (const entry of entries) known.set(entry.key, this.#read(entry));
    this.#known = known;
    return storedFromDocuments([...known.values()].map(readDocumentOf));
  }

  async get(name: string): Promise<StoredApp | null> {
    const entry = await readOne(this.#connection, `${APPS_PREFIX}${name}`);
    const [app] = entry === null ? [] : storedFromDocuments([readDocumentOf(this.#read(entry))]).apps;
    return app ?? null;
  }

  async put(
    name: string,
    text: string,
    expected: string | null,
    slot: number | null,
    note?: WriteNote,
  ): Promise<boolean> {
    const index = Number(expected ?? '0');
    const write: KeyOperation = { verb: 'cas', key: `${APPS_PREFIX}${name}`, value: text, index };
    const record = slot === null ? [] : await this.slots.checkRecorded(slot, name);
    const noted = await this.#noted(name, index, text, note);
    return record !== null && noted !== null && this.#write([...record, write, ...noted]);
  }

  async remove(name: string, expected: string, note?: WriteNote): Promise<boolean> {
    const modifyIndex = Number(expected);
    const noted = await this.#noted(name, modifyIndex, null, note);
    return noted !== null && this.#write([...deleteUnchanged({ key: `${APPS_PREFIX}${name}`, modifyIndex }), ...noted]);
  }

  history(name: string): Promise<readonly HistoryEntry[]> {
    return this.#history.read(name);
  }

  close(): void {
    this.#connection.close();
  }

  async #noted(
    name: string,
    expected: number,
    text: string | null,
    note: WriteNote | undefined,
  ): Promise<readonly KeyOperation[] | null> {
    return note === undefined ? [] : this.#history.operations(name, expected, text, note);
  }

  #write(operations: readonly KeyOperation[]): Promise<boolean> {
    return asRegistry(() => writeKeys(this.#connection, operations));
  }

  #read({ key, text, modifyIndex }: KeyEntry): KnownKey {
    const known = this.#known.get(key);
    if (known?.modifyIndex === modifyIndex) return known;
    return { modifyIndex, document: documentOfKey(key, text) };
  }
}

function readDocumentOf({ modifyIndex, document }: KnownKey): ReadDocument {
  return { document, placeName: null, versionOf: () => String(modifyIndex) };
}

/** The key is the name: a document that says another one, or several, would be found under a name that it does not say. */
function documentOfKey(key: string, text: string): AppDefinitionDocument {
  const name = key.slice(APPS_PREFIX.length);
  const misplaced = misplacedApp(name);
  if (misplaced !== null) {
    const problem: Problem = { severity: 'warning', app: name, file: key, line: null, col: null, ...misplaced };
    return { apps: [], refused: [], hasUnnamed: false, problems: [problem], outcome: 'whole' };
  }
  const document = { ...parseAppDefinitions(text, key, SOURCE), hasUnnamed: false };
  const names = [...document.apps.map(({ definition }) => definition.name), ...document.refused];
  if (names.length === 1 && names[0] === name) return document;
  if (document.outcome !== 'whole') {
    const problems = document.problems.map((problem) => ({ ...problem, app: name }));
    return { ...document, refused: [name], problems };
  }
  const problem: Problem = {
    severity: 'error',
    app: name,
    file: key,
    line: 1,
    col: 1,
    message: `this key holds ${names.join(', ') || 'no app'}, not ${name}`,
    hint: 'write each app under its own name, with "autoproxy app put"',
  };
  return { ...document, apps: [], refused: [name], problems: [...document.problems, problem] };
}
