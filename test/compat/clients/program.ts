/** One run of a client that is a program. */
import { type ChildProcess, execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const TIMEOUT_MS = 20_000;
const MAX_OUTPUT_BYTES = 16 * 1_048_576;

export interface Ran {
  /** -1: it was killed, or could not be started. */
  readonly code: number;
  /** latin1 */
  readonly output: string;
  readonly errors: string;
}

/** @param input what it reads from its standard input */
export function runProgram(command: readonly string[], input: string | Buffer = '', cwd?: string): Promise<Ran> {
  const [program = '', ...words] = command;
  return new Promise((resolve) => {
    const child: ChildProcess = execFile(
      program,
      words,
      { timeout: TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, encoding: 'latin1', ...(cwd !== undefined && { cwd }) },
      (error, output, errors) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, output, errors });
      },
    );
    // It may end without reading all.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** Lends an empty folder. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'autoproxy-compat-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
