/** What becomes of the workers of a node, for those who write its history. */
import type { WorkerExit } from './worker-process.js';

export interface WorkerObserver {
  /** It ended, and nobody had asked it to. */
  onWorkerDied(worker: WorkerName, exit: WorkerExit): void;
  /** It was replaced as an operator asked, and `cut` clients had something under way at the end of its drain. */
  onDrainCut(worker: WorkerName, cut: number): void;
  /** It takes connections; told of each worker once. */
  onWorkerServes(worker: WorkerName): void;
  /** All were replaced, one after another, as an operator asked. @param drainMs how long the ones before may end what they have */
  onRolled(workers: number, drainMs: number): void;
  onRollFailed(reason: string): void;
}

interface WorkerName {
  readonly index: number;
  readonly pid: number;
}
