/** Which files of the services directory are read, and which are looked at again at a time. Touches no disk. */
import type { Problem } from '../../model/problem.js';

/** A node has 32 767 slots at most, and a file may hold many apps; a directory with more files is a mistake. */
export const MAX_SERVICE_FILES = 10_000;

interface FileChoice {
  /** Those that are read. */
  readonly names: readonly string[];
  readonly problem: Problem | null;
}

/**
 * All files, or those that were read before and then the first by name, up to the limit: what is served stays.
 * @param names sorted
 */
export function chooseFiles(
  directory: string,
  names: readonly string[],
  isKnown: (name: string) => boolean,
  limit: number,
): FileChoice {
  if (names.length <= limit) return { names, problem: null };
  const known = names.filter(isKnown).slice(0, limit);
  const added = names.filter((name) => !isKnown(name)).slice(0, limit - known.length);
  const chosen = [...known, ...added].sort();
  const isChosen = new Set(chosen);
  const first = names.find((name) => !isChosen.has(name)) ?? '';
  const problem: Problem = {
    severity: 'error',
    app: null,
    file: directory,
    line: null,
    col: null,
    message: `there are ${names.length} service files, and ${limit} are read; the first that is left out is ${first}`,
    hint: 'remove what does not belong here, or write several apps into one file',
  };
  return { names: chosen, problem };
}

/** Goes round a list that may change between two turns, a piece at a time. */
export class Rotation {
  readonly #size: number;
  #next = 0;

  constructor(size: number) {
    this.#size = size;
  }

  take<Item>(items: readonly Item[]): readonly Item[] {
    if (items.length <= this.#size) return items;
    const start = this.#next % items.length;
    this.#next = start + this.#size;
    const piece = items.slice(start, start + this.#size);
    return [...piece, ...items.slice(0, this.#size - piece.length)];
  }
}
