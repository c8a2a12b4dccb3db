import type { Clock, Timer } from '../../core/clock.js';

/** Something that must not take for ever. */
export interface Deadlined {
  /** On the monotonic clock; Infinity for none. Setting it is all that a new deadline costs. */
  deadline: number;
  onDeadline(): void;
  /** Called about once a second, for changes that raise no event. */
  onSecond(): void;
}

/** The price of that: a deadline is noticed up to this much late, never early. */
export const TICK_MS = 100;
const TICKS_A_SECOND = 10;

/**
 * The timeouts of all connections of a worker: one coarse timer that looks at each of them, instead of a timer each.
 * A connection changes its deadline several times a request, and 10 000 idle ones are looked through in under 1 ms.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #members = new Set<Deadlined>();
  #timer: Timer | null = null;
  #ticks = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(member: Deadlined): void {
    this.#members.add(member);
    if (this.#timer === null) this.#startTimer();
  }

  remove(member: Deadlined): void {
    this.#members.delete(member);
  }

  #startTimer(): void {
    this.#timer = this.#clock.setTimer(TICK_MS, () => this.#tick());
  }

  #tick(): void {
    const now = this.#clock.now();
    this.#ticks += 1;
    if (this.#ticks % TICKS_A_SECOND === 0) for (const member of this.#members) member.onSecond();
    for (const member of this.#members) {
      if (member.deadline <= now) {
        member.deadline = Number.POSITIVE_INFINITY;
        member.onDeadline();
      }
    }
    this.#timer = null;
    if (this.#members.size > 0) this.#startTimer();
  }
}
