/** What is measured on, and whether it is quiet: figures of a machine that others use are figures of the others. */

import { readFileSync } from 'node:fs';
import { availableParallelism, release } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { descendantsOf } from '../test/support/machine/processes.js';
import { familyCpuSeconds } from './process-usage.js';

const TICKS_PER_SECOND = 100;
const LOOK_MS = 1_500;
/** Cores that others may use before a run counts as one on a busy machine. */
const MAX_OTHERS_CORES = 0.15;

export interface Machine {
  readonly cores: number;
  readonly processor: string;
  readonly kernel: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  const model = /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown processor';
  return { cores: availableParallelism(), processor: model.trim(), kernel: kernelVersion(), node: process.version };
}

/** What comes behind the numbers names a distribution or a provider's build. */
function kernelVersion(): string {
  return /^[\d.]+/.exec(release())?.[0] ?? 'unknown';
}

export function machineLine({ cores, processor, kernel, node }: Machine = describeMachine()): string {
  return `${cores} × ${processor}, Linux ${kernel}, Node ${node}`;
}

/** CPU time that others used since it was made: all of the machine's, without that of this process and its descendants. */
export class OthersUse {
  readonly #startedAt = performance.now();
  readonly #own = ownCpuSeconds();
  readonly #all = machineCpuSeconds();

  /** @returns cores; 1 is one core all the time. */
  cores(): number {
    const seconds = (performance.now() - this.#startedAt) / 1_000;
    const used = machineCpuSeconds() - this.#all - (ownCpuSeconds() - this.#own);
    return Math.max(0, used / seconds);
  }
}

/** Looks for a moment before anything is started. */
export async function lookAtOthers(): Promise<number> {
  const use = new OthersUse();
  await delay(LOOK_MS);
  return use.cores();
}

export function isBusy(othersCores: number): boolean {
  return othersCores > MAX_OTHERS_CORES;
}

export function busyLine(othersCores: number): string {
  return `BUSY: others use ${othersCores.toFixed(2)} cores of this machine (${MAX_OTHERS_CORES} at most). Trust the ratios a little, and the times not at all.`;
}

/** Interrupts are left out: the kernel charges those of our own packets to nobody. Stolen time is the neighbors'. */
function machineCpuSeconds(): number {
  const line = readFileSync('/proc/stat', 'utf8').split('\n', 1)[0] ?? '';
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = line.split(/\s+/).slice(1).map(Number);
  return (user + nice + system + steal) / TICKS_PER_SECOND;
}

function ownCpuSeconds(): number {
  return [process.pid, ...descendantsOf(process.pid)].reduce((sum, pid) => sum + familyCpuSeconds(pid), 0);
}
