import type { Cluster } from '../cluster/cluster.js';
import type { Config } from '../config/config.js';
import type { Clock } from '../core/clock.js';
import type { ControlPlane } from './control-plane.js';
import type { SourceFeed } from './source-feed.js';

interface ReadinessParts {
  readonly config: Config;
  readonly clock: Clock;
  readonly cluster: Cluster;
  readonly plane: ControlPlane;
  readonly feeds: readonly SourceFeed[];
}

/** How often a node that is not ready is asked again. */
const LOOK_MS = 50;
/** A reason names so many slots; the state document has them all. */
const NAMED_SLOTS = 3;

/**
 * Whether the node does its work, for balancers and for who started it. It is ready when
 *
 * - it is not stopping;
 * - it knows what to serve: some app; or none, and each source in use has been read and said so. Where Consul is asked,
 *   its answer is enough: a services directory that is named and missing is told of, and hinders nothing;
 * - a worker has the snapshot in force;
 * - of its slots, if there are any, at least one is bound.
 */
export class Readiness {
  readonly #parts: ReadinessParts;

  constructor(parts: ReadinessParts) {
    this.#parts = parts;
  }

  get isReady(): boolean {
    return this.reason() === null;
  }

  /** Why the node is not ready, in one line; null when it is. */
  reason(): string | null {
    const { plane, cluster } = this.#parts;
    if (plane.isStopping) return 'the node is stopping';
    if (plane.apps.length === 0) {
      const unread = this.#unreadSource();
      if (unread !== null) return unread;
    }
    if (plane.snapshot === null) return 'the first state is not in force yet';
    const unbound = plane.apps.flatMap(({ name }) => {
      const error = cluster.bindErrorOf(name);
      return error === null ? [] : [`${name}: ${error}`];
    });
    if (unbound.length > 0 && unbound.length === plane.apps.length) {
      const more = unbound.length > NAMED_SLOTS ? `; and ${unbound.length - NAMED_SLOTS} more` : '';
      return `no slot is bound: ${unbound.slice(0, NAMED_SLOTS).join('; ')}${more}`;
    }
    return cluster.appliedRevision > 0 ? null : 'no worker serves yet';
  }

  /** Resolves when it is ready for the first time, or the node stops. */
  async untilReadyOrStopping(): Promise<void> {
    const { plane, clock } = this.#parts;
    while (!this.isReady && !plane.isStopping) {
      await new Promise<void>((resolve) => clock.setTimer(LOOK_MS, resolve));
    }
  }

  #unreadSource(): string | null {
    const { config, feeds } = this.#parts;
    const needed = config.consul === null ? feeds : feeds.filter(({ name }) => name !== 'directory');
    const unread = needed.filter(({ hasAnswered, isInUse }) => isInUse && !hasAnswered);
    if (unread.length === 0) return null;
    return `there is nothing to serve: ${unread
      .map(({ name, failure }) => `${name} was never read${failure === null ? '' : `: ${failure}`}`)
      .join('; ')}`;
  }
}
