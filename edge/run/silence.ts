import type { Clock } from '../../src/core/clock.js';
import type { ProcessFacts } from '../haproxy/processes.js';

/** What keeps a process from answering, by its state (proc(5)). */
const REASONS = new Map([
  ['T', 'a signal stopped it (SIGSTOP)'],
  ['t', 'a debugger holds it'],
  ['D', 'it waits for a disk or another device'],
  ['R', 'it is busy'],
]);

/** Looks without one clock tick of CPU time. */
const STILL_LOOKS = 3;

/** A process of HAProxy that does not answer. */
export class Silence {
  readonly pid: number;
  readonly role: 'master' | 'worker';
  /** On the monotonic clock. */
  readonly since: number;
  /** For people. */
  readonly sinceTime: string;
  /** How often it was asked without an answer. */
  looks = 0;
  /** The next reload is made at this look. */
  reloadAt = 0;
  /** null: it runs on another machine or in another container, or may not be seen. */
  facts: ProcessFacts | null = null;
  isSaid = false;
  /** A reload brought no other worker. */
  isAlone = false;
  isEnded = false;
  /** How often in a row it had not run since the look before. */
  #stillLooks = 0;

  constructor(pid: number, role: Silence['role'], clock: Pick<Clock, 'now' | 'wallTime'>) {
    this.pid = pid;
    this.role = role;
    this.since = clock.now();
    this.sinceTime = new Date(clock.wallTime()).toISOString();
  }

  /** It gave no answer, again. */
  note(facts: ProcessFacts | null): void {
    this.looks += 1;
    this.#stillLooks = facts !== null && facts.ticks === this.facts?.ticks ? this.#stillLooks + 1 : 0;
    this.facts = facts;
  }

  get isStopped(): boolean {
    return this.facts?.state === 'T';
  }

  /** It is not slow: it takes no CPU time at all. */
  get standsStill(): boolean {
    return this.isStopped || this.#stillLooks >= STILL_LOOKS;
  }

  get reason(): string {
    return REASONS.get(this.facts?.state ?? '') ?? 'nothing is known of it';
  }

  get text(): string {
    return `the ${this.role} of HAProxy (pid ${this.pid}) does not answer since ${this.sinceTime}: ${this.reason}`;
  }
}
