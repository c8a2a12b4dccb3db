/** The real Consul: CONSUL_BIN, a consul on the PATH, or Debian's, which only the suite bullseye has (1.8). */
import path from 'node:path';
import { cachedProgram, type DebianProgram, fetchDebianProgram, isExecutable } from '../machine/debian-package.js';

const DEBIANS: DebianProgram = {
  packageName: 'consul',
  suite: 'bullseye',
  file: 'usr/bin/consul',
  hasOwnLibraries: false,
};

/** @returns the path of the program, or null when there is none yet. @throws Error when CONSUL_BIN is no program */
export function findConsul(env: NodeJS.ProcessEnv = process.env): string | null {
  const named = env.CONSUL_BIN;
  if (named !== undefined && named !== '') {
    if (isExecutable(named)) return named;
    throw new Error(`CONSUL_BIN is ${named}, which is no program that can be run`);
  }
  const onPath = (env.PATH ?? '').split(':').map((folder) => path.join(folder, 'consul'));
  return [...onPath, cachedProgram(DEBIANS)].find(isExecutable) ?? null;
}

/** Finds the program or fetches it. @throws Error that says what is missing and what to do */
export async function prepareConsul(): Promise<string> {
  const found = findConsul();
  if (found !== null) return found;
  try {
    return await fetchDebianProgram(DEBIANS);
  } catch (error) {
    throw new Error(
      `missing: consul, and Debian's could not be fetched: ${(error as Error).message}\n` +
        'Put a consul on the PATH, or name one: CONSUL_BIN=/path/to/consul',
    );
  }
}
