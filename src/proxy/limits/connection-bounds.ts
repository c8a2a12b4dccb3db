import { raiseDescriptorLimit } from '../../core/descriptor-limit.js';
import type { Log } from '../../core/log.js';
import type { Checkers } from './checkers.js';
import type { ClientLimit } from './client-limit.js';
import { checkersFor, clientsFor, descriptorsFor, type UpstreamCount } from './descriptor-budget.js';

export interface ConnectionBounds {
  /** Connections of clients, all slots together; Infinity: as many as the descriptors allow. */
  readonly clients: number;
  /** Descriptors that this process may have; Infinity: it never lacks one. */
  readonly descriptors: number;
}

export const UNBOUNDED: ConnectionBounds = {
  clients: Number.POSITIVE_INFINITY,
  descriptors: Number.POSITIVE_INFINITY,
};

/** The counts that are held within the bounds. */
interface Bounded {
  readonly clients: ClientLimit;
  readonly checkers: Checkers;
  readonly upstreams: UpstreamCount;
  readonly log: Log;
}

/** Divides the descriptors of a worker among its connections, anew for each number of slots. */
export class DescriptorDivision {
  readonly #bounds: ConnectionBounds;
  readonly #bounded: Bounded;
  /** The last problem that was logged, so that it is logged once. */
  #problem = '';

  constructor(bounds: ConnectionBounds, bounded: Bounded) {
    this.#bounds = bounds;
    this.#bounded = bounded;
  }

  divide(slots: number): void {
    const { clients, descriptors } = this.#bounds;
    const bounded = this.#bounded;
    if (descriptors === Number.POSITIVE_INFINITY) {
      bounded.clients.limit = clients;
      return;
    }
    const allowed = clientsFor(descriptors, slots);
    bounded.upstreams.limit = allowed;
    bounded.checkers.limit = checkersFor(descriptors);
    bounded.clients.limit = Math.min(clients, Math.max(1, allowed));
    this.#note(slots, allowed);
  }

  #note(slots: number, allowed: number): void {
    const { clients, descriptors } = this.#bounds;
    const wanted = Number.isFinite(clients) ? clients : 1;
    const needed = descriptorsFor(wanted, slots);
    const problem = allowed >= wanted ? '' : `${needed}`;
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem === '') return;
    this.#bounded.log.error(
      { slots, wanted, allowed, descriptors, needed, hint: raiseDescriptorLimit(needed) },
      'the descriptor limit of a worker allows fewer client connections than it should take',
    );
  }
}
