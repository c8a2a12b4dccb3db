/** A text of YAML as nodes with their places. It does not know what an app is. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  visit,
  type YAMLMap,
} from 'yaml';
import { shorten } from '../core/short-text.js';
import type { Problem } from '../model/problem.js';
import { parseDocuments, type YamlVersion } from './parse-documents.js';
import { type Place, TextProblems, withoutQuoted } from './text-problems.js';

/** Marks an invalid value; the problem is already noted. */
export const INVALID = Symbol('invalid');
export type Invalid = typeof INVALID;

/** Enough for a file of 500 apps that share their defaults; few enough that looking them up costs nothing. */
const MAX_ALIASES = 1_000;
/** Merges of merges grow exponentially, so one text merges at most so many keys, so many levels deep. */
const MAX_MERGED_KEYS = 100_000;
const MAX_MERGE_DEPTH = 16;

export interface Entry {
  readonly name: string;
  readonly key: Node;
  readonly value: Node | null;
}

interface YamlTextOptions {
  readonly version: YamlVersion;
  readonly file: string;
  /** Problems repeat nothing of the text: their reader may lack the right to read the file. */
  readonly hidesContent?: boolean;
}

/** One text with its problems; the roots are its documents. A text with a syntax error has no roots. */
export class YamlText {
  readonly roots: readonly (Node | null)[];
  /** The text of each document, with the comments before it; beside `roots`. */
  readonly parts: readonly string[];
  /** A syntax error: nothing of this text can be believed. */
  readonly isBroken: boolean;
  readonly #problems: TextProblems;
  readonly #targets = new Map<Alias, Node | undefined>();
  /** Already reported; follow-up errors would mislead. */
  readonly #refused = new Set<Node>();
  /** Messages about them name no value. */
  readonly #hidden = new Set<Node>();
  #mergedKeys = 0;

  constructor(text: string, { version, file, hidesContent = false }: YamlTextOptions) {
    this.#problems = new TextProblems(file, hidesContent);
    const parsed = parseDocuments(text, version, this.#problems);
    this.isBroken = parsed?.map((document) => this.#findTargets(document)).includes(false) ?? true;
    const documents = this.isBroken ? [] : (parsed ?? []);
    this.roots = documents.map((document) => this.resolve(document.contents));
    const ends = documents.map(({ range }) => range[2]);
    this.parts = ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
  }

  get file(): string {
    return this.#problems.file;
  }

  get hidesContent(): boolean {
    return this.#problems.hidesContent;
  }

  get problems(): Problem[] {
    return this.#problems.list;
  }

  note(severity: Problem['severity'], app: string | null, node: Node | null, message: string, hint: string): void {
    if (node !== null && this.#refused.has(node)) return;
    const shown = node !== null && this.#hidden.has(node) ? withoutQuoted(message) : message;
    this.#problems.note(severity, app, node?.range?.[0] ?? 0, shown, hint);
  }

  /** From here on messages about a node, or about its content, repeat nothing of it. Aliases are not followed. */
  hide(node: Node): void {
    visit(node, { Node: (_, inner) => void this.#hidden.add(inner) });
  }

  /** The line and column of a node. */
  place(node: Node): Place {
    return this.#problems.placeOf(node.range?.[0] ?? 0);
  }

  /** Follows an alias. @returns null for an empty node. */
  resolve(node: unknown): Node | null {
    const target = isAlias(node) ? this.#targets.get(node) : node;
    if (!isNode(target) || (isScalar(target) && target.value === null)) return null;
    return target;
  }

  /**
   * Notes each node of a value with a custom tag, such as `!ruby/object`. Aliases are not followed.
   * @returns whether there is one
   */
  refuseCustomTags(value: Node, app: string | null, path: string): boolean {
    let isTagged = false;
    visit(value, {
      Node: (_, node) => {
        const tag = isAlias(node) ? undefined : node.tag;
        if (tag === undefined || tag.startsWith('tag:yaml.org,2002:')) return;
        isTagged = true;
        this.note('error', app, node, `${path}: there is a tag`, 'remove the word that begins with "!"');
        // Without its tag a scalar may have another type, so it is not judged; the content of a map or a list is.
        if (isScalar(node)) this.#refused.add(node);
      },
    });
    return isTagged;
  }

  /** A pair of a map by the text of its key, as it was written: `on:` is "on". @returns null for a key that is a map or a list. */
  entry(pair: Pair): Entry | null {
    const key = pair.key as Node;
    if (!isScalar(key)) return null;
    return { name: key.source ?? String(key.value), key, value: this.resolve(pair.value) };
  }

  /**
   * The entries of a map, `<<` merged as YAML 1.1 does: a key of the map itself wins, then the earlier of the merged.
   * Keys that are maps or lists and keys that are written twice are noted as errors of `app`.
   */
  entries(map: YAMLMap, app: string | null, depth = 0): readonly Entry[] | Invalid {
    const entries = new Map<string, Entry>();
    const merged: Entry[] = [];
    let isInvalid = false;
    for (const pair of map.items) {
      const key = pair.key as Node;
      const entry = this.entry(pair);
      if (isScalar(key) && typeof key.value === 'symbol') {
        const more = this.#mergedEntries(pair.value, key, app, depth + 1);
        if (more === INVALID) isInvalid = true;
        else merged.push(...more);
      } else if (entry === null) {
        this.note('error', app, key, 'a key is not a plain text', 'write "name: value"');
        isInvalid = true;
      } else if (entries.has(entry.name)) {
        const line = this.place(entries.get(entry.name)?.key ?? key).line;
        this.note('error', app, key, `"${shorten(entry.name)}" is written twice`, `line ${line} has it too; keep one`);
        isInvalid = true;
      } else {
        entries.set(entry.name, entry);
      }
    }
    for (const entry of merged) if (!entries.has(entry.name)) entries.set(entry.name, entry);
    return isInvalid ? INVALID : [...entries.values()];
  }

  #mergedEntries(value: unknown, key: Node, app: string | null, depth: number): readonly Entry[] | Invalid {
    const target = this.resolve(value);
    const maps = isSeq(target) ? target.items.map((item) => this.resolve(item)) : [target];
    const entries: Entry[] = [];
    for (const map of maps) {
      if (isMap(map)) this.#mergedKeys += map.items.length + 1;
      if (!isMap(map) || depth > MAX_MERGE_DEPTH || this.#mergedKeys > MAX_MERGED_KEYS) {
        const message = isMap(map) ? '"<<" merges too much' : '"<<" does not name a map';
        this.note('error', app, key, message, 'write the keys out');
        return INVALID;
      }
      const more = this.entries(map, app, depth);
      if (more === INVALID) return INVALID;
      entries.push(...more);
    }
    return entries;
  }

  /**
   * Finds the targets of all aliases in one walk: the parser's own look-up walks the document again for each.
   * @returns false when it has aliases without a target, or too many; noted
   */
  #findTargets(document: Document.Parsed): boolean {
    const anchors = new Map<string, Node>();
    let isSound = true;
    const refuse = (node: Alias, message: string, hint: string): void => {
      isSound = false;
      this.#problems.note('error', null, node.range?.[0] ?? 0, message, hint);
    };
    visit(document, {
      Node: (_, node) => {
        if (!isAlias(node)) {
          if (node.anchor !== undefined) anchors.set(node.anchor, node);
          return undefined;
        }
        const target = anchors.get(node.source);
        this.#targets.set(node, target);
        // The message leaves out its name: a password may begin with "*".
        if (target === undefined)
          refuse(node, 'a word that begins with "*" names nothing', 'write it in quotes, or its "&" before it');
        if (this.#targets.size <= MAX_ALIASES) return undefined;
        refuse(node, `there are more than ${MAX_ALIASES} aliases`, 'write the values out');
        return visit.BREAK;
      },
    });
    return isSound;
  }
}
