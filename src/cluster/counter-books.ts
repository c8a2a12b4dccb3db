import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { MessageRate } from '../core/message-rate.js';
import type { WorkerCounters, WorkerReport } from '../metrics/counters.js';
import { TrafficRecord } from '../metrics/traffic-record.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { CounterLedger } from './counter-ledger.js';

/** What is told to those who look at the counters each second. */
interface CountedSecond {
  /** When the workers were asked, on the monotonic clock: rates are of the time from one such moment to the next. */
  readonly at: number;
  readonly counters: WorkerCounters;
  /** Counters of workers that another primary had were added since. */
  readonly hasInherited: boolean;
}

type SecondListener = (second: CountedSecond) => void;

/** Errors in the counters come with each report; they are logged once in this time. */
const FAULT_INTERVAL_MS = 60_000;

/** The counters of the node. An error in them is logged and costs the count; the workers and the caller go on. */
export class CounterBooks<Worker extends object> {
  readonly traffic = new TrafficRecord();
  readonly #ledger = new CounterLedger<Worker | object>();
  readonly #faults: MessageRate;
  readonly #log: Log;
  readonly #listeners: SecondListener[] = [];
  #hasInherited = false;

  constructor(clock: Clock, log: Log) {
    this.#faults = new MessageRate(clock, FAULT_INTERVAL_MS);
    this.#log = log;
  }

  /** @param listener is told each second, when the workers have said what they counted; later while one of them hangs */
  onSecond(listener: SecondListener): void {
    this.#listeners.push(listener);
  }

  /** @param at when the workers were asked. @returns the sum, with the peaks of this second */
  endSecond(at: number): WorkerCounters {
    const second = { at, counters: this.#ledger.sum(), hasInherited: this.#hasInherited };
    this.#hasInherited = false;
    this.traffic.sample(at, second.counters.slots, !second.hasInherited);
    for (const listener of this.#listeners) listener(second);
    this.#ledger.beginPeaks();
    return second.counters;
  }

  sum(): WorkerCounters {
    return this.#ledger.sum();
  }

  /** The maxima begin anew; the workers have begun theirs, and said so. */
  clearMaxima(): void {
    this.#write(() => {
      this.#ledger.clearMaxima();
      this.traffic.clearMaxima(this.#ledger.sum().slots);
    });
  }

  record(worker: Worker, report: WorkerReport): void {
    this.#write(() => this.#ledger.record(worker, report));
  }

  retire(worker: Worker): void {
    this.#write(() => {
      const lost = this.#ledger.linesLostWith(worker);
      this.#ledger.retire(worker);
      if (lost > 0) this.#log.error({ lost }, 'lines of the access log are lost: a worker that was killed had them');
    });
  }

  forgetInstances(snapshot: Snapshot): void {
    this.#write(() => this.#ledger.forgetInstances(snapshot));
  }

  /** Adds what a worker counted whose primary died. */
  inherit(report: WorkerReport): void {
    const orphan = {};
    this.#hasInherited = true;
    this.#write(() => {
      this.#ledger.record(orphan, report);
      this.#ledger.retire(orphan);
    });
  }

  /** Requests and tunnels that the worker had under way when it last said so. */
  underWayOf(worker: Worker): number {
    let underWay = 0;
    this.#write(() => {
      underWay = this.#ledger.underWayOf(worker);
    });
    return underWay;
  }

  #write(write: () => void): void {
    try {
      write();
    } catch (error) {
      const unsaid = this.#faults.ask();
      if (unsaid !== null) this.#log.error({ err: error, unsaid }, 'counting failed; the counters are incomplete');
    }
  }
}
