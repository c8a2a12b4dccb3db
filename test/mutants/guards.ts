/** Which test files are asked about which mutants. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { GuardedFolder } from './folders.js';

/** As `tsc` writes them, also `import('./x.js')`. */
const IMPORT = /\b(?:from|import)\s*\(?\s*['"](\.{1,2}\/[^'"]+)['"]/g;

/** @returns the compiled file, from the root */
export function testFile(name: string): string {
  return `dist/test/${name}.test.js`;
}

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
  return ordered.map(testFile);
}

/**
 * A test that does not import the code, by itself or through others, cannot fail with a mutant of it, and what it starts
 * as a process of its own counts for no coverage. The first run without a mutant need not wait for it.
 * @param tests compiled files, from `root`
 * @param code the same
 * @param late of `tests`, those that keep their places
 * @returns those that import one of `code`; all when none does, since Stryker refuses a run without tests. Those that import
 * it by themselves come first: they take milliseconds, and kill most mutants before a test of the whole is asked
 */
export function testsReaching(
  tests: readonly string[],
  code: readonly string[],
  root: string,
  late: ReadonlySet<string> = new Set(),
): readonly string[] {
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
  if (reaching.length === 0) return tests;
  const isNear = (test: string): boolean =>
    !late.has(test) && importsOf(path.join(root, test)).some((one) => wanted.has(one));
  return [...reaching.filter(isNear), ...reaching.filter((test) => !isNear(test))];
}
