/**
 * The last results, as they are kept beside the code: enough to draw and to quote from, nothing that tells whose machine
 * it was.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Comparison, Spread } from './figures.js';
import type { Promised } from './judgement.js';
import type { Machine } from './machine.js';

export const RESULTS_DIRECTORY = fileURLToPath(new URL('../../bench/results', import.meta.url));
const FILE = path.join(RESULTS_DIRECTORY, 'results.json');
const DIGITS = 4;

export interface Results {
  /** The day, in UTC. */
  readonly date: string;
  readonly machine: Machine;
  /** Cores that others used before anything was started. */
  readonly othersCores: number;
  readonly seconds: number;
  readonly comparisons: readonly Comparison[];
  readonly promises: readonly Promised[];
}

export function writeResults(results: Results, file = FILE): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(shortened(results), null, 1)}\n`);
}

/** @throws Error when there are none yet. */
export function readResults(file = FILE): Results {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Results;
  } catch (error) {
    throw new Error(`no results in ${path.basename(file)}: run "npm run bench" on a quiet machine`, { cause: error });
  }
}

/** More digits than the noise has would change the file without saying anything. */
function shortened(results: Results): Results {
  return {
    ...results,
    othersCores: shorten(results.othersCores),
    comparisons: results.comparisons.map((comparison) => ({
      ...comparison,
      othersCores: shorten(comparison.othersCores),
      contenders: comparison.contenders.map(({ name, version, value, ratio, others }) => ({
        name,
        version,
        value: shortenSpread(value),
        ratio: ratio === null ? null : shortenSpread(ratio),
        others: Object.fromEntries(Object.entries(others).map(([title, figure]) => [title, shorten(figure)])),
      })),
    })),
  };
}

function shortenSpread({ min, median, max }: Spread): Spread {
  return { min: shorten(min), median: shorten(median), max: shorten(max) };
}

function shorten(figure: number): number {
  return Number.isInteger(figure) ? figure : Number(figure.toPrecision(DIGITS));
}
