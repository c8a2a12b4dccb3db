/**
 * Programs that keep passwords for Docker: `docker-credential-NAME get` reads a server from its input, and answers with JSON.
 * Where it fails, its output is what went wrong.
 * @see https://github.com/docker/docker-credential-helpers
 */
import { execFile } from 'node:child_process';
import * as v from 'valibot';
import { codeOf } from '../core/thrown.js';
import { escapeText } from '../model/problem.js';
import { type Credential, PasswordFailure, WITHOUT } from './client-config.js';

/** It may ask a service of a cloud, or a person to unlock something. */
const PROGRAM_MS = 60_000;
const MAX_OUTPUT_BYTES = 262_144;
const MAX_SAID_LENGTH = 200;
/** All helpers say it in these words, and in no others. */
const NOT_FOUND = 'credentials not found in native keychain';
/** In the place of a user: the secret is an identity token. */
const TOKEN_USER = '<token>';

const answer = v.object({ Username: v.string(), Secret: v.string() });

/**
 * @param name as the config of Docker says it: `pass`, `ecr-login`
 * @param env of this process; the helper is looked for on its PATH
 * @returns null: it keeps none of this server
 * @throws PasswordFailure
 */
export async function askProgram(name: string, server: string, env: NodeJS.ProcessEnv): Promise<Credential | null> {
  const program = `docker-credential-${name}`;
  const shown = escapeText(program);
  const about = escapeText(server);
  if (!/^[\w.-]+$/.test(name))
    throw new PasswordFailure(
      `${shown}, which is to keep the password of ${about}, is not a name of a program; mend Docker's config.json, ${WITHOUT}`,
    );
  const { error, output, complaint } = await run(program, server, env);
  if (error !== null) {
    const said = output.trim();
    if (said === NOT_FOUND) return null;
    if (codeOf(error) === 'ENOENT')
      throw new PasswordFailure(
        `the password of ${about} is kept by ${shown}, which is not on the PATH; install it, ${WITHOUT}`,
      );
    const words = wordsFor(error, said.startsWith('{') ? complaint : said || complaint);
    throw new PasswordFailure(
      `${shown} does not give the password of ${about}: ${words}; docker login ${about}, ${WITHOUT}`,
    );
  }
  const read = v.safeParse(answer, parsed(output));
  if (!read.success)
    throw new PasswordFailure(
      `${shown} gives something else than the password of ${about}; docker login ${about}, ${WITHOUT}`,
    );
  const { Username: username, Secret: secret } = read.output;
  return username === TOKEN_USER ? { identitytoken: secret } : { username, password: secret };
}

interface Ran {
  readonly error: Error | null;
  readonly output: string;
  readonly complaint: string;
}

function run(program: string, input: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  return new Promise((resolve) => {
    const limits = { timeout: PROGRAM_MS, maxBuffer: MAX_OUTPUT_BYTES, killSignal: 'SIGKILL' } as const;
    const child = execFile(program, ['get'], { ...limits, env }, (error, output, complaint) =>
      resolve({ error, output, complaint }),
    );
    // One that ends without reading is judged by its end.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

function parsed(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return null;
  }
}

function wordsFor(error: Error, said: string): string {
  const {
    killed = false,
    code,
    signal,
  } = error as { readonly killed?: boolean; readonly code?: unknown; readonly signal?: unknown };
  if (killed) return `no answer within ${PROGRAM_MS / 1_000} s`;
  const words = escapeText(said.trim().slice(0, MAX_SAID_LENGTH));
  return words === '' ? `it ended with ${signal ?? code}` : words;
}
