/** Mutants that no test can kill, because they change nothing that anybody can see, and why that is so. */
import { CODECS } from './equivalents/codecs.js';
import { EDGE } from './equivalents/edge.js';
import type { Equivalent } from './equivalents/equivalent.js';
import { NODES } from './equivalents/nodes.js';
import { PROXY } from './equivalents/proxy.js';
import { REGISTRY } from './equivalents/registry.js';
import { type Mutant, shortText } from './mutant.js';

export const EQUIVALENTS: readonly Equivalent[] = [...CODECS, ...EDGE, ...NODES, ...PROXY, ...REGISTRY];

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
