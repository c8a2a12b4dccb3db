import type { Clock, Random } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { PassiveFailure, WorkerSettings } from './messages.js';
import type { WorkerObserver } from './worker-observer.js';

export interface ClusterOptions {
  readonly workers: number;
  /** The program of a worker; that of this package by default. */
  readonly workerFile?: string;
  readonly settings: Omit<WorkerSettings, 'index' | 'workers'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly observer?: WorkerObserver;
  readonly onPassiveFailure: (failure: PassiveFailure) => void;
  /** The slot of `app` is bound (null) or why it is not; called when that changes. */
  readonly onBindResult?: (app: string, error: string | null) => void;
}
