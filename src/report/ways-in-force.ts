import type { Clock } from '../core/clock.js';
import type { SlotSnapshot, Snapshot } from '../snapshot/snapshot.js';
import type { AppEvents } from './app-events.js';
import { isSameWay, type TrafficWay, trafficWayOf } from './traffic-way.js';

interface WayInForce {
  readonly way: TrafficWay;
  /** Wall time, ms. */
  readonly since: number;
}

/** What clients get where nobody serves them. */
const LOSSES = { http: 'clients get 503', tcp: 'connections of clients are closed' } as const;

/** The way that the traffic of each app goes, and since when; one that turns is an event. */
export class WaysInForce {
  readonly #clock: Clock;
  readonly #events: AppEvents;
  #byApp: ReadonlyMap<string, WayInForce> = new Map();

  constructor(clock: Clock, events: AppEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  /** null before the first snapshot that has the app. */
  of(app: string): WayInForce | null {
    return this.#byApp.get(app) ?? null;
  }

  onSnapshot({ slots }: Snapshot): void {
    const ways = new Map<string, WayInForce>();
    for (const slot of slots) {
      const way = trafficWayOf(slot);
      const before = this.#byApp.get(slot.app);
      if (before !== undefined && isSameWay(before.way, way)) {
        ways.set(slot.app, { way, since: before.since });
        continue;
      }
      ways.set(slot.app, { way, since: this.#clock.wallTime() });
      this.#note(slot, before?.way ?? null, way);
    }
    this.#byApp = ways;
  }

  #note({ app, protocol }: SlotSnapshot, before: TrafficWay | null, way: TrafficWay): void {
    const facts = { ...(before === null ? {} : { before: wayText(before) }), after: wayText(way) };
    switch (way.kind) {
      case 'instances':
        if (before !== null)
          this.#events.note(app, 'bleed-ended', 'instances of this node take its traffic again', facts);
        return;
      case 'neighbors':
        this.#events.note(app, 'bleed', `its traffic goes to ${way.hosts.join(', ')}: ${way.why}`, facts);
        return;
      case 'nobody':
        this.#events.note(app, 'unserved', `${LOSSES[protocol]}: ${way.why}`, facts);
    }
  }
}

function wayText(way: TrafficWay): string {
  switch (way.kind) {
    case 'instances':
      return 'instances';
    case 'neighbors':
      return `neighbors ${way.hosts.join(', ')}`;
    case 'nobody':
      return 'nobody';
  }
}
