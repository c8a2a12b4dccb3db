/** Asking a manager again that does not answer: it restarts within seconds, and managers elect a leader within ten or so. */
import { setTimeout as delay } from 'node:timers/promises';
import { DockerFailure, type DockerFailureKind } from '../docker/failure.js';

const LOOK_MS = 250;
const MAX_ATTEMPTS = 10;
const PASSING_FAILURES: ReadonlySet<DockerFailureKind> = new Set([
  'missing',
  'unreachable',
  'late',
  'cut',
  'failing',
  'notManager',
]);

/** Of a 5xx: managers elect a leader, or wait for one another. Any other 5xx to a change is a refusal. */
const PASSING_WORDS = /does not have a leader|context deadline exceeded|context canceled|unavailable/i;

export interface SilenceParts {
  /** It does not answer, and is asked again. */
  readonly onSilence: (reason: string) => void;
  /** Monotonic, milliseconds. */
  readonly now: () => number;
  /** By the same clock: it is asked no more. What was begun goes on meanwhile. */
  readonly until: number;
  readonly signal: AbortSignal;
}

/** Whether a manager that is asked again may answer. */
export function isPassing(error: unknown): error is DockerFailure {
  return error instanceof DockerFailure && PASSING_FAILURES.has(error.kind);
}

/** @throws DockerFailure when the manager stays silent, or says no */
export function untilAnswered<T>(ask: () => Promise<T>, parts: SilenceParts): Promise<T> {
  return repeated(ask, isPassing, parts);
}

/**
 * A change that may have been made, though its answer was lost.
 * @param isMade asks whether it was
 * @throws DockerFailure when the manager stays silent, or says no
 */
export async function untilMade(
  make: () => Promise<void>,
  isMade: () => Promise<boolean>,
  parts: SilenceParts,
): Promise<void> {
  let isDoubted = false;
  const attempt = async (): Promise<void> => {
    if (isDoubted && (await isMade())) return;
    try {
      await make();
    } catch (error) {
      // The manager took the change up only after it had been asked whether it was made.
      const isLate = isDoubted && error instanceof DockerFailure && error.kind === 'outOfSequence';
      isDoubted = true;
      if (!isLate || !(await isMade())) throw error;
    }
  };
  await repeated(attempt, isPassingRefusal, parts);
}

/**
 * @param change looks at what it changes, and does nothing where it is made: so it may be repeated
 * @throws DockerFailure when the manager stays silent, or says no
 */
export function untilChanged<T>(change: () => Promise<T>, parts: SilenceParts): Promise<T> {
  return repeated(() => inSequence(change), isPassingRefusal, parts);
}

/**
 * The manager itself counts the version of a service or node up as it goes on, as between a look and a change.
 * @param change looks again each time
 */
export async function inSequence<T>(change: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await change();
    } catch (error) {
      if (!(error instanceof DockerFailure && error.kind === 'outOfSequence') || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}

function isPassingRefusal(error: unknown): error is DockerFailure {
  return isPassing(error) && (error.kind !== 'failing' || PASSING_WORDS.test(error.message));
}

async function repeated<T>(
  ask: () => Promise<T>,
  isWaitedFor: (error: unknown) => error is DockerFailure,
  { onSilence, now, until, signal }: SilenceParts,
): Promise<T> {
  let isSilent = false;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isWaitedFor(error) || signal.aborted || now() >= until) throw error;
      if (!isSilent) onSilence(error.message);
      isSilent = true;
      await delay(LOOK_MS, undefined, { signal });
    }
  }
}
