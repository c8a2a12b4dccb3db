/**
 * The last results, as they are kept beside the code: enough to draw and to quote from, nothing that tells whose machine
 * it was.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { chartOf } from './chart.js';
import type { Spread } from './figures.js';
import { type Results, textOf } from './results.js';

export const RESULTS_DIRECTORY = fileURLToPath(new URL('../../bench/results', import.meta.url));
const RESULTS_FILE = path.join(RESULTS_DIRECTORY, 'results.json');
const DIGITS = 4;

/** The JSON, and beside it the table and the chart that are made from it. */
export function writeResults(results: Results, directory = RESULTS_DIRECTORY): void {
  mkdirSync(directory, { recursive: true });
  const kept = shortened(results);
  writeFileSync(path.join(directory, 'results.json'), `${JSON.stringify(kept, null, 1)}\n`);
  writeFileSync(path.join(directory, 'results.txt'), textOf(kept));
  writeFileSync(path.join(directory, 'results.svg'), chartOf(kept));
}

/** @throws Error when there are none yet. */
export function readResults(): Results {
  const results = keptResults();
  if (results === null) throw new Error('there are no results: run "npm run bench" on a quiet machine');
  return results;
}

/** @returns null when there are none yet */
export function keptResults(): Results | null {
  return existsSync(RESULTS_FILE) ? (JSON.parse(readFileSync(RESULTS_FILE, 'utf8')) as Results) : null;
}

/** More digits than the noise has would change the file without saying anything. */
function shortened(results: Results): Results {
  return {
    ...results,
    comparisons: results.comparisons.map(({ othersCores: _, ...comparison }) => ({
      ...comparison,
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
