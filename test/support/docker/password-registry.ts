/** A real registry of images (Debian's docker-registry) beside an engine. It wants a password for everything. */
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { atEnd, type Ending, temporaryFolder } from '../at-end.js';
import { eventually } from '../eventually.js';
import { spawnBound } from '../machine/bound-process.js';
import { cachedProgram, type DebianProgram, fetchDebianProgram, isExecutable } from '../machine/debian-package.js';
import type { TestEngine } from './test-engine.js';

const PROGRAM: DebianProgram = {
  packageName: 'docker-registry',
  suite: 'bookworm',
  file: 'usr/bin/docker-registry',
  hasOwnLibraries: false,
};
/** Engines speak plain HTTP with a registry of their own machine. */
const PLACE = 'localhost:5001';
const USER = 'ops';
const PASSWORD = 'secret-of-ops';
/** bcrypt of the password, as `htpasswd -B` makes it. */
const HASH = '$2b$04$abcdefghijklmnopqrstuuYIplAacEvhsXJfyH4u2JEXHCazq1Ze2';

export interface PasswordRegistry {
  /** Its part of the name of an image: `localhost:5001`. */
  readonly place: string;
  readonly password: string;
  /** Docker's folder of a person who has logged in there. */
  readonly loginFolder: string;
}

export function hasPasswordRegistry(): boolean {
  return isExecutable(cachedProgram(PROGRAM));
}

/** Fetches it, where it is not there yet. @throws Error with what apt said */
export async function preparePasswordRegistry(): Promise<void> {
  if (!hasPasswordRegistry()) await fetchDebianProgram(PROGRAM);
}

/** Resolves when it listens; a person has logged in. */
export async function startPasswordRegistry(context: Ending, engine: TestEngine): Promise<PasswordRegistry> {
  const folder = temporaryFolder(context, 'registry');
  const [users, config] = [path.join(folder, 'users'), path.join(folder, 'config.yml')];
  writeFileSync(users, `${USER}:${HASH}\n`);
  writeFileSync(
    config,
    `version: 0.1
storage: {filesystem: {rootdirectory: ${folder}/images}}
http: {addr: "127.0.0.1:${PLACE.split(':')[1]}"}
auth: {htpasswd: {realm: own, path: ${users}}}
`,
  );
  const command = [...engine.namespace, cachedProgram(PROGRAM), 'serve', config];
  const child = spawnBound(command, { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  atEnd(context, async () => {
    child.kill('SIGKILL');
    await ended;
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-20_000);
  });
  await eventually('the registry listens', () => {
    if (child.exitCode !== null) throw new Error(`the registry ended; it said:\n${said}`);
    return said.includes('listening on');
  });
  const loginFolder = path.join(folder, 'login');
  mkdirSync(loginFolder);
  await engine.docker('--config', loginFolder, 'login', '--username', USER, '--password', PASSWORD, PLACE);
  return { place: PLACE, password: PASSWORD, loginFolder };
}
