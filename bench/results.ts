/** All that one whole run says, and the same as text for people. */
import type { Comparison } from './figures.js';
import type { Promised } from './judgement.js';
import { busyLine, isBusy, type Machine, machineLine } from './machine.js';
import { comparisonTable } from './report.js';

export interface Results {
  /** The day, in UTC. */
  readonly date: string;
  readonly machine: Machine;
  /** Cores that others used before anything was started. */
  readonly othersCores: number;
  readonly seconds: number;
  readonly comparisons: readonly Comparison[];
  readonly promises: readonly Promised[];
}

/** What was measured on and when, and whether it was quiet. */
export function originLine({ machine, date }: Results): string {
  return `${machineLine(machine)}, ${date}`;
}

export function wasBusy({ othersCores, comparisons }: Results): boolean {
  return isBusy(othersCores) || comparisons.some((comparison) => isBusy(comparison.othersCores));
}

export function promiseLine({ isKept, text, figure }: Promised): string {
  return `${isKept ? 'kept  ' : 'BROKEN'}  ${text}: ${figure}`;
}

export function textOf(results: Results): string {
  const { comparisons, promises, othersCores } = results;
  const head = [originLine(results), ...(isBusy(othersCores) ? [busyLine(othersCores)] : [])].join('\n');
  const parts = [head, ...comparisons.map(comparisonTable), promises.map(promiseLine).join('\n')];
  return `${parts.join('\n\n')}\n`;
}
