import type { Clock, Random } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { WorkerCounters } from '../metrics/counters.js';
import type { Snapshot } from '../snapshot/snapshot.js';

export interface DataPlaneOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Place of this worker among all: where its rotations start, and its share of the connection limits. */
  readonly worker: { readonly index: number; readonly count: number };
  /** Takes one finished line with its line end; null logs no access. */
  readonly accessLog: ((line: string) => void) | null;
  /** An instance failed `failures` connects one after another. Called at each one. */
  readonly onConnectFailure: (app: string, instance: string, failures: number) => void;
}

/** All that a worker does with sockets. Runs from a snapshot literal, without a control plane. */
export interface DataPlane {
  /** Takes over a bound listening socket (a handle of libuv) for `port`; the next snapshot that has the port uses it. */
  adoptListener(port: number, handle: object): void;
  /**
   * Puts a snapshot in force at once: slots without an adopted listener bind `snapshot.bind` themselves, slots that are
   * gone stop listening and drain.
   */
  apply(snapshot: Snapshot): Promise<void>;
  counters(): WorkerCounters;
  /** Stops accepting, lets what is under way end, cuts what is left after `deadlineMs`. @returns how many were cut. */
  drain(deadlineMs: number): Promise<number>;
  /** Cuts everything now. */
  close(): void;
}

export function createDataPlane(_options: DataPlaneOptions): DataPlane {
  throw new Error('the data plane is not built yet');
}
