/** Connections spread over more ports than `wrk` can have threads. */
import { fileURLToPath } from 'node:url';
import { runProgram } from '../leftovers.js';
import type { Generator, LoadFigures } from './load.js';

const PROGRAM = fileURLToPath(new URL('./each-port-program.js', import.meta.url));

/** As a program of its own, so that it can be pinned. */
export const eachPort: Generator = async ({ host, ports, path, connections, seconds, prefix }) => {
  const told = { host, ports, path, connections, seconds };
  const output = await runProgram([...prefix, process.execPath, PROGRAM, JSON.stringify(told)], (seconds + 30) * 1_000);
  return JSON.parse(output) as LoadFigures;
};
