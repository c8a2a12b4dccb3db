/** What changes from one release to the next, file by file and line by line. */
import { NODES_FILE } from './pod-nodes.js';
import { CERTIFICATES_FOLDER, linesOf, type Release } from './release.js';
import { DEFINITIONS_FILE } from './served-definitions.js';
import { SERVED_FILES_FILE } from './served-files.js';

export interface FileDifference {
  readonly file: string;
  readonly kind: 'added' | 'removed' | 'changed';
  /** Lines that go and lines that come, each in its order; a line that only moves is in none of the two. Empty for keys. */
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

/** For the next start, not for HAProxy. What counts in them stands in the other files too. */
const RECORDS = [NODES_FILE, DEFINITIONS_FILE, SERVED_FILES_FILE];

/** Sorted by file; files that HAProxy does not read are left out. @param from null: the first release */
export function differencesBetween(from: Release | null, to: Release): readonly FileDifference[] {
  const before = from?.files ?? new Map<string, string>();
  const names = [...new Set([...before.keys(), ...to.files.keys()])].filter((name) => !RECORDS.includes(name)).sort();
  return names.flatMap((file): FileDifference[] => {
    const [old, next] = [before.get(file), to.files.get(file)];
    if (old === next) return [];
    const kind = old === undefined ? 'added' : next === undefined ? 'removed' : 'changed';
    // A certificate's file has its key, which nobody wants to see.
    if (file.startsWith(CERTIFICATES_FOLDER)) return [{ file, kind, removed: [], added: [] }];
    return [{ file, kind, ...linesBetween(linesOf(old ?? ''), linesOf(next ?? '')) }];
  });
}

function linesBetween(
  before: readonly string[],
  after: readonly string[],
): { readonly removed: readonly string[]; readonly added: readonly string[] } {
  return { removed: without(before, after), added: without(after, before) };
}

/** As multisets: a line that stands twice counts twice. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
