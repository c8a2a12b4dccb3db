// Imported, because the global of the same name is a getter, asked at each call.
import { performance } from 'node:perf_hooks';

/** Time is passed in, so that tests own it. Every timeout counts on the monotonic clock: the wall clock may jump. */
export interface Clock {
  /** Monotonic, in milliseconds with a fraction; its zero means nothing. */
  now(): number;
  /** Milliseconds since 1970, for people and logs only. */
  wallTime(): number;
  /** Calls `onElapsed` once after `delayMs`. A timer never keeps the process alive. */
  setTimer(delayMs: number, onElapsed: () => void): Timer;
}

export interface Timer {
  cancel(): void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTime: () => Date.now(),
  setTimer(delayMs, onElapsed) {
    const timeout = setTimeout(onElapsed, delayMs);
    timeout.unref();
    return { cancel: () => clearTimeout(timeout) };
  },
};

/** A number in [0, 1), as Math.random gives; passed in wherever chance decides. */
export type Random = () => number;
