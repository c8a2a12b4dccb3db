import type { AccessLogger } from '../../access-log/facts.js';
import type { Clock, Random } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import type { MessageRate } from '../../core/message-rate.js';
import type { InstanceSnapshot } from '../../snapshot/snapshot.js';
import type { ByteParts } from '../io/byte-connection.js';
import type { Deadlines } from '../io/deadlines.js';
import type { Checkers } from '../limits/checkers.js';
import type { ClientLimit } from '../limits/client-limit.js';
import type { UpstreamCount } from '../limits/descriptor-budget.js';
import type { LeaseDesk } from '../limits/lease-desk.js';
import type { RandomIds } from './random-ids.js';

/** The parts that all connections of a worker share and no snapshot changes. */
export interface WorkerContext extends ByteParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly deadlines: Deadlines;
  /** Of all slots together. */
  readonly clients: ClientLimit;
  readonly checkers: Checkers;
  readonly upstreams: UpstreamCount;
  /** Connects that failed for what this process lacks come in bursts. */
  readonly ownFaults: MessageRate;
  readonly index: number;
  readonly count: number;
  /** Where permits of instances with a limit are borrowed; null where this worker is the only one. */
  readonly leases: LeaseDesk | null;
  readonly randomIds: RandomIds;
  readonly accessLog: AccessLogger | null;
  /** A line of the access log could not be made or written. */
  readonly onLogFault: (error: unknown) => void;
  readonly onConnectFailure: (app: string, instance: Pick<InstanceSnapshot, 'id' | 'life'>, failures: number) => void;
}
