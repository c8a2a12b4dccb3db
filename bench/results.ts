/** The last figures of each workload, and the same as text for people. */
import type { Comparison } from './figures.js';
import type { Promised } from './judgement.js';
import { type Machine, machineLine } from './machine.js';
import { comparisonTable } from './report.js';

export interface Results {
  readonly machine: Machine;
  /** One a workload. */
  readonly comparisons: readonly Comparison[];
  readonly promises: readonly Promised[];
}

/**
 * What was measured takes the place of what is kept, workload by workload; figures of another machine are not kept.
 * @param order of the workloads
 */
export function mergeResults(kept: Results | null, measured: Results, order: readonly string[]): Results {
  const isSameMachine = kept !== null && machineLine(kept.machine) === machineLine(measured.machine);
  const isNew = new Set(measured.comparisons.map(({ workload }) => workload));
  const older = isSameMachine ? kept : { comparisons: [], promises: [] };
  const merge = <Row extends { readonly workload: string }>(before: readonly Row[], now: readonly Row[]): Row[] => {
    const rows = [...before.filter(({ workload }) => !isNew.has(workload)), ...now];
    return order.flatMap((name) => rows.filter(({ workload }) => workload === name));
  };
  return {
    machine: measured.machine,
    comparisons: merge(older.comparisons, measured.comparisons),
    promises: merge(older.promises, measured.promises),
  };
}

/** What was measured on, and when. */
export function originLine({ machine, comparisons }: Results): string {
  const days = comparisons.map(({ day }) => day).sort();
  const [first, last] = [days[0], days.at(-1)];
  return `${machineLine(machine)}, ${first === last ? first : `${first} to ${last}`}`;
}

export function promiseLine({ isKept, text, figure }: Promised): string {
  return `${isKept ? 'kept  ' : 'BROKEN'}  ${text}: ${figure}`;
}

export function textOf(results: Results): string {
  const { comparisons, promises } = results;
  const parts = [originLine(results), ...comparisons.map(comparisonTable), promises.map(promiseLine).join('\n')];
  return `${parts.join('\n\n')}\n`;
}
