/** From text to YAML nodes with their places. Nothing here knows what an app is. */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Problem } from '../model/problem.js';

/** An answer to a question that a text answers wrongly; the problem has been noted. */
export const INVALID = Symbol('invalid');
export type Invalid = typeof INVALID;

/** Enough for a file of 500 apps that share their defaults; few enough that looking them up costs nothing. */
const MAX_ALIASES = 1_000;
/** Merges of merges grow exponentially; so many keys are merged for one file, so deep, and no more. */
const MAX_MERGED_KEYS = 100_000;
const MAX_MERGE_DEPTH = 16;

/**
 * Far beyond what an app needs, far below what exhausts the parser's stack: there it takes the whole process with it
 * (a regular expression that can not be compiled is no exception that could be caught).
 */
const MAX_NESTING = 100;

const FORBIDDEN = [
  {
    pattern: /[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]/,
    message: 'there is a control character here; this is not text',
    hint: 'write YAML as plain UTF-8 text',
  },
  {
    // What decoding leaves in place of bytes that are no UTF-8.
    pattern: /\ufffd/,
    message: 'there is a byte here that is not UTF-8',
    hint: 'save the file as UTF-8',
  },
] as const;

/** Of one text; who has made more mistakes than these reads no further. */
const MAX_PROBLEMS = 50;

export interface Entry {
  readonly name: string;
  readonly key: Node;
  readonly value: Node | null;
}

export interface YamlTextOptions {
  readonly version: '1.1' | '1.2';
  readonly file: string;
  /** Problems repeat nothing of the text: whoever reads them may not be allowed to read the file. */
  readonly hidesContent?: boolean;
}

/** What is repeated of a text stands in quotes, from the first to the last of a message. */
const REPEATED = /".*"/s;

/** The parser repeats a text at the end of its message: `Unexpected token: "x"`, `Invalid escape sequence \q`. */
const PARSER_REPEATS = /((?<=\S): | ["!%&*\\]|(?<=directive|version) ).*$/s;

/** One text with its problems; the roots are its documents. A text with a syntax error has no roots. */
export class YamlText {
  readonly roots: readonly (Node | null)[];
  /** The text of each document, with the comments before it; beside `roots`. */
  readonly parts: readonly string[];
  readonly problems: Problem[] = [];
  readonly file: string;
  readonly hidesContent: boolean;
  readonly #lines = new LineCounter();
  readonly #targets = new Map<Alias, Node | undefined>();
  /** What was wrong with them has been said: what else follows from it would mislead. */
  readonly #refused = new Set<Node>();
  /** Messages about them name no value. */
  readonly #hidden = new Set<Node>();
  #mergedKeys = 0;
  #isBroken = false;

  constructor(text: string, { version, file, hidesContent = false }: YamlTextOptions) {
    this.file = file;
    this.hidesContent = hidesContent;
    const documents = this.#parse(text, version);
    this.roots = documents.map((document) => this.resolve(document.contents));
    const ends = documents.map(({ range }) => range[2]);
    this.parts = ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end));
  }

  /** No syntax: nothing of this text can be believed. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  note(severity: Problem['severity'], app: string | null, node: Node | null, message: string, hint: string): void {
    if (node !== null && this.#refused.has(node)) return;
    const said = node !== null && this.#hidden.has(node) ? message.replace(REPEATED, '"..."') : message;
    this.#noteAt(severity, app, node?.range?.[0] ?? 0, said, hint);
  }

  /** From here on messages about a node, or about what is in it, repeat nothing of it. Aliases are not followed. */
  hide(node: Node): void {
    visit(node, { Node: (_, inner) => void this.#hidden.add(inner) });
  }

  /** The line and column of a node, from 1. */
  place(node: Node): { readonly line: number; readonly col: number } {
    return this.#placeOf(node.range?.[0] ?? 0);
  }

  /** Follows an alias. @returns null for a node that says nothing. */
  resolve(node: unknown): Node | null {
    const target = isAlias(node) ? this.#targets.get(node) : node;
    if (!isNode(target) || (isScalar(target) && target.value === null)) return null;
    return target;
  }

  /**
   * Notes each node of a value that bears a tag of somebody's own, such as `!ruby/object`. Aliases are not followed.
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
        // A scalar may be of another type without it; of a map or a list what is in it is judged all the same.
        if (isScalar(node)) this.#refused.add(node);
      },
    });
    return isTagged;
  }

  /** A pair of a map by the text of its key, as it was written: `on:` is "on". @returns null when the key is no scalar. */
  entry(pair: Pair): Entry | null {
    const key = pair.key as Node;
    if (!isScalar(key)) return null;
    return { name: key.source ?? String(key.value), key, value: this.resolve(pair.value) };
  }

  /**
   * The entries of a map, `<<` merged as YAML 1.1 does: a key of the map itself wins, then the earlier of the merged.
   * Keys that are no scalars and keys that stand twice are noted as errors of `app`.
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

  #parse(text: string, version: '1.1' | '1.2'): readonly Document.Parsed[] {
    for (const { pattern, message, hint } of FORBIDDEN) {
      const offset = text.search(pattern);
      if (offset >= 0) return this.#refuseUnparsed(text, offset, message, hint);
    }
    const tooDeep = findDeepNesting(text);
    if (tooDeep !== null)
      return this.#refuseUnparsed(text, tooDeep, 'this is nested too deeply', 'an app needs four levels');
    const documents = this.#parseDocuments(text, version);
    for (const { errors, directives } of documents) {
      for (const error of errors)
        this.#refuse(error.pos[0], this.#wordsOfParser(error.message), 'this is not YAML; fix the line');
      // A text of 1.2 that calls itself 1.1 would turn "no" into false behind the strict readers' back.
      if (version === '1.2' && directives?.yaml.version !== version)
        this.#refuse(
          Math.max(0, text.indexOf('%YAML')),
          'this is read as YAML 1.2',
          'remove the line that begins with %',
        );
    }
    if (this.#isBroken) return [];
    for (const document of documents) this.#findTargets(document);
    return this.#isBroken ? [] : documents;
  }

  #parseDocuments(text: string, version: '1.1' | '1.2'): readonly Document.Parsed[] {
    try {
      // Keys are compared in entries(): the parser's own comparison takes quadratic time.
      return parseAllDocuments(text, {
        version,
        lineCounter: this.#lines,
        uniqueKeys: false,
        prettyErrors: false,
        logLevel: 'silent',
      });
    } catch (error) {
      // A bug of the parser costs this file its newest version, and nothing else.
      this.#refuse(
        0,
        `the parser failed: ${this.#wordsOfParser(error instanceof Error ? error.message : String(error))}`,
        'simplify the file',
      );
      return [];
    }
  }

  /** One walk for all aliases: the parser's own look-up walks the document again for each. */
  #findTargets(document: Document.Parsed): void {
    const anchors = new Map<string, Node>();
    visit(document, {
      Node: (_, node) => {
        if (!isAlias(node)) {
          if (node.anchor !== undefined) anchors.set(node.anchor, node);
          return undefined;
        }
        const target = anchors.get(node.source);
        this.#targets.set(node, target);
        const offset = node.range?.[0] ?? 0;
        // Without its name: a password may begin with "*".
        if (target === undefined)
          this.#refuse(offset, 'a word that begins with "*" names nothing', 'write it in quotes, or its "&" before it');
        if (this.#targets.size <= MAX_ALIASES) return undefined;
        this.#refuse(offset, `there are more than ${MAX_ALIASES} aliases`, 'write the values out');
        return visit.BREAK;
      },
    });
  }

  #refuseUnparsed(text: string, offset: number, message: string, hint: string): [] {
    this.#lines.addNewLine(0);
    for (const match of text.slice(0, offset).matchAll(/\n/g)) this.#lines.addNewLine(match.index + 1);
    this.#refuse(offset, message, hint);
    return [];
  }

  #refuse(offset: number, message: string, hint: string): void {
    this.#isBroken = true;
    this.#noteAt('error', null, offset, message, hint);
  }

  #noteAt(severity: Problem['severity'], app: string | null, offset: number, message: string, hint: string): void {
    if (this.problems.length >= MAX_PROBLEMS) return;
    const isLast = this.problems.length === MAX_PROBLEMS - 1;
    const said = isLast ? 'there are more problems than are listed' : cut(this.#withoutContent(message), 200);
    const advice = isLast ? 'fix those above first' : this.#withoutContent(hint);
    this.problems.push({ severity, app, file: this.file, ...this.#placeOf(offset), message: said, hint: advice });
  }

  #withoutContent(words: string): string {
    return this.hidesContent ? words.replace(REPEATED, '"..."') : words;
  }

  /** Without what the parser repeats of the text, which may be a secret of an environment. */
  #wordsOfParser(message: string): string {
    if (this.hidesContent) return 'there is a mistake here';
    return lowerFirst(message).replace(PARSER_REPEATS, '');
  }

  #placeOf(offset: number): { readonly line: number; readonly col: number } {
    const { line, col } = this.#lines.linePos(offset);
    return line === 0 ? { line: 1, col: Math.max(1, col) } : { line, col };
  }
}

/**
 * Where brackets or indentation go too deep, judged before anything is parsed. Quotes are not looked at: a text with a
 * hundred unclosed brackets in quotes is refused too, and is no loss.
 */
function findDeepNesting(text: string): number | null {
  const indented = text.search(/^[ \t?:-]{200,}\S/m);
  let depth = 0;
  for (const { 0: bracket, index } of text.matchAll(/[[\]{}]/g)) {
    depth = bracket === '[' || bracket === '{' ? depth + 1 : Math.max(0, depth - 1);
    if (depth > MAX_NESTING) return index;
  }
  return indented >= 0 ? indented : null;
}

/** For messages: what was written, cut where it gets long. */
export function shorten(text: string): string {
  return cut(text, 40);
}

function cut(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
