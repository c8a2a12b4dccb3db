/** A benchmark that fails, or that somebody interrupts, leaves no process running. */
import { type ChildProcess, execFile } from 'node:child_process';
import { promisify } from 'node:util';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const OUTPUT_BYTES = 16 * 1_048_576;
const execute = promisify(execFile);
const bound = new Map<ChildProcess, NodeJS.Signals>();
let isWatching = false;

/**
 * Ends a child with this process, however that ends.
 * @param signal what the child ends at once by, its own children with it: one that dies of KILL leaves them behind.
 */
export function bindChild(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  bound.set(child, signal);
  child.once('exit', () => bound.delete(child));
  if (isWatching) return;
  isWatching = true;
  process.on('exit', () => {
    for (const [left, last] of bound) left.kill(last);
  });
  for (const name of SIGNALS) process.on(name, () => process.exit(1));
}

/** @returns what the program printed. Rejects when it fails, or runs for longer than `timeoutMs`. */
export async function runProgram(command: readonly string[], timeoutMs: number): Promise<string> {
  const running = execute(command[0] ?? '', command.slice(1), { timeout: timeoutMs, maxBuffer: OUTPUT_BYTES });
  bindChild(running.child);
  return (await running).stdout;
}
