/** Connections that send a message, wait for its echo, and send the next. */
import { fileURLToPath } from 'node:url';
import { runProgram } from '../leftovers.js';
import type { Generator, LoadFigures } from './load.js';

const PROGRAM = fileURLToPath(new URL('./websocket-program.js', import.meta.url));

/** As a program of its own, so that it can be pinned. */
export const websocket: Generator = async ({ host, ports, path, connections, seconds, bodyBytes, prefix }) => {
  const told = { url: `ws://${host}:${ports[0]}${path}`, connections, seconds, bytes: bodyBytes };
  const output = await runProgram([...prefix, process.execPath, PROGRAM, JSON.stringify(told)], (seconds + 30) * 1_000);
  return JSON.parse(output) as LoadFigures;
};
