import type { SessionEntry, SessionsDocument } from '../admin/sessions-document.js';
import type { Cluster } from '../cluster/cluster.js';
import type { Config } from '../config/config.js';
import type { Log } from '../core/log.js';
import { hostPort } from '../core/networks.js';
import type { SessionFacts } from '../metrics/sessions.js';

/** They are 1.2 MB of JSON, and finding them takes a worker 10 ms; among 100 000 it takes 100. */
const MOST = 5_000;
/** Behind the worker's process. */
const NUMBER_DIGITS = 8;
const ID = new RegExp(`^(?:0x)?([0-9a-f]{1,8})([0-9a-f]{${NUMBER_DIGITS}})$`, 'i');

interface NodeSessionsParts {
  readonly config: Config;
  readonly cluster: Cluster;
  readonly log: Log;
}

/** What is under way in all workers, when somebody asks. */
export class NodeSessions {
  readonly #parts: NodeSessionsParts;

  constructor(parts: NodeSessionsParts) {
    this.#parts = parts;
  }

  /** @param app null: of all */
  async document(app: string | null): Promise<SessionsDocument> {
    const workers = await this.#parts.cluster.sessions(app, MOST);
    const all = workers
      .flatMap(({ index, pid, report }) => (report?.sessions ?? []).map((session) => entryOf(session, index, pid)))
      .sort((a, b) => b.ageMs - a.ageMs);
    const total = workers.reduce((sum, { report }) => sum + (report?.total ?? 0), 0);
    const sessions = all.slice(0, MOST);
    return {
      version: 1,
      node: this.#parts.config.node,
      sessions,
      unlisted: total - sessions.length,
      missing: workers.filter(({ report }) => report === null).map(({ index, pid }) => ({ worker: index, pid })),
    };
  }

  /** @returns false: it has ended or never was; null: its worker does not answer */
  async kill(id: string, by: string): Promise<boolean | null> {
    const [, pid = '', number = ''] = ID.exec(id) ?? [];
    if (pid === '') return false;
    const killed = await this.#parts.cluster.killSession(Number.parseInt(pid, 16), Number.parseInt(number, 16));
    if (killed === null || killed === 'unknown') return killed === null ? null : false;
    const { app, instance, client, ageMs } = killed;
    // In the log and not in the history: a script that ends thousands would leave nothing else there.
    this.#parts.log.info(
      { app, instance, client: hostPort(client.address, client.port), ageMs: Math.round(ageMs), session: id, by },
      'a session is ended by an operator',
    );
    return true;
  }
}

function entryOf({ id, client, ...facts }: SessionFacts, worker: number, pid: number): SessionEntry {
  return {
    id: `0x${pid.toString(16)}${id.toString(16).padStart(NUMBER_DIGITS, '0')}`,
    ...facts,
    client: hostPort(client.address, client.port),
    ageMs: Math.round(facts.ageMs),
    worker,
  };
}
