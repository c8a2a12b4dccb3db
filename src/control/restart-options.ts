import type { Clock, Timer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { formatProblem, type Problem } from '../model/problem.js';

const LOOK_MS = 5_000;

interface RestartOptionsParts {
  readonly clock: Clock;
  readonly log: Log;
  /** What would keep a node from starting with the options, as they are written at this moment. */
  readonly mistakes: () => readonly Problem[];
}

/**
 * Options are read at a start alone, so a mistake in their file would be found when the node is down. Who sends HUP may have
 * just changed the file, and learns of it then.
 */
export class RestartOptions {
  readonly #parts: RestartOptionsParts;
  #mistakes: readonly Problem[] = [];
  #timer: Timer | null = null;

  constructor(parts: RestartOptionsParts) {
    this.#parts = parts;
  }

  /** Looks now, and while they are wrong each few seconds. */
  look(): void {
    const { log, mistakes } = this.#parts;
    this.stop();
    const wereWrong = this.#mistakes.length > 0;
    this.#mistakes = mistakes();
    if (this.#mistakes.length > 0) {
      const lines = this.#mistakes.map(formatProblem);
      log.error(
        { mistakes: lines },
        'a restart would fail: the options are wrong as they are written now; those in force stay',
      );
      this.#lookLater();
    } else if (wereWrong) this.#sayRight();
  }

  problems(): readonly Problem[] {
    return this.#mistakes.map((mistake) => ({
      ...mistake,
      message: `a restart would fail: ${mistake.message}`,
    }));
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #lookLater(): void {
    this.#timer = this.#parts.clock.setTimer(LOOK_MS, () => {
      this.#mistakes = this.#parts.mistakes();
      if (this.#mistakes.length > 0) this.#lookLater();
      else this.#sayRight();
    });
  }

  #sayRight(): void {
    this.#parts.log.info('the options are right again as they are written now; a restart takes them');
  }
}
