import type { Clock } from '../../src/core/clock.js';
import { linesFromNodes, nodesFromLines } from '../release/pod-nodes.js';
import type { PodNodes } from '../site/site.js';

/** Longer than a reboot: a node that comes back within it costs no reload. */
const REMEMBERED_MS = 10 * 60_000;

/**
 * A node that Consul does not name any more stays a server for a time. That it is gone HAProxy's own checks say within
 * seconds; what Consul lacks may as well be Consul's own loss, as after a restart with an empty catalogue.
 */
export class NodeMemory {
  readonly #clock: Clock;
  /** By line of a release: since when an answer lacks the node, on the monotonic clock; null: it is named. Nodes are few. */
  readonly #missingSince = new Map<string, number | null>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param named what Consul names now
   * @param served what the current release was rendered with: this program may have been started after it
   * @returns what is to be served
   */
  remember(named: PodNodes, served: PodNodes): PodNodes {
    const now = this.#clock.now();
    const namedLines = new Set(linesFromNodes(named));
    for (const line of namedLines) this.#missingSince.set(line, null);
    for (const line of [...this.#missingSince.keys(), ...linesFromNodes(served)])
      if (!namedLines.has(line)) this.#missingSince.set(line, this.#missingSince.get(line) ?? now);
    const kept = [...this.#missingSince].filter(([, since]) => since === null || now - since < REMEMBERED_MS);
    return nodesFromLines(kept.map(([line]) => line));
  }
}
