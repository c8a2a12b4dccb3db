/**
 * How the counters of a worker travel. Of hundreds of apps few count between two reports, so a report says what has changed
 * since the one before. The primary names the last report that it has; a worker that has said another one since says all, so
 * one that is lost on its way costs nothing more.
 *
 *   primary ── known: 0 ──► worker
 *           ◄── number: 1, changes since 0 ──
 *           ── known: 1 ──► ── known: 1 ──►         a poll and a scrape at once
 *           ◄── number: 2, changes since 1 ──
 *           ◄── number: 3, all ──
 *
 * A primary of an older program names none, a worker of an older program numbers none: each gets or gives all, each time.
 */
import { SaidObject, withChanges } from '../metrics/changes.js';
import type { WorkerCounters, WorkerReport } from '../metrics/counters.js';

/** What a message about counters says. */
export interface SaidCounters {
  /** Absent: it is of an older program, or for one. */
  readonly number?: number;
  /** null: the worker could not read them. Absent: `changes` are there in its place. */
  readonly counters?: WorkerReport | null;
  /** Since the report before. @see withChanges */
  readonly changes?: unknown;
}

/** Before the first report, where both sides know nothing. */
const NONE = 0;

/** The side of the worker. */
export class ReportWriter {
  #number = NONE;
  /** The last one. */
  readonly #said = new SaidObject();

  /** @param known the last report that the primary has; undefined: it wants all of each */
  write(counters: WorkerCounters | null, known: number | undefined): SaidCounters {
    if (counters === null || known === undefined) return { counters };
    const isLast = known === this.#number;
    const changes = this.#said.takeChanges(counters) ?? {};
    this.#number += 1;
    const number = this.#number;
    return isLast ? { number, changes } : { number, counters };
  }
}

/** The side of the primary, for one worker. */
export class ReportReader {
  #number = NONE;
  #report: unknown = {};

  /** What the next question has to name. */
  get known(): number {
    return this.#number;
  }

  /** @returns the whole report, whose parts are those of the one before where nothing has changed; null: the worker could not say */
  read({ number, counters, changes }: SaidCounters): WorkerReport | null {
    if (number === undefined || counters === null) return counters ?? null;
    this.#number = number;
    this.#report = counters ?? withChanges(this.#report, changes);
    return this.#report as WorkerReport;
  }
}
