/**
 * A plugin of Stryker: of all mutants in the chosen ranges it lets those through that were drawn. Ranges alone do not do
 * it: the range of a block holds each mutant within the block too.
 *
 * Loaded by Stryker in a process of its own; AUTOPROXY_DRAWN names the file with the drawn keys.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Place, placeKey } from './mutant.js';

/** Stryker's own form: an absolute path, lines and columns from 0. */
interface CandidateMutant {
  readonly id: string;
  readonly fileName: string;
  readonly mutatorName: string;
  readonly replacement: string;
  readonly location: { readonly start: Place; readonly end: Place };
}

type Verdict = { readonly status: 'passed' } | { readonly status: 'compileError'; readonly reason: string };

const fromOne = ({ line, column }: Place): Place => ({ line: line + 1, column: column + 1 });

class DrawnChecker {
  readonly #drawn = new Set<string>();

  async init(): Promise<void> {
    const keys = JSON.parse(readFileSync(process.env.AUTOPROXY_DRAWN ?? '', 'utf8')) as readonly string[];
    for (const key of keys) this.#drawn.add(key);
  }

  async check(mutants: readonly CandidateMutant[]): Promise<Record<string, Verdict>> {
    return Object.fromEntries(mutants.map((mutant) => [mutant.id, this.#judge(mutant)]));
  }

  /** All at once: one message instead of one for each. */
  async group(mutants: readonly CandidateMutant[]): Promise<string[][]> {
    return [mutants.map(({ id }) => id)];
  }

  #judge({ fileName, mutatorName, replacement, location }: CandidateMutant): Verdict {
    const file = path.relative(process.cwd(), fileName).split(path.sep).join('/');
    const key = placeKey({
      file,
      mutator: mutatorName,
      replacement,
      start: fromOne(location.start),
      end: fromOne(location.end),
    });
    return this.#drawn.has(key) ? { status: 'passed' } : { status: 'compileError', reason: 'not drawn' };
  }
}

/** The name and form that Stryker looks for. */
export const strykerPlugins = [{ kind: 'Checker', name: 'drawn', injectableClass: DrawnChecker }];
