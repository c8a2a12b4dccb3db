/** Runs StrykerJS as its command, over the compiled files, in a copy of the tree outside of the tree. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Drawn } from './drawn-checker.js';
import {
  type Mutant,
  type MutationReport,
  mutantsOf,
  type Outcome,
  placeKey,
  type TestedMutant,
  unreadableExpressions,
} from './mutant.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const CHECKER = fileURLToPath(new URL('./drawn-checker.js', import.meta.url));
const OUTCOMES: readonly string[] = ['Killed', 'Timeout', 'Survived', 'NoCoverage', 'RuntimeError'];

/** How long the tests of a mutant may take: a share of their time without a mutant, and some more. */
export interface Patience {
  /** Mutants at a time. Each has test processes of its own: more than two would make tests late that measure time. */
  readonly concurrency: number;
  readonly timeoutMS: number;
  readonly timeoutFactor: number;
}

const AT_FIRST: Patience = { concurrency: 2, timeoutMS: 8_000, timeoutFactor: 2 };
/**
 * The time without a mutant is measured once, at the start of a run. A machine that becomes busy later makes tests late that
 * would pass, and a mutant that nobody notices would count as found.
 */
const ONCE_MORE: Patience = { concurrency: 1, timeoutMS: 20_000, timeoutFactor: 5 };
const FIRST_RUN_MINUTES = 15;
/** As Stryker begins the reason of a timeout that it counted: the mutant ran a hundred times as often as without itself. */
const ENDLESS = 'Hit limit reached';

/** The fuzzers' cases and cuts, of 30,000 and 40,000 and 2,000 in `npm test`: they run once for each mutant. */
const FUZZ = { FUZZ_CASES: '2000', FUZZ_CUTS: '100' };

/** What no test of a guard reads. */
const NOT_COPIED = ['/.*', '/bench', '/dist/bench', '/dist/test/mutants', '*.map', '*.d.ts'];
/** What a list of mutants needs no more: each copy is thousands of files. */
const NOT_LISTED = [...NOT_COPIED, '/src', '/edge', '/test', '/docs', '/examples', '/dist/test'];

export class Stryker {
  readonly #folder: string;
  readonly #atFirst: Patience;
  #spared: readonly string[] = [];
  #runs = 0;

  /** @param folder of its own, for copies and reports; whoever gave it removes it */
  constructor(folder: string, atFirst = AT_FIRST) {
    this.#folder = folder;
    this.#atFirst = atFirst;
  }

  /** All mutants of the compiled `files` (from the root) that can be tested. To be asked first. */
  async list(files: readonly string[]): Promise<Mutant[]> {
    const passing = path.join(this.#folder, 'passing.test.js');
    writeFileSync(passing, "import { test } from 'node:test';\ntest('passes', () => {});\n");
    const all = mutantsOf(await this.#run(files, [], [passing], this.#atFirst, NOT_LISTED));
    this.#spared = unreadableExpressions(all);
    return all.filter(({ mutator, original }) => mutator !== 'Regex' || !this.#spared.includes(original));
  }

  /**
   * A mutant that runs out of time, and is not seen to run for ever, is tested once more, alone and with more time: the
   * second outcome counts.
   * @param tests compiled files, from the root, in the order in which they are asked
   */
  async test(mutants: readonly Mutant[], tests: readonly string[]): Promise<readonly TestedMutant[]> {
    const first = await this.#test(mutants, tests, this.#atFirst);
    const late = first.filter(({ outcome, reason }) => outcome === 'Timeout' && !reason.startsWith(ENDLESS));
    if (late.length === 0) return first;
    const second = await this.#test(late, tests, ONCE_MORE);
    const again = new Map(second.map((mutant) => [placeKey(mutant), mutant]));
    return first.map((mutant) => again.get(placeKey(mutant)) ?? mutant);
  }

  async #test(mutants: readonly Mutant[], tests: readonly string[], patience: Patience): Promise<TestedMutant[]> {
    const drawn = new Set(mutants.map(placeKey));
    const ranges = mutants.map(
      ({ file, start, end }) => `${file}:${start.line}:${start.column - 1}-${end.line}:${end.column - 1}`,
    );
    const tested = mutantsOf(await this.#run([...new Set(ranges)], [...drawn], tests, patience)).flatMap((mutant) =>
      drawn.has(placeKey(mutant)) && OUTCOMES.includes(mutant.status)
        ? [{ ...mutant, outcome: mutant.status as Outcome }]
        : [],
    );
    if (tested.length < drawn.size)
      throw new Error(`${drawn.size} mutants were drawn, Stryker tested ${tested.length}`);
    return tested;
  }

  async #run(
    mutate: readonly string[],
    drawn: readonly string[],
    tests: readonly string[],
    patience: Patience,
    ignorePatterns = NOT_COPIED,
  ): Promise<MutationReport> {
    this.#runs += 1;
    const folder = path.join(this.#folder, `run-${this.#runs}`);
    mkdirSync(folder);
    const at = (name: string) => path.join(folder, name);
    const chosen: Drawn = { keys: drawn, spared: this.#spared };
    writeFileSync(at('drawn.json'), JSON.stringify(chosen));
    writeFileSync(
      at('stryker.json'),
      JSON.stringify({
        mutate,
        testRunner: 'tap',
        checkers: ['drawn'],
        ignorers: ['spared'],
        plugins: ['@stryker-mutator/tap-runner', CHECKER],
        tap: {
          testFiles: tests,
          nodeArgs: ['--test-reporter=tap', '-r', '{{hookFile}}', '{{testFile}}'],
        },
        coverageAnalysis: 'perTest',
        ...patience,
        dryRunTimeoutMinutes: FIRST_RUN_MINUTES,
        // Stryker would read it with the API of TypeScript 6; what it mutates is compiled already.
        tsconfigFile: 'none.json',
        disableTypeChecks: false,
        ignorePatterns,
        // The real components, which some tests start. No shell reads it: quotes would become a part of the name, and a
        // blank ends a word unless it stands behind a backslash.
        buildCommand: `ln -s ${path.join(ROOT, '.cache').replaceAll(' ', '\\ ')} .cache`,
        tempDirName: at('copy'),
        cleanTempDir: 'always',
        reporters: ['json'],
        jsonReporter: { fileName: at('report.json') },
        logLevel: 'warn',
        warnings: { slow: false },
        allowConsoleColors: false,
      }),
    );
    await this.#spawn(at('stryker.json'), at('drawn.json'));
    const report = JSON.parse(readFileSync(at('report.json'), 'utf8')) as MutationReport;
    rmSync(folder, { recursive: true });
    return report;
  }

  /** @throws Error with what Stryker said */
  async #spawn(config: string, drawn: string): Promise<void> {
    const command = path.join(ROOT, 'node_modules/@stryker-mutator/core/bin/stryker.js');
    const env = { ...process.env, AUTOPROXY_DRAWN: drawn, ...FUZZ };
    // A group of its own, so that tests which a mutant makes run for ever end with an interrupted run.
    const child = spawn(process.execPath, [command, 'run', config], {
      cwd: ROOT,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const end = () => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    };
    // Before the folder is removed.
    process.prependOnceListener('exit', end);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-20_000);
      });
    }
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    process.removeListener('exit', end);
    if (code !== 0) throw new Error(`Stryker ended with ${code}:\n${said}`);
  }
}
