/** Which test files are asked about which mutants. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { GuardedFolder } from './folders.js';

/** As `tsc` writes them, also `import('./x.js')`. */
const IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;

/**
 * @param root of the tree
 * @returns compiled files, from there, in the order of the guards, those that are late last
 */
export function guardsOf({ guards, slow = [], late = [] }: GuardedFolder, root: string): string[] {
  const tests = readdirSync(path.join(root, 'dist/test'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => name.replace(/\.test\.js$/, ''))
    .sort();
  const found = guards.flatMap((guard) => tests.filter((name) => name === guard || name.startsWith(`${guard}/`)));
  const kept = [...new Set(found)].filter((name) => !slow.includes(name));
  const ordered = [...kept.filter((name) => !late.includes(name)), ...late];
  return ordered.map((name) => `dist/test/${name}.test.js`);
}

/**
 * A test that does not import the code, by itself or through others, cannot fail with a mutant of it, and what it starts
 * as a process of its own counts for no coverage. The first run without a mutant need not wait for it.
 * @param tests compiled files, from `root`
 * @param code the same
 * @returns those that import one of `code`; all when none does, since Stryker refuses a run without tests
 */
export function testsReaching(tests: readonly string[], code: readonly string[], root: string): readonly string[] {
  const wanted = new Set(code.map((file) => path.join(root, file)));
  const imports = new Map<string, readonly string[]>();
  const importsOf = (file: string): readonly string[] => {
    const known = imports.get(file);
    if (known !== undefined) return known;
    const found = [...readFileSync(file, 'utf8').matchAll(IMPORT)]
      .map((match) => path.resolve(path.dirname(file), match[1] ?? ''))
      .filter((one) => existsSync(one));
    imports.set(file, found);
    return found;
  };
  const reaches = (test: string): boolean => {
    const seen = new Set([path.join(root, test)]);
    // A set goes on to what is added while it is read.
    for (const file of seen) {
      if (wanted.has(file)) return true;
      for (const one of importsOf(file)) seen.add(one);
    }
    return false;
  };
  const reaching = tests.filter(reaches);
  return reaching.length === 0 ? tests : reaching;
}
