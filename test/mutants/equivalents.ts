/** Mutants that no test can kill, because they change nothing that anybody can see, and why that is so. */
import { type Mutant, shortText } from './mutant.js';

/** Names mutants by their text, so that an entry outlives the move of a line. */
export interface Equivalent {
  /** From the root, as it is written: `src/http1/framing.ts`. */
  readonly file: string;
  readonly mutator: string;
  /** The first line of it in the compiled file, without indent. */
  readonly line: string;
  /** On one line, cut at 80 characters, as the command prints it. */
  readonly original: string;
  readonly replacement: string;
  readonly reason: string;
}

export const EQUIVALENTS: readonly Equivalent[] = [];

/** `dist/src/http1/framing.js` → `src/http1/framing.ts`. */
export function sourceOf(compiled: string): string {
  return compiled.replace(/^dist\//, '').replace(/\.js$/, '.ts');
}

export function isMeant(equivalent: Equivalent, mutant: Mutant): boolean {
  return (
    equivalent.file === sourceOf(mutant.file) &&
    equivalent.mutator === mutant.mutator &&
    equivalent.line === mutant.line &&
    equivalent.original === shortText(mutant.original) &&
    equivalent.replacement === shortText(mutant.replacement)
  );
}

/** @returns those that name no mutant although their file was looked at: the code has changed, and so may the reason */
export function staleOf(
  equivalents: readonly Equivalent[],
  mutants: readonly Mutant[],
  isLookedAt: (file: string) => boolean,
): Equivalent[] {
  return equivalents.filter((one) => isLookedAt(one.file) && !mutants.some((mutant) => isMeant(one, mutant)));
}
