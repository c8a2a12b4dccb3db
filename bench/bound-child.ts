import type { ChildProcess } from 'node:child_process';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
const bound = new Set<ChildProcess>();
let isWatching = false;

/** Ends a child with this process, however that ends: a benchmark that fails leaves nothing running. */
export function bindChild(child: ChildProcess): void {
  bound.add(child);
  child.once('exit', () => bound.delete(child));
  if (isWatching) return;
  isWatching = true;
  process.on('exit', () => {
    for (const left of bound) left.kill('SIGKILL');
  });
  for (const signal of SIGNALS) process.on(signal, () => process.exit(1));
}
