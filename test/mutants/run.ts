/**
 * Mutation testing: changes the code in small ways, one at a time, and asks whether a test fails.
 *
 *   npm run mutants -- [folder…] [--sample N] [--seed S] [--file part-of-a-path]
 *
 * README.md says how to read it. Exit code 1: a bound is broken, or an entry of equivalents/ no longer holds.
 */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../support/seeded-random.js';
import { draw } from './draw.js';
import { EQUIVALENTS, isMeant, sourceOf, staleOf } from './equivalents.js';
import { BOUND, chooseFolders, type GuardedFolder } from './folders.js';
import { guardsOf, testFile, testsReaching } from './guards.js';
import type { Mutant, TestedMutant } from './mutant.js';
import { equivalentLine, mutantLine, survivorLines, timeoutLines, verdictTable } from './report.js';
import { Stryker } from './stryker.js';
import { judgeFolder } from './verdict.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Mutants of one run of Stryker. All mutants of a run stand in one copy of the code, each behind a switch: all 2,100 of
 * src/http1 in one copy made its tests, which read byte by byte, more than ten times slower.
 */
const LOT = 100;

interface FolderMutants {
  readonly folder: GuardedFolder;
  readonly all: readonly Mutant[];
  readonly chosen: readonly Mutant[];
}

function compiledFiles(source: string): string[] {
  return readdirSync(path.join(ROOT, 'dist', source), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.js'))
    .sort()
    .map((name) => `dist/${source}/${name}`);
}

function lotsOf<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / LOT) }, (_, index) => all.slice(index * LOT, (index + 1) * LOT));
}

function wholeNumber(text: string | undefined, option: string): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d{0,9}$/.test(text)) throw new Error(`${option}: ${text} is no whole number above 0`);
  return Number(text);
}

async function main(folder: string): Promise<boolean> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { sample: { type: 'string' }, seed: { type: 'string' }, file: { type: 'string', default: '' } },
  });
  const folders = chooseFolders(positionals);
  const sample = wholeNumber(values.sample, '--sample');
  const seed = wholeNumber(values.seed, '--seed') ?? 1 + Math.floor(Math.random() * 0x7fffffff);
  const part = values.file.replace(/\.ts$/, '');
  const files = new Map(
    folders.map((one) => [one, compiledFiles(one.source).filter((name) => sourceOf(name).includes(part))]),
  );
  const lookedAt = [...files.values()].flat();
  if (lookedAt.length === 0) throw new Error(`--file: no file of these folders has ${values.file} in its path`);
  console.log(
    `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, Node ${process.version}; ` +
      (sample === null ? 'all mutants' : `${sample} mutants of each folder, drawn with --seed ${seed}`),
  );

  const stryker = new Stryker(folder);
  const startedAt = performance.now();
  const listed = await stryker.list(lookedAt);
  const random = new SeededRandom(seed);
  const chosen = folders.map((one): FolderMutants => {
    const all = listed.filter(
      (mutant) => mutant.file.startsWith(`dist/${one.source}/`) && !EQUIVALENTS.some((some) => isMeant(some, mutant)),
    );
    return { folder: one, all, chosen: sample === null ? all : draw(all, sample, random) };
  });
  const tested = await testAll(stryker, chosen);

  const verdicts = chosen.map(({ folder: one, all }) =>
    judgeFolder(
      one.name,
      all.length,
      tested.filter(({ file }) => file.startsWith(`dist/${one.source}/`)),
      BOUND,
    ),
  );
  if (sample !== null && verdicts.length > 1) {
    verdicts.push(
      judgeFolder(
        'together',
        chosen.reduce((sum, { all }) => sum + all.length, 0),
        tested,
        BOUND,
      ),
    );
  }
  const survivors = survivorLines(tested);
  if (survivors.length > 0) console.log(`\nNo test fails with these:\n  ${survivors.join('\n  ')}`);
  const late = timeoutLines(tested);
  if (late.length > 0)
    console.log(`\nThe tests ran out of time with these, which counts as found:\n  ${late.join('\n  ')}`);
  const stale = staleOf(EQUIVALENTS, listed, (file) => lookedAt.some((name) => sourceOf(name) === file));
  if (stale.length > 0) {
    console.log(`\nEntries of equivalents/ that name no mutant any more:\n  ${stale.map(equivalentLine).join('\n  ')}`);
  }
  console.log(`\n${verdictTable(verdicts, BOUND)}`);
  console.log(`${tested.length} mutants in ${((performance.now() - startedAt) / 60_000).toFixed(1)} minutes`);
  return stale.length === 0 && verdicts.every(({ bound }) => bound !== 'broken');
}

/** A sample of several folders goes in one run, with the guards of all: starting costs more than the few mutants do. */
async function testAll(stryker: Stryker, folders: readonly FolderMutants[]): Promise<TestedMutant[]> {
  const isSmall = folders.reduce((sum, { chosen }) => sum + chosen.length, 0) <= LOT;
  const runs = isSmall ? [folders] : folders.map((one) => [one]);
  const tested: TestedMutant[] = [];
  for (const run of runs) {
    const tests = [...new Set(run.flatMap(({ folder }) => guardsOf(folder, ROOT)))];
    const late = new Set(run.flatMap(({ folder }) => folder.late ?? []).map(testFile));
    const lots = lotsOf(run.flatMap(({ chosen }) => chosen));
    for (const [index, lot] of lots.entries()) {
      const mutated = [...new Set(lot.map(({ file }) => file))];
      const outcomes = await stryker.test(lot, testsReaching(tests, mutated, ROOT, late));
      tested.push(...outcomes);
      if (lots.length > 1) {
        const survived = outcomes.filter(({ outcome }) => outcome === 'Survived' || outcome === 'NoCoverage');
        console.log(`${run[0]?.folder.name}: part ${index + 1} of ${lots.length}, ${survived.length} survived`);
        for (const mutant of survived) console.log(`  ${mutantLine(mutant)}`);
      }
    }
  }
  return tested;
}

const folder = mkdtempSync(path.join(tmpdir(), 'autoproxy-mutants-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
try {
  if (!(await main(folder))) process.exitCode = 1;
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
