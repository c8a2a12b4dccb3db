/** The environment of an app as text for other programs. Pure. */
import { shellQuoted } from '../core/shell-quoted.js';
import type { EnvEntry } from '../model/app-definition.js';
import { RegistryFailure } from './registry.js';

export const ENVIRONMENT_FORMATS = ['dotenv', 'docker', 'json', 'export'] as const;
export type EnvironmentFormat = (typeof ENVIRONMENT_FORMATS)[number];

/**
 * - dotenv: `NAME=value`, quoted where that is needed; a secret is a comment, since such a file has no references
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
    return `${name}=${format === 'docker' ? dockerLine(name, value) : dotenvQuoted(value)}`;
  });
  return lines.map((line) => `${line}\n`).join('');
}

function shellRead(from: string): string {
  return `"$(cat ${shellQuoted(from.replace(/^file:/, ''))})"`;
}

/** Docker takes all between = and the line's end as it is. */
function dockerLine(name: string, value: string): string {
  if (!/[\r\n]/.test(value)) return value;
  const hint = 'use --format json, or put the value in a file and write {from: file:/...}';
  throw new RegistryFailure(`${name} has a line end; docker's --env-file does not support that`, hint);
}

/**
 * Single quotes keep `$`, `"`, `#`, blanks and line ends as they are for every reader; only `'` and a carriage return need
 * the other kind. There every reader knows `\n`; of `\r`, `\\`, `\"` and `\$` some keep the backslash, so a value with a
 * carriage return, or with both `'` and one of these, is safe in json alone.
 */
function dotenvQuoted(value: string): string {
  if (/^[A-Za-z0-9_.,:/@%+=-]*$/.test(value)) return value;
  if (!/['\r]/.test(value)) return `'${value}'`;
  const escaped = value
    .replace(/[\\"$]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `"${escaped}"`;
}
