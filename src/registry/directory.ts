/**
 * A registry in a directory, to be kept in a repository or shared by a file system:
 *
 *   DIR/checkout.yml      a definition; several documents in a file are several apps
 *   DIR/slots/21034       the name of the app that has the slot; made once, never written over
 *   DIR/freed/21034       who had it, and since when it is in quarantine
 *   DIR/history/checkout/0000000012.yml   a version of a definition, with who wrote it and when
 */
import { createHash } from 'node:crypto';
import { lstatSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { replaceFile } from '../core/durable-file.js';
import { makeDirectories } from '../core/make-directories.js';
import { isElsewhere } from '../core/real-place.js';
import { codeOf } from '../core/thrown.js';
import { readWholeFileSync, UnreadableFile } from '../core/whole-file.js';
import {
  type AppDefinitionDocument,
  parseAppDefinitions,
  unreadableDefinitions,
} from '../documents/app-definition-document.js';
import { isAppName } from '../documents/definition-keys.js';
import { MAX_DOCUMENT_BYTES } from '../documents/service-document.js';
import { readFailure, writing } from './directory-failure.js';
import { DirectoryHistory } from './directory-history.js';
import { DirectorySlots } from './directory-slots.js';
import {
  type HistoryEntry,
  type Registry,
  RegistryFailure,
  type StoredApp,
  type StoredApps,
  type WriteNote,
} from './registry.js';
import { withRegistryGuard } from './registry-guard.js';
import { storedFromDocuments } from './stored-apps.js';

const SOURCE = 'registry';

interface ReadFile {
  readonly file: string;
  readonly text: string;
  readonly document: AppDefinitionDocument;
}

export class DirectoryRegistry implements Registry {
  readonly place: string;
  readonly slots: DirectorySlots;
  readonly #history: DirectoryHistory;
  /** Most files are as they were when they were read last. */
  #known: ReadonlyMap<string, ReadFile> | null = null;

  constructor(directory: string) {
    this.place = path.resolve(directory);
    this.slots = new DirectorySlots(this.place);
    this.#history = new DirectoryHistory(this.place);
  }

  async list(): Promise<StoredApps> {
    const files = await this.#readFiles();
    return storedFromDocuments(
      files.map(({ file, document }) => ({ document, placeName: placeNameOf(file), versionOf })),
    );
  }

  async get(name: string): Promise<StoredApp | null> {
    return (await this.list()).apps.find(({ definition }) => definition.name === name) ?? null;
  }

  async put(
    name: string,
    text: string,
    expected: string | null,
    slot: number | null,
    note?: WriteNote,
  ): Promise<boolean> {
    await writing(this.place, this.place, () => makeDirectories(this.place));
    const file = (await this.#fileOf(name)) ?? path.join(this.place, `${name}.yml`);
    const write = (): Promise<boolean> => this.#replacePart(file, name, expected, text.trimEnd(), note);
    return slot === null ? write() : this.slots.whileRecorded(slot, name, write);
  }

  async remove(name: string, expected: string, note?: WriteNote): Promise<boolean> {
    const file = await this.#fileOf(name);
    return file === null ? false : this.#replacePart(file, name, expected, null, note);
  }

  async history(name: string): Promise<readonly HistoryEntry[]> {
    return this.#history.read(name);
  }

  close(): void {
    // Nothing stays open between two calls.
  }

  async #fileOf(name: string): Promise<string | null> {
    const isIts = ({ document }: ReadFile): boolean =>
      document.apps.some(({ definition }) => definition.name === name) || document.refused.includes(name);
    // What was listed last is good enough to find the file: that it is still so is looked at under its guard.
    const files = this.#known === null ? await this.#readFiles() : [...this.#known.values()];
    return files.find(isIts)?.file ?? null;
  }

  /** @param text null: the app goes, and its file with the last one */
  #replacePart(
    file: string,
    name: string,
    expected: string | null,
    text: string | null,
    note: WriteNote | undefined,
  ): Promise<boolean> {
    const change = async (): Promise<boolean> => {
      const old = this.#readFile(file);
      if (old?.document.outcome === 'broken')
        throw new RegistryFailure(`${file} cannot be read`, 'fix it first; until then no app in it can be changed');
      const part = old?.document.apps.find(({ definition }) => definition.name === name)?.text ?? null;
      if ((part === null ? null : versionOf(part)) !== expected) return false;
      const before = old?.text ?? '';
      const start = part === null ? before.length : before.indexOf(part);
      const after = before.slice(start + (part?.length ?? 0));
      const noted = note === undefined ? null : await this.#history.prepare(name, part, text, note);
      try {
        await writeAppFile(file, joined(before.slice(0, start), text, after));
      } catch (error) {
        await noted?.discard();
        throw error;
      }
      await noted?.commit();
      return true;
    };
    return writing(this.place, file, () => withRegistryGuard(file, change));
  }

  async #readFiles(): Promise<readonly ReadFile[]> {
    let names: readonly string[];
    try {
      names = await readdir(this.place);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw missing(this.place);
      throw readFailure(this.place, this.place, error);
    }
    const known = new Map<string, ReadFile>();
    for (const name of names.filter(isAppFileName).sort()) {
      const read = this.#readFile(path.join(this.place, name));
      if (read !== null) known.set(read.file, read);
    }
    this.#known = known;
    return [...known.values()];
  }

  /** @returns null when there is no such file */
  #readFile(file: string): ReadFile | null {
    try {
      // Synchronously, because a thousand small files are read so in a sixth of the time.
      let isForeign = false;
      const text = readWholeFileSync(file, MAX_DOCUMENT_BYTES, (descriptor) => {
        isForeign = isElsewhere(descriptor, file, this.place);
      });
      const known = this.#known?.get(file);
      return known?.text === text
        ? known
        : { file, text, document: parseAppDefinitions(text, file, SOURCE, isForeign) };
    } catch (error) {
      if (error instanceof UnreadableFile)
        return { file, text: '', document: unreadableDefinitions(file, error.message) };
      const code = codeOf(error);
      if (code === 'ENOENT' && !isLink(file)) return null;
      if (code === 'ENOENT' || code === 'ELOOP')
        return { file, text: '', document: unreadableDefinitions(file, 'it is a link that leads to no file') };
      throw readFailure(this.place, file, error);
    }
  }
}

/** Whether there is a link, wherever it leads: a target that vanished takes away what is in it, not the app. */
function isLink(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** `app put` names files so, and so do people who write one file for each app. */
function placeNameOf(file: string): string | null {
  const { name } = path.parse(file);
  return isAppName(name) ? name : null;
}

/** Not what editors and writers leave beside them. */
function isAppFileName(name: string): boolean {
  return /^[^.#].*\.(ya?ml|json)$/.test(name);
}

function versionOf(text: string): string {
  return createHash('sha256').update(text.trim()).digest('hex').slice(0, 16);
}

/** @returns the text of the file; empty when nothing is left in it */
function joined(before: string, text: string | null, after: string): string {
  const isFirst = before.trim() === '';
  const own = text === null ? '' : `${isFirst || text.startsWith('---') ? '' : '---\n'}${text}\n`;
  const whole = `${before}${own}${after.trim() === '' ? '' : after}`;
  return whole.replace(/^(---|\.\.\.|#.*)?\s*$/gm, '').trim() === '' ? '' : whole;
}

/** A text that is empty takes the file with it. */
async function writeAppFile(file: string, text: string): Promise<void> {
  if (text === '') return rm(file, { force: true });
  await replaceFile(file, text, 0o644);
}

function missing(directory: string): RegistryFailure {
  return new RegistryFailure(
    `${directory}: this directory does not exist`,
    `name the right one; a new one is made by mkdir -p ${directory}`,
  );
}
