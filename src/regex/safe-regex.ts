/**
 * The expressions that routes may use: a subset that PCRE2 and JavaScript read alike, and that no path can make slow.
 * Literals, `.`, `\d`, `\w`, escaped punctuation, classes, groups, `|`, and counts; groups are counted with `?`, `{n}` and
 * `{n,m}` only, and only `?` may stand after a group that counts or chooses inside.
 */

import type { Refusal } from '../core/refusal.js';
import { CHARACTERS, type CharSet, charSet, EVERYTHING, negated, union } from './regex-characters.js';
import { type CharacterNode, type RegexNode, refusalOfCost } from './regex-cost.js';

const MAX_REGEX_LENGTH = 256;
const MAX_COUNT = 64;
/** A group in a group in a group is as much as people read. */
const MAX_DEPTH = 5;

interface SafeRegex {
  /** Without the anchors at its ends: who uses it adds them, and a group. */
  readonly pattern: string;
  /** What is written out at its end, unescaped: every text that matches ends so. */
  readonly literalEnd: string;
  canBeginWith(character: string): boolean;
}

export function parseSafeRegex(written: string): SafeRegex | Refusal {
  if (written.length > MAX_REGEX_LENGTH)
    return { message: `is longer than ${MAX_REGEX_LENGTH} characters`, hint: 'shorten it' };
  if (/[^\x21-\x7e]|["'`#]/.test(written))
    return {
      message: 'has a blank, a quote, # or a character that is not ASCII',
      hint: 'leave them out: hosts and paths never contain them',
    };
  const pattern = withoutAnchors(written);
  if (pattern === '') return { message: 'is empty', hint: 'write an expression, such as ^/u/[0-9]+$' };
  try {
    const root = new RegexReader(pattern).read();
    const refusal = refusalOfCost(root);
    if (refusal !== null) return refusal;
    // The reader above decides; this only makes sure that it let no malformed expression through.
    new RegExp(`^(?:${pattern})$`);
    const literalEnd = literalEndOf(root).text;
    return { pattern, literalEnd, canBeginWith: (character) => firstOf(root).set.has(character.charCodeAt(0)) };
  } catch (error) {
    if (error instanceof Refused) return error.refusal;
    return { message: 'is not an expression', hint: 'write one such as ^/u/[0-9]+$' };
  }
}

function withoutAnchors(written: string): string {
  const start = written.startsWith('^') ? written.slice(1) : written;
  return /(^|[^\\])(\\\\)*\$$/.test(start) ? start.slice(0, -1) : start;
}

class Refused extends Error {
  readonly refusal: Refusal;

  constructor(message: string, hint: string) {
    super(message);
    this.refusal = { message, hint };
  }
}

class RegexReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  read(): RegexNode {
    const root = this.#readChoice(0);
    if (this.#at < this.#text.length) throw new Refused('has a ")" without "("', 'write \\) for the character');
    return root;
  }

  #readChoice(depth: number): RegexNode {
    if (depth > MAX_DEPTH) throw new Refused('nests too many groups', 'write several routes');
    const options = [this.#readSequence(depth)];
    while (this.#text[this.#at] === '|') {
      this.#at += 1;
      options.push(this.#readSequence(depth));
    }
    return options.length === 1 && options[0] !== undefined ? options[0] : { kind: 'choice', options };
  }

  #readSequence(depth: number): RegexNode {
    const parts: RegexNode[] = [];
    for (;;) {
      const char = this.#text[this.#at];
      if (char === undefined || char === '|' || char === ')') return { kind: 'sequence', parts };
      parts.push(this.#readCount(this.#readAtom(char, depth)));
    }
  }

  #readAtom(char: string, depth: number): RegexNode {
    this.#at += 1;
    if (char === '(') return this.#readGroup(depth);
    if (char === '[') return { kind: 'character', set: this.#readClass(), literal: null };
    if (char === '\\') return this.#readEscape();
    if (char === '.') return { kind: 'character', set: EVERYTHING, literal: null };
    if (char === '^' || char === '$')
      throw new Refused(`has "${char}" inside`, 'leave it out: the expression always matches the whole');
    if ('*+?{'.includes(char))
      throw new Refused(`has "${char}" with nothing before it to repeat`, `write \\${char} for the character`);
    if (']}'.includes(char)) throw new Refused(`has a lone "${char}"`, `write \\${char} for the character`);
    return literal(char);
  }

  #readGroup(depth: number): RegexNode {
    if (this.#text[this.#at] === '?') {
      if (!this.#text.startsWith('?:', this.#at))
        throw new Refused(
          'has a group with options',
          'write (...) or (?:...); lookahead and lookbehind are not supported',
        );
      this.#at += 2;
    } else if (this.#text[this.#at] === '*') throw new Refused('has a verb', 'write (...) or (?:...)');
    const inside = this.#readChoice(depth + 1);
    if (this.#text[this.#at] !== ')') throw new Refused('has a "(" without ")"', 'write \\( for the character');
    this.#at += 1;
    return { kind: 'group', inside };
  }

  #readEscape(): CharacterNode {
    const char = this.#text[this.#at] ?? '';
    this.#at += 1;
    if (char === 'd') return { kind: 'character', set: CHARACTERS.digits, literal: null };
    if (char === 'w') return { kind: 'character', set: CHARACTERS.word, literal: null };
    return literal(this.#escaped(char));
  }

  /** Letters after a backslash mean different things to different engines; punctuation means itself to all. */
  #escaped(char: string): string {
    if (char === '') throw new Refused('ends in a backslash', 'write \\\\ for the character');
    if (/[A-Za-z0-9]/.test(char)) throw new Refused(`has \\${char}`, 'of such escapes only \\d and \\w are supported');
    return char;
  }

  #readClass(): CharSet {
    const isNegated = this.#text[this.#at] === '^';
    if (isNegated) this.#at += 1;
    let set = charSet([]);
    let isEmpty = true;
    for (;;) {
      const char = this.#text[this.#at];
      this.#at += 1;
      if (char === undefined) throw new Refused('has a "[" without "]"', 'write \\[ for the character');
      if (char === ']' && !isEmpty) return isNegated ? negated(set) : set;
      if (char === ']') throw new Refused('has an empty class', 'write \\] for the character');
      if (char === '[') throw new Refused('has "[" in a class', 'write \\[ for the character');
      set = union(set, this.#readClassPart(char));
      isEmpty = false;
    }
  }

  #readClassPart(char: string): CharSet {
    const first = char === '\\' ? this.#readEscape() : literal(char);
    const isRange = this.#text[this.#at] === '-' && this.#text[this.#at + 1] !== ']';
    if (!isRange || (char === '-' && this.#text[this.#at - 2] === '[')) {
      // "--", "&&" and "~~" are set operations to some engines.
      if (/[-&~]/.test(char) && this.#text[this.#at] === char)
        throw new Refused(`has "${char}${char}" in a class`, `write \\${char} for the character`);
      return first.set;
    }
    this.#at += 1;
    const end = this.#text[this.#at] ?? '';
    const [from, to] = [first.literal, end];
    const isSame = [/[a-z]/, /[A-Z]/, /[0-9]/].some((kind) => kind.test(from ?? '') && kind.test(to));
    if (from === null || !isSame || from > to)
      throw new Refused('has an invalid range', 'write a-z, A-Z or 0-9, and \\- for the character');
    this.#at += 1;
    const codes: number[] = [];
    for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code += 1) codes.push(code);
    return charSet(codes);
  }

  #readCount(atom: RegexNode): RegexNode {
    const counted = /^(?:([*+?])|\{(\d{1,3})(?:(,)(\d{0,3}))?\})/.exec(this.#text.slice(this.#at, this.#at + 10));
    if (counted === null) return atom;
    this.#at += counted[0].length;
    if (/[*+?{]/.test(this.#text[this.#at] ?? ''))
      throw new Refused(
        'repeats a repetition',
        'write one of ? * + {n} {n,m}; lazy and possessive ones are not supported',
      );
    const [, sign, least, comma, most] = counted;
    const min = sign === undefined ? Number(least) : sign === '+' ? 1 : 0;
    const max =
      sign === undefined
        ? comma === undefined
          ? min
          : most === ''
            ? Infinity
            : Number(most)
        : sign === '?'
          ? 1
          : Infinity;
    if (max < min || max === 0 || min > MAX_COUNT || (max !== Infinity && max > MAX_COUNT))
      throw new Refused(`has a count that is not 1 to ${MAX_COUNT}`, 'write ? * + {n} or {n,m}');
    if (atom.kind === 'group' && !(min === 0 && max === 1)) {
      if (max === Infinity)
        throw new Refused('repeats a group without a limit', 'repeat one character or class: [^/]+');
      if (hasChoice(atom))
        throw new Refused('repeats a group that has a repetition or a choice inside', 'write it out');
    }
    return { kind: 'count', inside: atom, min, max };
  }
}

function literal(char: string): CharacterNode {
  return { kind: 'character', set: charSet([char.charCodeAt(0)]), literal: char };
}

function hasChoice(node: RegexNode): boolean {
  switch (node.kind) {
    case 'character':
      return false;
    case 'choice':
    case 'count':
      return true;
    case 'group':
      return hasChoice(node.inside);
    case 'sequence':
      return node.parts.some(hasChoice);
  }
}

interface LiteralEnd {
  readonly text: string;
  /** The node is all literal, so that what stands before it belongs to the end too. */
  readonly isWhole: boolean;
}

function literalEndOf(node: RegexNode): LiteralEnd {
  switch (node.kind) {
    case 'character':
      return { text: node.literal ?? '', isWhole: node.literal !== null };
    case 'group':
      return literalEndOf(node.inside);
    case 'sequence': {
      let text = '';
      for (const part of node.parts.toReversed()) {
        const end = literalEndOf(part);
        text = end.text + text;
        if (!end.isWhole) return { text, isWhole: false };
      }
      return { text, isWhole: true };
    }
    case 'choice':
      return { text: node.options.map((option) => literalEndOf(option).text).reduce(commonEnd), isWhole: false };
    case 'count':
      return { text: '', isWhole: false };
  }
}

function commonEnd(a: string, b: string): string {
  let length = 0;
  while (length < Math.min(a.length, b.length) && a.at(-1 - length) === b.at(-1 - length)) length += 1;
  return a.slice(a.length - length);
}

/** The characters that a match may begin with, and whether it may be empty. */
function firstOf(node: RegexNode): { readonly set: CharSet; readonly isEmptyPossible: boolean } {
  switch (node.kind) {
    case 'character':
      return { set: node.set, isEmptyPossible: false };
    case 'group':
      return firstOf(node.inside);
    case 'count': {
      const first = firstOf(node.inside);
      return { set: first.set, isEmptyPossible: first.isEmptyPossible || node.min === 0 };
    }
    case 'choice': {
      const firsts = node.options.map(firstOf);
      return {
        set: firsts.map(({ set }) => set).reduce(union),
        isEmptyPossible: firsts.some(({ isEmptyPossible }) => isEmptyPossible),
      };
    }
    case 'sequence': {
      let set = charSet([]);
      for (const part of node.parts) {
        const first = firstOf(part);
        set = union(set, first.set);
        if (!first.isEmptyPossible) return { set, isEmptyPossible: false };
      }
      return { set, isEmptyPossible: true };
    }
  }
}
