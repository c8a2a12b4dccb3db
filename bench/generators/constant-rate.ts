/** An open loop: requests are due at a constant rate, and a late answer holds up none of them (constant-rate.c). */
import { cProgram } from '../c-program.js';
import { runProgram } from '../leftovers.js';
import type { Generator, LoadFigures } from './load.js';

/** @throws MissingProgram where it can't be compiled */
export const constantRate: Generator = async ({ host, ports, path, perSecond, seconds, connections, prefix }) => {
  const program = cProgram('generators/constant-rate.c');
  const told = [host, ports[0], path, perSecond, seconds, connections].map(String);
  return JSON.parse(await runProgram([...prefix, program, ...told], (seconds + 30) * 1_000)) as LoadFigures;
};
