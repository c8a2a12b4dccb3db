/** The environment of an app as text for other programs. Pure. */
import { shellQuoted } from '../core/shell-quoted.js';
import type { EnvEntry } from '../model/app-definition.js';
import { RegistryFailure } from './registry.js';

export const ENVIRONMENT_FORMATS = ['dotenv', 'docker', 'json', 'export'] as const;
export type EnvironmentFormat = (typeof ENVIRONMENT_FORMATS)[number];

/**
 * - dotenv: `NAME=value` for `. FILE` of a POSIX shell, `node --env-file`, dotenv of npm, and Docker Compose, which all read
 *   the same; a secret is a comment, since such a file has no references
 * - docker: the same without quotes, for `docker run --env-file`, which keeps them
 * - json: one object; a secret is `{"from": "file:/..."}`
 * - export: lines for a POSIX shell; a secret is read by the shell
 * @throws RegistryFailure when the format has no way to write a value
 */
export function formatEnvironment(entries: readonly EnvEntry[], format: EnvironmentFormat): string {
  if (format === 'json')
    return `${JSON.stringify(Object.fromEntries(entries.map(({ name, value }) => [name, value])), null, 2)}\n`;
  const lines = entries.map(({ name, value }) => {
    if (format === 'export')
      return `export ${name}=${typeof value === 'string' ? shellQuoted(value) : shellRead(value.from)}`;
    if (typeof value !== 'string') return `# ${name} comes from ${value.from}`;
    return format === 'docker' ? dockerLine(name, value) : `${name}=${dotenvQuoted(name, value)}`;
  });
  return lines.map((line) => `${line}\n`).join('');
}

function shellRead(from: string): string {
  return `"$(cat ${shellQuoted(from.replace(/^file:/, ''))})"`;
}

/** Docker reads lines of less than 64 KiB (Go's bufio.Scanner), and takes all between = and their end as it is. */
const DOCKER_LINE_BYTES = 65_535;

function dockerLine(name: string, value: string): string {
  const line = `${name}=${value}`;
  const hint = 'use --format json, or put the value in a file and write {from: file:/...}';
  if (/[\r\n]/.test(value))
    throw new RegistryFailure(`${name} has a line end; docker's --env-file does not support that`, hint);
  if (Buffer.byteLength(line) > DOCKER_LINE_BYTES)
    throw new RegistryFailure(
      `${name} is too long; docker's --env-file reads lines of ${DOCKER_LINE_BYTES} bytes`,
      hint,
    );
  return line;
}

/**
 * Single quotes keep `$`, `"`, `#`, backticks, blanks and line ends as they are for every reader. Readers differ in what
 * they make of a backslash before a quote, and in double quotes, which a value with `'` needs, of backslashes, `$` and
 * backticks: a shell would run what stands between those. A carriage return some take away.
 */
function dotenvQuoted(name: string, value: string): string {
  if (/^[A-Za-z0-9_.,:/@%+=-]*$/.test(value)) return value;
  const problem = dotenvProblem(value);
  if (problem === null) return value.includes("'") ? `"${value}"` : `'${value}'`;
  const hint = 'use --format export for a shell, --format docker for "docker run --env-file", or --format json';
  throw new RegistryFailure(`${name} ${problem}; readers of dotenv files differ in what they make of that`, hint);
}

/** @returns why not all readers would read it as it is; null: they do */
function dotenvProblem(value: string): string | null {
  if (value.includes('\r')) return 'has a carriage return';
  if (value.endsWith('\\')) return 'ends with a backslash';
  if (value.includes("'") && /["$`\\]/.test(value)) return `has both ' and one of " $ \` \\`;
  return null;
}
