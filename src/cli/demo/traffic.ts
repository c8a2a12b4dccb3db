import { Pool } from 'undici';
import { reasonOf } from '../../core/thrown.js';
import { REQUEST_ID_FIELD } from './instance.js';

/** An instance of the demo answers with one line. */
const MAX_ANSWER_BYTES = 65_536;

interface TrafficTarget {
  readonly node: string;
  readonly app: string;
  readonly host: string;
  readonly port: number;
}

/** What the clients saw; a node's own counters cannot show a connection that was never accepted. */
export interface ClientCounts {
  sent: number;
  answered: number;
  /** Died with an instance that was killed while it worked on them. */
  lost: number;
  failed: number;
  lastFailure: string | null;
}

/**
 * A steady stream of requests to one slot of one node. Open loop: a slow answer does not slow the next request, so a
 * stall shows as what it is.
 */
export class Traffic {
  readonly target: TrafficTarget;
  readonly counts: ClientCounts = { sent: 0, answered: 0, lost: 0, failed: 0, lastFailure: null };
  readonly #pool: Pool;
  readonly #diedWithInstance: (id: string) => boolean;
  readonly #underway = new Set<Promise<void>>();
  #interval: NodeJS.Timeout | null = null;

  constructor(target: TrafficTarget, diedWithInstance: (id: string) => boolean) {
    this.target = target;
    this.#diedWithInstance = diedWithInstance;
    this.#pool = new Pool(`http://${target.host}:${target.port}`, {
      connections: 16,
      pipelining: 1,
      maxResponseSize: MAX_ANSWER_BYTES,
    });
  }

  start(requestsPerSecond: number): void {
    this.#interval = setInterval(() => {
      const request = this.#send().finally(() => this.#underway.delete(request));
      this.#underway.add(request);
    }, 1_000 / requestsPerSecond);
  }

  /** Sends no more, waits for what is under way. */
  async stop(): Promise<void> {
    if (this.#interval !== null) clearInterval(this.#interval);
    this.#interval = null;
    await Promise.all(this.#underway);
    if (!this.#pool.closed) await this.#pool.close();
  }

  async #send(): Promise<void> {
    const { node, app } = this.target;
    const { counts } = this;
    counts.sent += 1;
    const id = `${node}-${app}-${counts.sent}`;
    let failure: string | null = null;
    try {
      const { statusCode, body } = await this.#pool.request({
        path: `/${app}/${counts.sent}`,
        method: 'GET',
        headers: { [REQUEST_ID_FIELD]: id },
      });
      const text = await body.text();
      if (statusCode !== 200) failure = `status ${statusCode}`;
      // A node that sent a request to another app's instance would be worse than one that failed.
      else if (!text.startsWith(`${app} at `)) failure = `the answer of another app: ${text.slice(0, 40)}`;
    } catch (error) {
      failure = reasonOf(error);
    }
    if (failure === null) counts.answered += 1;
    else if (this.#diedWithInstance(id)) counts.lost += 1;
    else {
      counts.failed += 1;
      counts.lastFailure = failure;
    }
  }
}

/** The sum over several streams. */
export function sumCounts(all: Iterable<ClientCounts>): ClientCounts {
  const sum: ClientCounts = { sent: 0, answered: 0, lost: 0, failed: 0, lastFailure: null };
  for (const counts of all) {
    sum.sent += counts.sent;
    sum.answered += counts.answered;
    sum.lost += counts.lost;
    sum.failed += counts.failed;
    sum.lastFailure = counts.lastFailure ?? sum.lastFailure;
  }
  return sum;
}
