/**
 * Clients of a program in another network: requests at a steady rate over kept connections, counted there. A request is
 * never repeated by the client, so each one that a proxy or an app loses is counted.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { atEnd, type Ending } from '../at-end.js';
import { spawnBound } from '../machine/bound-process.js';

/** A container's host name, by which the app calls itself. */
const SHORT_ID_DIGITS = 12;
const PROGRAM = fileURLToPath(new URL('paced-traffic-program.js', import.meta.url));

export interface TrafficPlan {
  readonly host: string;
  readonly port: number;
  /** Requests a second. */
  readonly rate: number;
  /** The app that is to answer, as container-app.ts names itself. */
  readonly app: string;
  /** At most; 16 unless told otherwise. */
  readonly connections?: number;
  /** Part of the requests that are POST with a body of 100 bytes; 0.1 unless told otherwise. */
  readonly postShare?: number;
  readonly path?: string;
  /** A connection a request. */
  readonly isFresh?: boolean;
}

/** What one container answered. Times are of Date.now(). */
export interface ServedBy {
  served: number;
  /** When the request was sent whose answer came first. */
  firstSentAt: number;
  /** When the last one was sent that it answered. */
  lastSentAt: number;
  /** Of those, requests that reached it after its signal to stop; the last one, by its own clock, so many ms after. */
  afterStop: number;
  lastAfterStopMs: number;
}

export interface TrafficReport {
  /** Answered with 200 by the right app. */
  readonly served: number;
  /** Each with the time since the start, and what the client saw. */
  readonly failedGets: readonly string[];
  readonly failedPosts: readonly string[];
  /** Answers of 200 by another app. */
  readonly wrongApp: number;
  /** From the moment when a request was due to the end of its answer; failed ones too. */
  readonly slowestMs: number;
  /** From the moment when it had a connection: without the time for which clients that lack the processor hold it back. */
  readonly slowestSentMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly byContainer: Readonly<Record<string, ServedBy>>;
}

/** `more` is answered when this many more requests have ended, or been answered by this container. */
export type TrafficOrder = { readonly more: number; readonly by: string | null } | 'report' | 'stop' | 'again';

export class PacedTraffic {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** @param network what is in front of a command to run it in the network of `host`; resolves at the first answer */
  static async start(context: Ending, network: readonly string[], plan: TrafficPlan): Promise<PacedTraffic> {
    const command = [...network, process.execPath, PROGRAM, JSON.stringify(plan)];
    const child = spawnBound(command, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const isOver = once(child, 'exit');
    atEnd(context, async () => {
      child.kill('SIGKILL');
      await isOver;
    });
    const traffic = new PacedTraffic(child);
    await traffic.more(1);
    return traffic;
  }

  /** Resolves when this many more requests have ended, well or not: what has happened meanwhile has met traffic. */
  async more(count: number): Promise<void> {
    await this.#order({ more: count, by: null });
  }

  /** Resolves when a container has answered this many more requests. @param id of the container */
  async moreBy(id: string, count: number): Promise<void> {
    await this.#order({ more: count, by: id.slice(0, SHORT_ID_DIGITS) });
  }

  /** What has been so far. */
  report(): Promise<TrafficReport> {
    return this.#order('report');
  }

  /** Begins no further request, waits for those in flight. @returns what has been */
  stop(): Promise<TrafficReport> {
    return this.#order('stop');
  }

  /** After `stop`: the same clients ask on, and what was is forgotten. Resolves at the first answer. */
  async again(): Promise<void> {
    await this.#order('again');
    await this.more(1);
  }

  /** One at a time. */
  async #order(order: TrafficOrder): Promise<TrafficReport> {
    const settled = new AbortController();
    const { signal } = settled;
    const answered = once(this.#child, 'message', { signal });
    const ended = once(this.#child, 'exit', { signal }).then(([code]) => {
      throw new Error(`the clients ended with ${code}`);
    });
    this.#child.send(order);
    const [report] = await Promise.race([answered, ended]).finally(() => settled.abort());
    return report as TrafficReport;
  }
}
