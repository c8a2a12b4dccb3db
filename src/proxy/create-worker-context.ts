import type { AccessLogger } from '../access-log/facts.js';
import type { Clock, Random } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { MessageRate } from '../core/message-rate.js';
import type { PermitChanges } from '../snapshot/permits.js';
import type { InstanceSnapshot } from '../snapshot/snapshot.js';
import { BufferPool } from './io/buffers.js';
import { createTransports } from './io/create-transports.js';
import { Deadlines } from './io/deadlines.js';
import type { Transports } from './io/transport.js';
import { Checkers } from './limits/checkers.js';
import { ClientLimit } from './limits/client-limit.js';
import { UpstreamCount } from './limits/descriptor-budget.js';
import { LeaseDesk } from './limits/lease-desk.js';
import { RandomIds } from './slot/random-ids.js';
import type { WorkerContext } from './slot/worker-context.js';

export interface WorkerOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Place of this worker among all: where its rotations start. */
  readonly worker: { readonly index: number; readonly count: number };
  /** Null logs no access. */
  readonly accessLog: AccessLogger | null;
  /** An instance failed `failures` connects one after another. Called at each one. */
  readonly onConnectFailure: (app: string, instance: Pick<InstanceSnapshot, 'id' | 'life'>, failures: number) => void;
  /**
   * Asks the primary for permits of instances with a limit, and gives them back; it answers by `takePermits`. Without
   * it the limits are those of this data plane alone.
   */
  readonly askPermits?: (changes: readonly PermitChanges[]) => void;
  /** How connections are accepted and opened; the fastest way that this Node allows, unless a test wants another. */
  readonly transports?: Transports;
}

/** Of lines about the access log, which would come with each request. */
const LOG_FAULT_INTERVAL_MS = 60_000;
/** Of lines about connections that this process could not open. */
const OWN_FAULT_INTERVAL_MS = 10_000;

/** @param closeIdleUpstreams is called when there are too many connections to instances */
export function createWorkerContext(options: WorkerOptions, closeIdleUpstreams: () => void): WorkerContext {
  const toDo = 'raise --max-connections, or the descriptor limit (ulimit -n, LimitNOFILE) that it comes from';
  const logFaults = new MessageRate(options.clock, LOG_FAULT_INTERVAL_MS);
  return {
    clock: options.clock,
    random: options.random,
    log: options.log,
    buffers: new BufferPool(),
    transports: options.transports ?? createTransports(),
    deadlines: new Deadlines(options.clock),
    clients: new ClientLimit(options.clock, options.log, { toDo }),
    checkers: new Checkers(),
    ownFaults: new MessageRate(options.clock, OWN_FAULT_INTERVAL_MS),
    upstreams: new UpstreamCount(closeIdleUpstreams),
    index: options.worker.index,
    count: options.worker.count,
    leases:
      options.askPermits === undefined
        ? null
        : new LeaseDesk({ clock: options.clock, send: options.askPermits, defer: setImmediate }),
    randomIds: new RandomIds(),
    accessLog: options.accessLog,
    onLogFault: (error) => {
      const unsaid = logFaults.ask();
      if (unsaid !== null) options.log.error({ err: error, unsaid }, 'a line could not be written to the access log');
    },
    onConnectFailure: options.onConnectFailure,
  };
}
