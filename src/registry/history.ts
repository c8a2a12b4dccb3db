/** What an app's definition was, version by version, with who wrote it and when. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { createKeyedObject } from '../core/keyed-object.js';
import { parseAppDefinitions } from '../documents/app-definition-document.js';
import { plainFromDefinition } from '../documents/app-definition-text.js';
import type { HistoryEntry, WriteNote } from './registry.js';
import { heldText } from './way-in-text.js';

/** How many versions of an app are kept. */
const MAX_ENTRIES = 20;
/**
 * A longer document is noted without its text. Consul takes 524 288 bytes in one transaction, in base64, and a put may
 * write three documents: the definition, its entry, and the entry of what somebody wrote by hand before it.
 */
export const MAX_KEPT_BYTES = 65_536;

/** Commands open and close the way to an app while they work, and that is not a version of its own. */
const WAY_IN = ['hold', 'closed'];
const NUMBER_DIGITS = 10;
const HEADER = /^# autoproxy: (put|rm|undo|withdrawn|found) (\S+) (\S+)( left out)?\n/;

/** An entry as it stands in a file or under a key. */
export interface StoredEntry {
  /** The last part of its path or key: `0000000012`. */
  readonly name: string;
  readonly text: string;
}

/** What a write adds to a history, and what it takes away. */
interface HistoryChange {
  readonly added: readonly StoredEntry[];
  /** Names, the oldest first. */
  readonly dropped: readonly string[];
}

/** In the order of their numbers; what is not an entry is left out. */
export function entriesFrom(stored: readonly StoredEntry[]): readonly HistoryEntry[] {
  return stored
    .flatMap(({ name, text }) => {
      const [head = '', act, time = '', author = '', leftOut] = HEADER.exec(text) ?? [];
      const at = Date.parse(time);
      if (act === undefined || !isEntryName(name) || Number.isNaN(at)) return [];
      const document = act === 'rm' || leftOut !== undefined ? null : text.slice(head.length);
      return { number: Number(name), act: act as HistoryEntry['act'], at, author, text: document };
    })
    .sort((one, other) => one.number - other.number);
}

/**
 * @param before the document that the write replaces; null: there was none
 * @param after null: the app goes
 */
export function historyChange(
  stored: readonly StoredEntry[],
  before: string | null,
  after: string | null,
  note: WriteNote,
): HistoryChange {
  const names = stored
    .map(({ name }) => name)
    .filter(isEntryName)
    .sort();
  const last = entriesFrom(stored).at(-1);
  const isKnown =
    before === null || !isKept(before) || (last?.text != null && isSameVersion(last.text, before, WAY_IN));
  // What somebody wrote without autoproxy: an undo of this write brings it back.
  const found = isKnown ? [] : [headed({ ...note, act: 'found', author: '' }, before)];
  const texts = [...found, headed(note, after)];
  const next = Number(names.at(-1) ?? 0) + 1;
  return {
    added: texts.map((text, index) => ({ name: String(next + index).padStart(NUMBER_DIGITS, '0'), text })),
    dropped: names.slice(0, Math.max(0, names.length + texts.length - MAX_ENTRIES)),
  };
}

/**
 * The version that an undo brings back: the newest one that says something else than the definition of now. One that was
 * withdrawn as it was written does not count, nor what was before a removal, unless the app is gone now.
 * @param current null: the app was removed
 */
export function earlierEntry(all: readonly HistoryEntry[], current: string | null): HistoryEntry | null {
  const history = current === null ? all : all.slice(all.findLastIndex(({ act }) => act === 'rm') + 1);
  const isWithdrawn = (index: number): boolean => history[index + 1]?.act === 'withdrawn';
  const earlier = history.filter(({ text }, index) => text !== null && !isWithdrawn(index));
  return earlier.findLast(({ text }) => current === null || !isSameVersion(text ?? '', current)) ?? null;
}

/**
 * Whether two documents say the same, however they are written.
 * @param unseen keys of `edge` that do not count; `hold` never does, since it ends as soon as instances answer
 */
export function isSameVersion(one: string, other: string, unseen: readonly string[] = ['hold']): boolean {
  if (bare(one) === bare(other)) return true;
  const [first, second] = [meaningOf(one, unseen), meaningOf(other, unseen)];
  return first !== null && isDeepStrictEqual(first, second);
}

/** As it is within a file of several documents, and alone in a key. */
function bare(text: string): string {
  return text.replace(/^---(?=\s)/, '').trim();
}

/** @returns null for a text that is not one definition */
function meaningOf(text: string, unseen: readonly string[]): object | null {
  const { apps, problems } = parseAppDefinitions(text, 'history', 'registry');
  const [app] = apps;
  if (app === undefined || apps.length > 1 || problems.some(({ severity }) => severity === 'error')) return null;
  const plain = plainFromDefinition(app.definition);
  if (typeof plain.edge !== 'object') return plain;
  return { ...plain, edge: createKeyedObject(Object.entries(plain.edge).filter(([key]) => !unseen.includes(key))) };
}

function isEntryName(name: string): boolean {
  return /^\d{10}$/.test(name);
}

function isKept(text: string): boolean {
  return Buffer.byteLength(text) <= MAX_KEPT_BYTES;
}

/** A comment of YAML, so that the entry is itself a definition that can be put. */
function headed({ act, at, author }: Omit<WriteNote, 'act'> & Pick<HistoryEntry, 'act'>, text: string | null): string {
  const isLeftOut = text !== null && !isKept(text);
  const head = `# autoproxy: ${act} ${new Date(at).toISOString()} ${authorWord(author)}${isLeftOut ? ' left out' : ''}\n`;
  // Which pods are held says how far an apply is; people decide nothing by it.
  return text === null || isLeftOut ? head : `${head}${heldText(text, []).trimEnd()}\n`;
}

/** One word of printable ASCII: it comes from the environment of the writer. */
function authorWord(author: string): string {
  return author.replace(/[^\x21-\x7e]/g, '_').slice(0, 100) || '-';
}
