/**
 * How an engine that backtracks could be made slow, and why it cannot be here. Two things multiply: repetitions that can
 * share one stretch of text between them in many ways, and choices that can go either way.
 *
 * The expression is laid out as its positions, each a set of characters with those that may follow it (Glushkov's
 * automaton). Two repetitions X and Y share a stretch when a way leads from X to Y over positions that each take a
 * character which X and Y take too: `[0-9]+/[0-9]+` does not, `.*x.*` does.
 */

import type { Refusal } from '../core/refusal.js';
import { type CharSet, EVERYTHING, intersection } from './regex-characters.js';

/** `literal`: the one character that was written; null for a class. */
export interface CharacterNode {
  readonly kind: 'character';
  readonly set: CharSet;
  readonly literal: string | null;
}

export type RegexNode =
  | CharacterNode
  | { readonly kind: 'sequence'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly options: readonly RegexNode[] }
  | { readonly kind: 'group'; readonly inside: RegexNode }
  | { readonly kind: 'count'; readonly inside: RegexNode; readonly min: number; readonly max: number };

/** Ways through choices that can go either way; each costs at most one look at the text. */
const MAX_WAYS = 1_024;
const MAX_POSITIONS = 2_000;

interface Position {
  readonly set: CharSet;
  /** A repetition of one character: it may follow itself. */
  readonly isLoop: boolean;
  readonly next: Set<Position>;
}

/** A part of the expression: its first and last positions, and whether it may be empty. */
interface Fragment {
  readonly first: readonly Position[];
  readonly last: readonly Position[];
  readonly isEmptyPossible: boolean;
}

const NOTHING: Fragment = { first: [], last: [], isEmptyPossible: true };

/** @returns why an expression could be made slow, or null when it cannot. */
export function refusalOfCost(root: RegexNode): Refusal | null {
  const layout = new Layout();
  const { last } = layout.add(root);
  if (layout.positions.length > MAX_POSITIONS || layout.ways > MAX_WAYS) {
    return { message: 'has too many choices', hint: 'write several routes' };
  }
  const loops = layout.positions.filter((position) => position.isLoop && !isHarmlessEnd(position, last));
  for (const loop of loops) {
    for (const other of loops) {
      if (other !== loop && canShare(loop, other)) {
        const hint = 'put a character between them that neither of them matches: [^/]+/[^/]+ instead of .+/.+';
        return { message: 'has two repetitions that can match the same text', hint };
      }
    }
  }
  return null;
}

/** `.*` at the very end takes the rest, and nothing after it can make it try again. */
function isHarmlessEnd(position: Position, last: readonly Position[]): boolean {
  return position.set === EVERYTHING && last.includes(position) && position.next.size === 1;
}

function canShare(from: Position, to: Position): boolean {
  const common = intersection(from.set, to.set);
  if (common.size === 0) return false;
  const seen = new Set<Position>([from]);
  const ahead = [from];
  for (let position = ahead.pop(); position !== undefined; position = ahead.pop()) {
    for (const next of position.next) {
      if (seen.has(next) || intersection(next.set, common).size === 0) continue;
      if (next === to) return true;
      seen.add(next);
      ahead.push(next);
    }
  }
  return false;
}

class Layout {
  readonly positions: Position[] = [];
  ways = 1;

  add(node: RegexNode): Fragment {
    if (this.positions.length > MAX_POSITIONS) return NOTHING;
    switch (node.kind) {
      case 'character':
        return this.#addPosition(node.set, false);
      case 'group':
        return this.add(node.inside);
      case 'sequence':
        return this.#join(node.parts.map((part) => this.add(part)));
      case 'choice':
        return this.#addChoice(node.options);
      case 'count':
        return this.#addCount(node.inside, node.min, node.max);
    }
  }

  #addPosition(set: CharSet, isLoop: boolean): Fragment {
    const position: Position = { set, isLoop, next: new Set() };
    if (isLoop) position.next.add(position);
    this.positions.push(position);
    return { first: [position], last: [position], isEmptyPossible: false };
  }

  #join(fragments: readonly Fragment[]): Fragment {
    return fragments.reduce((before, after) => {
      for (const position of before.last) for (const next of after.first) position.next.add(next);
      return {
        first: before.isEmptyPossible ? [...before.first, ...after.first] : before.first,
        last: after.isEmptyPossible ? [...before.last, ...after.last] : after.last,
        isEmptyPossible: before.isEmptyPossible && after.isEmptyPossible,
      };
    }, NOTHING);
  }

  #addChoice(options: readonly RegexNode[]): Fragment {
    const fragments = options.map((option) => this.add(option));
    if (canGoEitherWay(fragments)) this.ways *= fragments.length;
    return {
      first: fragments.flatMap(({ first }) => first),
      last: fragments.flatMap(({ last }) => last),
      isEmptyPossible: fragments.some(({ isEmptyPossible }) => isEmptyPossible),
    };
  }

  #addCount(inside: RegexNode, min: number, max: number): Fragment {
    if (inside.kind === 'character' && max - min > 1) {
      const fixed = Array.from({ length: Math.max(0, min - 1) }, () => this.#addPosition(inside.set, false));
      return this.#join([...fixed, { ...this.#addPosition(inside.set, true), isEmptyPossible: min === 0 }]);
    }
    const fixed = Array.from({ length: min }, () => this.add(inside));
    const free = Array.from({ length: max - min }, () => ({ ...this.add(inside), isEmptyPossible: true }));
    this.ways *= 2 ** free.length;
    return this.#join([...fixed, ...free]);
  }
}

/** Two options that begin with the same character, or with none: the text does not say at once which is meant. */
function canGoEitherWay(fragments: readonly Fragment[]): boolean {
  const seen = new Set<number>();
  for (const { first, isEmptyPossible } of fragments) {
    if (isEmptyPossible) return true;
    const codes = new Set(first.flatMap(({ set }) => [...set]));
    if ([...codes].some((code) => seen.has(code))) return true;
    for (const code of codes) seen.add(code);
  }
  return false;
}
