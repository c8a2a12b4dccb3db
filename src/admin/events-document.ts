/**
 * The JSON that `GET /events` answers and `autoproxy events` shows: what happened on the node, kept over restarts. Plain
 * data; fields are only ever added. Times are ISO 8601.
 */
import type { AppEvent } from './why-document.js';

export interface NodeEvent extends AppEvent {
  /** Rises with each event, also over restarts. */
  readonly id: number;
  /** null: it concerns the node, its pod or a source. */
  readonly app: string | null;
}

export interface EventsDocument {
  readonly version: 1;
  readonly node: string;
  /** When this was said, by the clock of the node. */
  readonly at: string;
  /** When the node started: older events are from before. */
  readonly startedAt: string;
  /** Id of the newest event that the node has, also where it is not among these; 0: it has none. */
  readonly last: number;
  /** More events were asked for than `limit`: with `after` the newer ones are left out, else the older ones. */
  readonly more: boolean;
  /** Oldest first. */
  readonly events: readonly NodeEvent[];
}

/** What is asked for: the newest of all events that match, or the oldest of those behind `after`. */
export interface EventsQuery {
  /** null: of all apps and of the node itself. */
  readonly app: string | null;
  /** Wall time in ms; null: from the oldest on. */
  readonly sinceMs: number | null;
  /** Only events with a higher id. One beyond the newest id belongs to a lost history and means all. */
  readonly after: number | null;
  readonly limit: number;
  /** How long an answer without an event may wait for one. */
  readonly waitMs: number;
}
