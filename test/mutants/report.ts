/** The outcomes as a person reads them. */
import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Equivalent } from './equivalents/equivalent.js';
import { sourceOf } from './equivalents.js';
import { type Mutant, shortText, type TestedMutant } from './mutant.js';
import type { FolderVerdict } from './verdict.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const TITLES = [
  ...['folder', 'mutants', 'tested', 'killed', 'survived', 'timeouts', 'no coverage', 'not loadable'],
  ...['score', '95 %', 'bound'],
];

export function verdictTable(verdicts: readonly FolderVerdict[], bound: number): string {
  const rows = verdicts.map(({ folder, mutants, tested, counts, score, interval, bound: kept }) => [
    folder,
    ...[mutants, tested, counts.Killed, counts.Survived, counts.Timeout, counts.NoCoverage, counts.RuntimeError],
    score === null ? '-' : `${score.toFixed(1)} %`,
    interval === null ? '-' : `${interval.low.toFixed(0)}-${interval.high.toFixed(0)} %`,
    `${bound} %: ${kept}`,
  ]);
  const cells = [TITLES, ...rows.map((row) => row.map(String))];
  const widths = TITLES.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  return cells
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** `src/http1/framing.ts:12 EqualityOperator: a < b → a <= b`. */
export function mutantLine(mutant: Mutant): string {
  const { mutator, original, replacement, line } = mutant;
  const text = shortText(original);
  const context = line.includes(text) && line !== text ? `   in: ${shortText(line)}` : '';
  return `${sourceOf(mutant.file)}:${sourceLine(mutant)} ${mutator}: ${text} → ${shortText(replacement)}${context}`;
}

export function survivorLines(tested: readonly TestedMutant[]): string[] {
  return tested
    .filter(({ outcome }) => outcome === 'Survived' || outcome === 'NoCoverage')
    .map((mutant) => `${mutantLine(mutant)}${mutant.outcome === 'NoCoverage' ? '   (no test comes there)' : ''}`)
    .sort();
}

/** With why, where Stryker said so: what ran for ever is sure, what was late on a busy machine is not. */
export function timeoutLines(tested: readonly TestedMutant[]): string[] {
  return tested
    .filter(({ outcome }) => outcome === 'Timeout')
    .map((mutant) => `${mutantLine(mutant)}${mutant.reason === '' ? '' : `   (${mutant.reason})`}`)
    .sort();
}

export function equivalentLine({ file, mutator, original, replacement, line }: Equivalent): string {
  return `${file} ${mutator}: ${original} → ${replacement}   in: ${line}`;
}

const maps = new Map<string, SourceMap>();

function sourceLine({ file, start }: Mutant): number {
  let map = maps.get(file);
  if (map === undefined) {
    map = new SourceMap(JSON.parse(readFileSync(path.join(ROOT, `${file}.map`), 'utf8')));
    maps.set(file, map);
  }
  const entry = map.findEntry(start.line - 1, start.column - 1);
  return 'originalLine' in entry ? entry.originalLine + 1 : start.line;
}
