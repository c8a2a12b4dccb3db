/** The two programs of bench that are C, for what no library of npm does at this price: compiled where there is a compiler. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../test/support/machine/components.js';
import { MissingProgram } from './contenders/missing-program.js';
import { createDirectory } from './leftovers.js';

const SOURCES = fileURLToPath(new URL('../../bench', import.meta.url));
const compiled = new Map<string, string>();

/**
 * @param source below bench. @returns the program, compiled once a run
 * @throws MissingProgram when a C compiler is missing
 */
export function cProgram(source: string): string {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  const compiler = findProgram('cc');
  if (compiler === null) throw new MissingProgram('cc');
  const program = path.join(createDirectory('compiled'), path.basename(source, '.c'));
  execFileSync(compiler, ['-O2', '-o', program, path.join(SOURCES, source)]);
  compiled.set(source, program);
  return program;
}
