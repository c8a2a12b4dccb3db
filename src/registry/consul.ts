/** The registry in Consul: `autoproxy/apps/<app>`, `autoproxy/slots/<port>` and `autoproxy/freed/<port>`. */

import type { KeyEntry } from '../consul/answers.js';
import { ConsulConnection } from '../consul/connection.js';
import { APPS_PREFIX, type ConsulSettings } from '../consul/settings.js';
import { type AppDefinitionDocument, parseAppDefinitions } from '../model/app-definition-document.js';
import type { Problem } from '../model/problem.js';
import { asRegistry, readAll } from './consul-reads.js';
import { ConsulSlots } from './consul-slots.js';
import { type KeyOperation, writeKeys } from './consul-writes.js';
import type { Registry, SlotStore, StoredApp, StoredApps } from './registry.js';
import { storedFromDocuments } from './stored-apps.js';

const SOURCE = 'registry';

interface KnownKey {
  readonly modifyIndex: number;
  readonly document: AppDefinitionDocument;
}

export class ConsulRegistry implements Registry {
  readonly place: string;
  readonly slots: SlotStore;
  readonly #connection: ConsulConnection;
  /** Most keys are as they were when they were read last. */
  #known = new Map<string, KnownKey>();

  constructor(settings: ConsulSettings) {
    this.place = settings.url;
    this.#connection = new ConsulConnection(settings);
    this.slots = new ConsulSlots(this.#connection);
  }

  async list(): Promise<StoredApps> {
    const entries = await readAll(this.#connection, APPS_PREFIX);
    const known = new Map<string, KnownKey>();
    for (const entry of entries) known.set(entry.key, this.#read(entry));
    this.#known = known;
    return storedFromDocuments(
      [...known.values()].map(({ modifyIndex, document }) => ({ document, versionOf: () => String(modifyIndex) })),
    );
  }

  async get(name: string): Promise<StoredApp | null> {
    return (await this.list()).apps.find(({ definition }) => definition.name === name) ?? null;
  }

  put(name: string, text: string, expected: string | null): Promise<boolean> {
    const key = `${APPS_PREFIX}${name}`;
    return this.#write([{ verb: 'cas', key, value: text, index: Number(expected ?? '0') }]);
  }

  remove(name: string, expected: string): Promise<boolean> {
    return this.#write([{ verb: 'delete-cas', key: `${APPS_PREFIX}${name}`, index: Number(expected) }]);
  }

  close(): void {
    this.#connection.close();
  }

  #write(operations: readonly KeyOperation[]): Promise<boolean> {
    return asRegistry(() => writeKeys(this.#connection, operations));
  }

  #read({ key, text, modifyIndex }: KeyEntry): KnownKey {
    const known = this.#known.get(key);
    if (known?.modifyIndex === modifyIndex) return known;
    return { modifyIndex, document: documentOfKey(key, parseAppDefinitions(text, key, SOURCE)) };
  }
}

/** The key is the name: a document that says another one, or several, would be found under a name that it does not say. */
function documentOfKey(key: string, document: AppDefinitionDocument): AppDefinitionDocument {
  const name = key.slice(APPS_PREFIX.length);
  const names = [...document.apps.map(({ definition }) => definition.name), ...document.refused];
  if (names.length === 1 && names[0] === name) return document;
  if (document.outcome !== 'whole') return { ...document, refused: [name] };
  const problem: Problem = {
    severity: 'error',
    app: name,
    file: key,
    line: 1,
    col: 1,
    message: `this key holds ${names.join(', ') || 'no app'}, and not ${name}`,
    hint: 'write each app under its own name, with "autoproxy app put"',
  };
  return { apps: [], refused: [name], problems: [...document.problems, problem], outcome: 'whole' };
}
