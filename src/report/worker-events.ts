import type { WorkerObserver } from '../cluster/worker-observer.js';
import type { WorkerExit } from '../cluster/worker-process.js';
import type { Clock, Timer } from '../core/clock.js';
import { formatDuration } from '../core/durations.js';
import type { AppEvents } from './app-events.js';

/** So many deaths of a row are told one by one; the others are one event, when the row is over. */
const TOLD_OF_ROW = 8;
/** A row of deaths is over when no worker has died for this long. */
const QUIET_MS = 300_000;

interface Worker {
  readonly index: number;
  readonly pid: number;
}

/** A row of deaths. */
interface Row {
  readonly sinceMs: number;
  readonly deaths: number;
  readonly last: string;
}

/** Writes down what becomes of the workers. Workers that die again and again cost the node no other event of its history. */
export class WorkerEvents implements WorkerObserver {
  readonly #clock: Clock;
  readonly #events: AppEvents;
  /** Places whose worker died, as it is told, and where none serves since. */
  readonly #vacant = new Set<number>();
  #row: Row | null = null;
  #timer: Timer | null = null;

  constructor(clock: Clock, events: AppEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  onWorkerDied({ index, pid }: Worker, exit: WorkerExit): void {
    const how = `worker ${index} (pid ${pid}) ${endOf(exit)}${exit.wasDraining ? ' while it drained' : ''}`;
    this.#row = {
      sinceMs: this.#row?.sinceMs ?? this.#clock.wallTime(),
      deaths: (this.#row?.deaths ?? 0) + 1,
      last: how,
    };
    this.#timer?.cancel();
    this.#timer = this.#clock.setTimer(QUIET_MS, () => this.#endRow());
    const { deaths } = this.#row;
    if (deaths > TOLD_OF_ROW) return;
    // The successor of one that drained has its place already.
    if (!exit.wasDraining) this.#vacant.add(index);
    const loss = exit.hasServed ? 'its clients were cut' : 'it had not served yet';
    const more =
      deaths < TOLD_OF_ROW ? '' : `; that was the ${deaths}th in a row, and further ones are one event at its end`;
    this.#events.note(null, 'worker-died', `${how}: ${loss}${more}`, { after: afterOf(exit) });
  }

  onWorkerServes({ index, pid }: Worker): void {
    if (!this.#vacant.delete(index)) return;
    this.#events.note(null, 'worker-serves', `worker ${index} serves again, pid ${pid}`);
  }

  onDrainCut({ index, pid }: Worker, cut: number): void {
    const clients = cut === 1 ? '1 client' : `${cut} clients`;
    const text = `worker ${index} (pid ${pid}), which was replaced, cut ${clients}: what they had under way did not end in time`;
    this.#events.note(null, 'drain-cut', text, { after: `${cut} cut` });
  }

  onRolled(workers: number, drainMs: number): void {
    const all = workers === 1 ? 'the worker was replaced' : `all ${workers} workers were replaced, one after another`;
    const before = `what clients had under way may end for ${formatDuration(drainMs)}`;
    this.#events.note(null, 'rolled', `${all}, as SIGUSR2 asks; ${before}`);
  }

  onRollFailed(reason: string): void {
    this.#events.note(null, 'roll-failed', `not all workers were replaced: ${reason}`);
  }

  #endRow(): void {
    const row = this.#row;
    this.#row = null;
    if (row === null || row.deaths <= TOLD_OF_ROW) return;
    const since = new Date(row.sinceMs).toISOString();
    const text = `no worker died for ${formatDuration(QUIET_MS)}; from ${since} on they died ${row.deaths} times, last ${row.last}`;
    this.#events.note(null, 'worker-serves', text);
  }
}

function endOf({ wasHung, signal, code, error }: WorkerExit): string {
  if (wasHung) return 'did not answer and was killed';
  if (error !== null) return `could not be started (${error.message})`;
  return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
}

function afterOf({ wasHung, signal, code }: WorkerExit): string {
  if (wasHung) return 'hung';
  return signal ?? `exit code ${code}`;
}
