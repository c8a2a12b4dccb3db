import type { SessionFacts, SessionReport } from '../../metrics/sessions.js';
import type { ClientConnection } from '../client/client-connection.js';
import type { UnderWay } from '../slot/under-way.js';
import type { ServedSlot } from './served-slot.js';

/** The number that a session was listed under. */
interface Listed {
  readonly id: number;
  /** When it began: the next request of the connection is another session. */
  readonly since: number;
}

interface Choice {
  /** null: of all apps. */
  readonly app: string | null;
  /** How many are listed. */
  readonly most: number;
}

/** What the clients of a worker have under way. Numbers are given when sessions are listed: a request pays for none. */
export class SessionList {
  readonly #listed = new WeakMap<ClientConnection, Listed>();
  #lastId = 0;

  list(slots: Iterable<ServedSlot>, now: number, { app, most }: Choice): SessionReport {
    const all: (readonly [ClientConnection, UnderWay])[] = [];
    for (const served of slots) {
      if (app !== null && served.slot.app !== app) continue;
      for (const client of served.clients) {
        const underWay = client.underWay();
        if (underWay !== null) all.push([client, underWay]);
      }
    }
    const youngest = all.length <= most ? Number.POSITIVE_INFINITY : nthSmallest(all, most);
    const oldest = all.filter(([, { since }]) => since <= youngest).slice(0, most);
    return { sessions: oldest.map(([client, underWay]) => this.#factsOf(client, underWay, now)), total: all.length };
  }

  /** @returns the session as it was; null: it has ended, or there never was one of this number */
  kill(slots: Iterable<ServedSlot>, now: number, id: number): SessionFacts | null {
    for (const { clients } of slots) {
      for (const client of clients) {
        const listed = this.#listed.get(client);
        if (listed?.id !== id) continue;
        const underWay = client.underWay();
        if (underWay?.since !== listed.since) return null;
        const facts = this.#factsOf(client, underWay, now);
        client.kill();
        return facts;
      }
    }
    return null;
  }

  #factsOf(client: ClientConnection, { since, instance, ...facts }: UnderWay, now: number): SessionFacts {
    const { slot, identity } = client;
    return {
      id: this.#idOf(client, since),
      app: slot.app,
      protocol: slot.config.protocol,
      client: { address: identity.source.address, port: identity.source.port },
      instance: instance === null ? null : instance.id,
      isNeighbor: instance?.isNeighbor === true,
      ageMs: now - since,
      ...facts,
    };
  }

  #idOf(client: ClientConnection, since: number): number {
    const known = this.#listed.get(client);
    if (known?.since === since) return known.id;
    this.#lastId += 1;
    this.#listed.set(client, { id: this.#lastId, since });
    return this.#lastId;
  }
}

/** Sorted as numbers: of 100 000 that takes 36 ms, where sorting the pairs takes 245. */
function nthSmallest(all: readonly (readonly [unknown, UnderWay])[], count: number): number {
  return Float64Array.from(all, ([, { since }]) => since).sort()[count - 1] ?? Number.POSITIVE_INFINITY;
}
