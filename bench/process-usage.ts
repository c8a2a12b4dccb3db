/** What a process costs, as the kernel counts it. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** Linux counts in hundredths of a second on every machine that Node runs on (USER_HZ). */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;

/** CPU time of all threads of a process since its start, in seconds. */
export function cpuSeconds(pid: number): number {
  const fields = statFields(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Resident memory in bytes. */
export function residentBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES;
}

/**
 * Resident memory of some processes over a time, as a mean: a heap goes up and down with each collection, and one look at
 * it says little.
 */
export class ResidentMean {
  readonly #pids: readonly number[];
  readonly #sums: number[];
  readonly #timer: NodeJS.Timeout;
  #samples = 0;

  constructor(pids: readonly number[]) {
    this.#pids = pids;
    this.#sums = pids.map(() => 0);
    this.#timer = setInterval(() => this.#sample(), 200);
    this.#sample();
  }

  /** @returns bytes of each process, in the order of the ids. */
  stop(): readonly number[] {
    clearInterval(this.#timer);
    return this.#sums.map((sum) => sum / this.#samples);
  }

  #sample(): void {
    this.#samples += 1;
    for (const [index, pid] of this.#pids.entries()) this.#sums[index] = (this.#sums[index] ?? 0) + residentBytes(pid);
  }
}

/** Highest resident memory of a process over a time. */
export class PeakResident {
  readonly #pid: number;
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;

  constructor(pid: number) {
    this.#pid = pid;
    this.#timer = setInterval(() => this.#sample(), 50);
  }

  /** @returns bytes. */
  stop(): number {
    clearInterval(this.#timer);
    this.#sample();
    return this.#bytes;
  }

  #sample(): void {
    this.#bytes = Math.max(this.#bytes, residentBytes(this.#pid));
  }
}

export function openDescriptors(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** Established TCP connections of a process whose own port is `port` (IPv4). */
export function establishedOn(pid: number, port: number): number {
  const inodes = new Set<string>();
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  for (const line of readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (local?.endsWith(suffix) === true && state === '01' && inode !== undefined) inodes.add(`socket:[${inode}]`);
  }
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => inodes.has(linkOf(`/proc/${pid}/fd/${fd}`))).length;
}

function linkOf(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

/** CPU time of a process and of those of its children that have ended, in seconds; 0 of one that is gone. */
export function familyCpuSeconds(pid: number): number {
  try {
    const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = statFields(pid).slice(11, 15).map(Number);
    return (user + system + childrenUser + childrenSystem) / TICKS_PER_SECOND;
  } catch {
    return 0;
  }
}

/** CPU time of the children of this process that have ended, in seconds. */
export function endedChildrenCpuSeconds(): number {
  const [user = 0, system = 0] = statFields(process.pid).slice(13, 15).map(Number);
  return (user + system) / TICKS_PER_SECOND;
}

/** The fields behind the program's name, which may hold spaces itself. */
function statFields(pid: number): string[] {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** How many descriptors a process of this user may open. */
export function openDescriptorLimit(): number {
  const [, soft = '0'] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return soft === 'unlimited' ? Number.MAX_SAFE_INTEGER : Number(soft);
}
