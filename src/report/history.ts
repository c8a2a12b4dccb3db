/** What happened on the node: remembered, kept on the disk, and told to who asks or waits. */
import type { EventsDocument, EventsQuery, NodeEvent } from '../admin/events-document.js';
import type { Clock } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { Saving, UnsavedFile } from '../core/save-record.js';
import { AppEvents } from './app-events.js';
import { HistoryFile } from './history-file.js';

/** So many questions may wait at a time; a further one is answered at once. */
const MAX_WAITING = 32;

interface HistoryOptions {
  /** The state directory; null: nothing is kept over a restart. */
  readonly directory: string | null;
  /** The name of the node. */
  readonly node: string;
  readonly clock: Clock;
  readonly log: Log;
}

export class History implements Saving {
  readonly events: AppEvents;
  readonly #node: string;
  readonly #clock: Clock;
  readonly #file: HistoryFile;
  readonly #startedAt: number;
  #waiting = 0;

  /** Never rejects: without the events of earlier runs the node starts all the same. */
  static async load(options: HistoryOptions): Promise<History> {
    const history = new History(options);
    history.events.restore(await history.#file.load());
    history.#noteStart();
    return history;
  }

  constructor({ directory, node, clock, log }: HistoryOptions) {
    this.events = new AppEvents(clock);
    this.#node = node;
    this.#clock = clock;
    this.#startedAt = clock.wallTime();
    this.#file = new HistoryFile({ directory, clock, log, remembered: () => this.events.all() });
    this.events.onNoted((event) => this.#file.append(event));
  }

  get unsaved(): UnsavedFile | null {
    return this.#file.unsaved;
  }

  /** @param end aborts the wait: who asked has gone, or the node ends */
  async document(query: EventsQuery, end: AbortSignal): Promise<EventsDocument> {
    const found = this.#find(query);
    if (found.length > 0 || query.waitMs === 0 || this.#waiting >= MAX_WAITING) return this.#documentOf(query, found);
    this.#waiting += 1;
    await this.#nextMatch(query, end);
    this.#waiting -= 1;
    return this.#documentOf(query, this.#find(query));
  }

  noteStop(): void {
    this.events.note(null, 'stop', `the node stops, process ${process.pid}`);
  }

  noteReload(): void {
    this.events.note(null, 'reload', 'SIGHUP: all sources are read again, and logs are opened anew');
  }

  /** Writes what waits, and no more. */
  end(): Promise<void> {
    return this.#file.end();
  }

  #noteStart(): void {
    const own = this.events.ofNode();
    const start = own.findLastIndex(({ kind }) => kind === 'start');
    const hasCrashed = start !== -1 && start > own.findLastIndex(({ kind }) => kind === 'stop');
    const crash = hasCrashed ? '; the one before ended without a stop' : '';
    this.events.note(null, 'start', `the node starts, process ${process.pid}${crash}`);
  }

  #find({ app, sinceMs, after }: EventsQuery): readonly NodeEvent[] {
    // An id beyond the newest is from a history that is lost: who follows it begins anew.
    const behind = after === null || after > this.events.lastId ? 0 : after;
    const events = app === null ? this.events.all() : this.events.of(app);
    return events.filter(({ id, at }) => id > behind && (sinceMs === null || Date.parse(at) >= sinceMs));
  }

  #documentOf({ after, limit }: EventsQuery, found: readonly NodeEvent[]): EventsDocument {
    const isTooMany = found.length > limit;
    const events = after === null ? found.slice(Math.max(0, found.length - limit)) : found.slice(0, limit);
    return {
      version: 1,
      node: this.#node,
      at: new Date(this.#clock.wallTime()).toISOString(),
      startedAt: new Date(this.#startedAt).toISOString(),
      last: this.events.lastId,
      more: isTooMany,
      events,
    };
  }

  #nextMatch({ app, waitMs }: EventsQuery, end: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        timer.cancel();
        stopListening();
        end.removeEventListener('abort', finish);
        resolve();
      };
      const timer = this.#clock.setTimer(waitMs, finish);
      const stopListening = this.events.onNoted((event) => {
        if (app === null || event.app === app) finish();
      });
      end.addEventListener('abort', finish);
      if (end.aborted) finish();
    });
  }
}
