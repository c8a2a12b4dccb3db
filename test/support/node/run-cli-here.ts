/** The command line within the process of the test, for many words of commands that end by themselves. */
import { runCommand } from '../../../src/cli/run-command.js';
import { plainPaint } from '../../../src/cli/terminal.js';
import type { CliResult } from './run-cli.js';

/**
 * As `runCli`, without a process of its own: to start one takes 0.25 s of processor time. That the program starts, and
 * ends with its exit code, is seen with `runCli`.
 * @param columns of a screen; null: it writes to a pipe
 */
export async function runCliHere(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  columns: number | null = null,
): Promise<CliResult> {
  const parts = { stdout: '', stderr: '' };
  const exitCode = await runCommand(
    args,
    { PATH: process.env.PATH, ...env },
    {
      isInteractive: columns !== null,
      columns: columns ?? 120,
      rows: 40,
      paint: plainPaint,
      write: (text) => {
        parts.stdout += text;
      },
      print: (line) => {
        parts.stdout += `${line}\n`;
      },
      warn: (line) => {
        parts.stderr += `${line}\n`;
      },
      onReaderGone: () => () => {},
    },
  );
  return { exitCode, ...parts };
}
