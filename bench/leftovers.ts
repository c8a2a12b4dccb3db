/** A benchmark that fails, or that somebody interrupts, leaves nothing behind: no process, no directory. */
import { type ChildProcess, execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const OUTPUT_BYTES = 16 * 1_048_576;
const execute = promisify(execFile);
const bound = new Map<ChildProcess, NodeJS.Signals>();
const directories = new Set<string>();
let isWatching = false;

/**
 * Ends a child with this process, however that ends.
 * @param signal what the child ends at once by, its own children with it: one that dies of KILL leaves them behind.
 */
export function bindChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  bound.set(child, signal);
  child.once('exit', () => bound.delete(child));
  watch();
}

/** Resolves when it has ended. */
export async function endChild(child: ChildProcess | null, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child === null || child.exitCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

/** An empty directory that goes when it is removed, or with this process. */
export function createDirectory(name: string): string {
  const directory = mkdtempSync(path.join(tmpdir(), `autoproxy-${name}-`));
  directories.add(directory);
  watch();
  return directory;
}

export function removeDirectory(directory: string): void {
  directories.delete(directory);
  rmSync(directory, { recursive: true, force: true });
}

function watch(): void {
  if (isWatching) return;
  isWatching = true;
  process.on('exit', () => {
    for (const [child, signal] of bound) child.kill(signal);
    for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  });
  for (const name of SIGNALS) process.on(name, () => process.exit(1));
}

/** @returns what the program printed. Rejects when it fails, or runs for longer than `timeoutMs`. */
export async function runProgram(command: readonly string[], timeoutMs: number): Promise<string> {
  const running = execute(command[0] ?? '', command.slice(1), { timeout: timeoutMs, maxBuffer: OUTPUT_BYTES });
  bindChild(running.child);
  return (await running).stdout;
}
