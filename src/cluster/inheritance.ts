import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { Saving, UnsavedFile } from '../core/save-record.js';
import type { Cluster } from './cluster.js';
import type { ListeningSocket } from './listening-socket.js';
import { Orphans } from './orphans.js';
import type { ProcessIdentity } from './process-identity.js';
import { runDirectoryOf } from './run-directory.js';
import type { StateClaim } from './state-claim.js';
import { WorkersRecord } from './workers-record.js';

interface InheritanceOptions {
  readonly stateDirectory: string;
  readonly claim: StateClaim;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What a node takes over from one that was killed on the same state directory: the listening sockets of its workers,
 * which serve until then, and what these have counted meanwhile. And what it leaves for the next one: who its own
 * workers are.
 */
export class Inheritance implements Saving {
  readonly #cluster: Cluster;
  readonly #record: WorkersRecord;
  readonly #orphans: Orphans;
  #isReleased = false;

  /** The last holder of the directory is dead, as `claim` has found. */
  static async open(options: InheritanceOptions): Promise<Inheritance> {
    const record = new WorkersRecord(runDirectoryOf(options.stateDirectory), options.clock, options.log);
    const expected = await record.readAlive();
    const inheritance = new Inheritance(options, record, expected);
    options.cluster.onWorkersChanged = () => inheritance.noteWorkers();
    options.claim.onPeer((channel) => inheritance.#orphans.onPeer(channel));
    return inheritance;
  }

  constructor(
    { cluster, clock, log }: InheritanceOptions,
    record: WorkersRecord,
    expected: readonly ProcessIdentity[],
  ) {
    this.#cluster = cluster;
    this.#record = record;
    this.#orphans = new Orphans({
      ...{ expected, clock, log },
      onSocket: (port, socket) => this.#take(port, socket),
      onCounted: (counters) => cluster.books.inherit(counters),
      onGone: () => this.noteWorkers(),
    });
  }

  /** Who our workers are, for the next node. */
  get unsaved(): UnsavedFile | null {
    return this.#record.unsaved;
  }

  /** A worker was started or has ended, our own or an inherited one. */
  noteWorkers(): void {
    const pids = this.#cluster.workers().map(({ pid }) => pid);
    this.#record.save(pids, this.#orphans.identities());
  }

  /** Resolves when the sockets are here, at once where there are none, after some seconds where a worker hangs. */
  whenTaken(): Promise<void> {
    return this.#orphans.whenTaken();
  }

  /** Our own workers serve, or the node stops: the inherited ones drain, for `drainMs` at most. */
  release(drainMs: number): void {
    this.#isReleased = true;
    this.#cluster.closeInherited();
    this.#orphans.release(drainMs);
  }

  /** The node ends: the next one may have the directory. */
  end(): Promise<void> {
    return this.#record.end();
  }

  /** One that comes late is for a slot that waits for its port, or for none. */
  #take(port: number, socket: ListeningSocket): void {
    this.#cluster.inherit(port, socket);
    if (this.#isReleased) this.#cluster.closeInherited();
  }
}
