/** Random expressions of all that the subset knows and a little more, and texts that come close to matching. */
import { isRefusal } from '../../../src/core/refusal.js';
import { parsePathRegex } from '../../../src/documents/route-path.js';
import type { SeededRandom } from '../../support/seeded-random.js';

const ATOMS = [
  'a',
  'b',
  '/',
  '.',
  '\\d',
  '\\w',
  '[a-c]',
  '[^/]',
  '[^a]',
  '[/a-]',
  '\\.',
  '\\(',
  '\\\\',
  '-',
  '~',
  '%41',
] as const;
const ODD_ATOMS = [
  '\\-',
  '\\/',
  '\\@',
  '[\\]a]',
  '[a\\-c]',
  '[.*+]',
  '[$^]',
  '\\{',
  '=',
  ',',
  ';',
  '&',
  '!',
  ':',
  '_',
  '<',
  '>',
] as const;
const COUNTS = ['', '', '', '?', '*', '+', '{2}', '{1,3}', '{2,}', '{0,1}'] as const;

/** Accepted ones only, each once. */
export function randomPatterns(random: SeededRandom, count: number): readonly string[] {
  const patterns = new Set<string>();
  while (patterns.size < count) {
    const read = parsePathRegex(`/${randomChoice(random, 0)}`);
    if (!isRefusal(read) && read.kind === 'regex') patterns.add(read.pattern);
  }
  return [...patterns];
}

function randomChoice(random: SeededRandom, depth: number): string {
  const options = Array.from({ length: random.once(4) ? 2 : 1 }, () => randomSequence(random, depth));
  return options.join('|');
}

function randomSequence(random: SeededRandom, depth: number): string {
  return Array.from({ length: 1 + random.below(4) }, () => {
    const isGroup = depth < 3 && random.once(5);
    const inside = isGroup ? randomChoice(random, depth + 1) : '';
    const atom = isGroup ? `(${random.pick(['', '?:'])}${inside})` : random.pick(random.once(3) ? ODD_ATOMS : ATOMS);
    return atom + random.pick(COUNTS);
  }).join('');
}

const CHARACTERS = [
  'a',
  'b',
  'c',
  '/',
  '.',
  '1',
  '-',
  '_',
  '(',
  '~',
  '%41',
  '=',
  ',',
  ';',
  '@',
  ':',
  '!',
  '&',
  '$',
  '*',
  '+',
] as const;

/** The expression with its signs taken away: it matches often, or nearly. */
export function textLike(pattern: string, random: SeededRandom): string {
  const option = random.pick(pattern.split('|'));
  const text = option
    .replace(/\\d/g, '1')
    .replace(/\[\^?(?:\\.|[^\]\\])*?([a-z./*])[^\]]*\]/g, '$1')
    .replace(/[*?+]|\{[\d,]+\}|\(\?:|\\/g, '')
    .replace(/[()]/g, '')
    .replace(/[^\x21-\x7e]|[#?"]/g, 'a');
  return text.startsWith('/') ? text : `/${text}`;
}

export function randomText(random: SeededRandom): string {
  return `/${Array.from({ length: random.below(6) }, () => random.pick(CHARACTERS)).join('')}`;
}
