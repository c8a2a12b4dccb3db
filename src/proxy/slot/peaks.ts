import type { SlotCounters } from '../../metrics/counters.js';

/** The most at once of what a slot holds, since its counters were read. Who raises a count compares it: exact, for one comparison. */
export class Peaks {
  openConnections = 0;
  inFlight = 0;
  queued = 0;

  /** Writes them into the counters, and begins anew with what is held now. */
  moveTo(counters: SlotCounters): void {
    counters.openConnectionsPeak = this.openConnections;
    counters.inFlightPeak = this.inFlight;
    counters.queuedPeak = this.queued;
    this.openConnections = counters.openConnections;
    this.inFlight = counters.inFlight;
    this.queued = counters.queued;
  }
}
