/** Docker Compose out of Debian's package. It needs no engine to read a file. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { cachedProgram, type DebianProgram, fetchDebianProgram, isExecutable } from '../machine/debian-package.js';

const run = promisify(execFile);

/** Bookworm has the version of before 2020, which was another program. */
const COMPOSE: DebianProgram = {
  packageName: 'docker-compose',
  suite: 'trixie',
  file: 'usr/libexec/docker/cli-plugins/docker-compose',
  hasOwnLibraries: false,
};

/** Fetches it unless it is here. @throws Error with what apt said */
export async function prepareCompose(): Promise<void> {
  if (isExecutable(cachedProgram(COMPOSE))) return;
  console.log('Fetching Docker Compose …');
  try {
    await fetchDebianProgram(COMPOSE);
  } catch (error) {
    throw new Error(`missing: Docker Compose, and Debian's could not be fetched: ${(error as Error).message}`);
  }
}

/** What Compose makes of the file, as JSON. @throws Error with what it says of a file that it does not take */
export async function composeConfig(file: string, env: NodeJS.ProcessEnv): Promise<string> {
  const words = ['--file', file, '--profile', '*', 'config', '--format', 'json'];
  return (await run(cachedProgram(COMPOSE), words, { env: { PATH: process.env.PATH, ...env } })).stdout;
}
