/**
 * Two plugins of Stryker.
 *
 * - Of all mutants in the chosen ranges one lets those through that were drawn. Ranges alone do not do it: the range of a
 *   block holds each mutant within the block too.
 * - Stryker makes expressions that JavaScript cannot read (`[\v-\x20]` → `[\V-\x20]`), and then the whole file cannot be
 *   loaded. The other one keeps Stryker away from the expressions that it makes such ones of.
 *
 * Loaded by Stryker in processes of their own; AUTOPROXY_DRAWN names the file with a `Drawn`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Place, placeKey } from './mutant.js';

export interface Drawn {
  /** Place keys. */
  readonly keys: readonly string[];
  /** Regular expressions as they are written, flags included. */
  readonly spared: readonly string[];
}

function readDrawn(): Drawn {
  return JSON.parse(readFileSync(process.env.AUTOPROXY_DRAWN ?? '', 'utf8')) as Drawn;
}

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
    for (const key of readDrawn().keys) this.#drawn.add(key);
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

/** Babel's own form of a place in the tree. */
interface TreePath {
  readonly node: { readonly type: string; readonly pattern?: string; readonly flags?: string };
}

class SparedExpressions {
  readonly #spared: ReadonlySet<string> = new Set(readDrawn().spared);

  shouldIgnore({ node: { type, pattern, flags } }: TreePath): string | undefined {
    return type === 'RegExpLiteral' && this.#spared.has(`/${pattern}/${flags}`)
      ? 'makes the file unreadable'
      : undefined;
  }
}

/** The name and form that Stryker looks for. */
export const strykerPlugins = [
  { kind: 'Checker', name: 'drawn', injectableClass: DrawnChecker },
  { kind: 'Ignore', name: 'spared', injectableClass: SparedExpressions },
];
