/** Sets of ASCII characters. */
export type CharSet = ReadonlySet<number>;

const ALL = Array.from({ length: 128 }, (_, code) => code);

export function charSet(codes: Iterable<number>): CharSet {
  return new Set(codes);
}

export function union(a: CharSet, b: CharSet): CharSet {
  return new Set([...a, ...b]);
}

export function intersection(a: CharSet, b: CharSet): CharSet {
  return new Set([...a].filter((code) => b.has(code)));
}

export function negated(set: CharSet): CharSet {
  return new Set(ALL.filter((code) => !set.has(code)));
}

export const EVERYTHING: CharSet = charSet(ALL);

export const CHARACTERS = {
  digits: charSet(codesOf(/[0-9]/)),
  word: charSet(codesOf(/[A-Za-z0-9_]/)),
} as const;

function codesOf(pattern: RegExp): number[] {
  return ALL.filter((code) => pattern.test(String.fromCharCode(code)));
}
