/** What the outcomes say about a folder. */
import { chanceOfAtMost, type Interval, shareInterval } from './draw.js';
import type { Outcome, TestedMutant } from './mutant.js';

/** `open`: a sample that says neither. */
export type BoundVerdict = 'kept' | 'broken' | 'open';

export interface FolderVerdict {
  readonly folder: string;
  /** Of the whole folder, without the equivalent ones. */
  readonly mutants: number;
  readonly tested: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Percent; null when no mutant counts. */
  readonly score: number | null;
  /** Where the score of the whole folder is by 95 %; null when all were tested. */
  readonly interval: Interval | null;
  readonly bound: BoundVerdict;
}

/**
 * A sample breaks the bound when a folder that just keeps it gives so poor a sample less often than this: .ci/run draws
 * anew each time, and must not fail by chance.
 */
const CHANCE = 1 / 10_000;

/**
 * A mutant that hangs is found too. One with which a file cannot even be loaded counts neither way.
 *
 * Where all mutants were tested, the score is judged; of a sample, what it says about all of them.
 */
export function judgeFolder(
  folder: string,
  mutants: number,
  tested: readonly TestedMutant[],
  bound: number,
): FolderVerdict {
  const counts = { Killed: 0, Timeout: 0, Survived: 0, NoCoverage: 0, RuntimeError: 0 };
  for (const { outcome } of tested) counts[outcome] += 1;
  const found = counts.Killed + counts.Timeout;
  const counting = found + counts.Survived + counts.NoCoverage;
  const score = counting === 0 ? null : (100 * found) / counting;
  const isSample = tested.length < mutants;
  return {
    folder,
    mutants,
    tested: tested.length,
    counts,
    score,
    interval: isSample ? shareInterval(found, counting) : null,
    bound: isSample ? judgeSample(found, counting, bound) : (score ?? 100) >= bound ? 'kept' : 'broken',
  };
}

function judgeSample(found: number, counting: number, bound: number): BoundVerdict {
  if (shareInterval(found, counting).low >= bound) return 'kept';
  return chanceOfAtMost(found, counting, bound / 100) < CHANCE ? 'broken' : 'open';
}
