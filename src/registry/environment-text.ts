/** The environment of an app as text for other programs. Pure. */
import type { EnvEntry } from '../model/app-definition.js';

export const ENVIRONMENT_FORMATS = ['dotenv', 'json', 'export'] as const;
export type EnvironmentFormat = (typeof ENVIRONMENT_FORMATS)[number];

/**
 * - dotenv: `NAME=value`, quoted where readers differ; a secret is a comment, since such a file has no references
 * - json: one object; a secret is `{"from": "file:/..."}`
 * - export: lines for a POSIX shell; a secret is read by the shell
 */
export function formatEnvironment(entries: readonly EnvEntry[], format: EnvironmentFormat): string {
  if (format === 'json')
    return `${JSON.stringify(Object.fromEntries(entries.map(({ name, value }) => [name, value])), null, 2)}\n`;
  const lines = entries.map(({ name, value }) => {
    if (format === 'export')
      return `export ${name}=${typeof value === 'string' ? shellQuoted(value) : shellRead(value.from)}`;
    return typeof value === 'string' ? `${name}=${dotenvQuoted(value)}` : `# ${name} comes from ${value.from}`;
  });
  return lines.map((line) => `${line}\n`).join('');
}

function shellQuoted(value: string): string {
  return /^[A-Za-z0-9_.,:/@%+=-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

function shellRead(from: string): string {
  return `"$(cat ${shellQuoted(from.replace(/^file:/, ''))})"`;
}

/** Single quotes keep `$`, `#` and blanks as they are for every reader; only line ends and `'` need the other kind. */
function dotenvQuoted(value: string): string {
  if (/^[A-Za-z0-9_.,:/@%+=-]*$/.test(value)) return value;
  if (!/['\r\n]/.test(value)) return `'${value}'`;
  const escaped = value
    .replace(/[\\"$]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r');
  return `"${escaped}"`;
}
