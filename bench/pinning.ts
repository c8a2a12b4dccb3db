/** Which core who runs on. Proxies have the first one to themselves; load and origins share the second. */
import { readFileSync } from 'node:fs';
import { findComponents } from '../test/support/machine/components.js';

/** @returns what stands before a command to run it on the n-th core that this process may use; nothing where that is no choice. */
export function pin(core: number): readonly string[] {
  const { taskset } = findComponents();
  const cores = allowedCores(readFileSync('/proc/self/status', 'utf8'));
  const chosen = cores[core];
  return taskset === null || chosen === undefined || cores.length < 2 ? [] : [taskset, '-c', String(chosen)];
}

/** Of the text of /proc/self/status, where cores stand as `0-3,8`. */
export function allowedCores(status: string): number[] {
  const list = /^Cpus_allowed_list:\s*(\d\S*)/m.exec(status)?.[1];
  if (list === undefined) return [];
  return list.split(',').flatMap((part) => {
    const [first, last = first] = part.split('-').map(Number);
    if (first === undefined || last === undefined || Number.isNaN(first) || Number.isNaN(last)) return [];
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
}
