/** A manager that restarts while a node leaves or comes back is asked again, until the end of `--timeout`. */
import { setTimeout as delay } from 'node:timers/promises';
import { isPassing, type SilenceParts, untilAnswered, untilChanged } from '../../placement/silence.js';
import { silenceLine } from '../placement/verdict-text.js';

export interface Patience {
  readonly signal: AbortSignal;
  /** Monotonic, milliseconds. */
  readonly now: () => number;
  /** When all of it is to be over. */
  readonly until: number;
  say(line: string): void;
}

/** It is not over in time. */
export class DrainDeadline extends Error {}

const LOOK_MS = 250;

/** @throws DrainDeadline when the manager stays silent */
export function asked<T>(ask: () => Promise<T>, patience: Patience): Promise<T> {
  return untilAnswered(ask, partsOf(patience)).catch((error: unknown) => {
    throw deadlineOr(error, patience);
  });
}

/**
 * @param change does nothing where it is made
 * @throws DrainDeadline when the manager stays silent
 */
export function changed(change: () => Promise<void>, patience: Patience): Promise<void> {
  return untilChanged(change, partsOf(patience)).catch((error: unknown) => {
    throw deadlineOr(error, patience);
  });
}

/** @throws DrainDeadline */
export async function until(patience: Patience, isDone: () => Promise<boolean>): Promise<void> {
  const { signal, now, until: end } = patience;
  while (!(await asked(isDone, patience))) {
    if (now() >= end) throw new DrainDeadline();
    await delay(LOOK_MS, undefined, { signal });
  }
}

function partsOf({ say, now, until: end, signal }: Patience): SilenceParts {
  return { onSilence: (reason) => say(silenceLine(reason)), now, until: end, signal };
}

function deadlineOr(error: unknown, { signal, now, until: end }: Patience): unknown {
  return isPassing(error) && !signal.aborted && now() >= end ? new DrainDeadline(error.message) : error;
}
