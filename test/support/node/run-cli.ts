import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const CLI_ENTRY = fileURLToPath(new URL('../../../src/cli/main.js', import.meta.url));

/** What people start: a script that starts the entry with flags for Node. */
export const CLI_COMMAND = fileURLToPath(new URL('../../../src/cli/autoproxy', import.meta.url));

/** That it gives to Node. */
export const CLI_NODE_FLAGS = flagsIn(readFileSync(CLI_COMMAND, 'utf8'));

export interface CliResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs `autoproxy ...` as a person does, without a terminal, and waits for its end.
 * @param launcher a program and its arguments that starts it, such as `onSmallDisk`
 */
export function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  launcher: readonly string[] = [],
): Promise<CliResult> {
  const [program = process.execPath, ...rest] = [...launcher, process.execPath, CLI_ENTRY, ...args];
  const child = spawn(program, rest, {
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const parts = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    parts.stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    parts.stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, ...parts }));
  });
}

function flagsIn(script: string): readonly string[] {
  const [, flags] = /^exec node (--.+?) "/m.exec(script) ?? [];
  if (flags === undefined) throw new Error('the script of the command gives no flags to Node');
  return flags.split(' ');
}
