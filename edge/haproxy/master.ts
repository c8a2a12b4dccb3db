/** The master of a HAProxy that runs with `-W -S`: reloads, and what became of them (management guide, 9.4). */
import { setTimeout as delay } from 'node:timers/promises';
import { askSocket, SocketFailure } from './control-socket.js';

/** A new worker reads its configuration, resolves, binds. */
const RELOAD_MS = 60_000;
/** Right after a reload the master of 2.6 does not answer for a moment. */
const POLL_MS = 20;
/** From 3.1 on a worker that still reads its configuration does not answer. */
const WORKER_ANSWER_MS = 2_000;
/** A master that nobody reaches for so long has ended over the reload. */
const GONE_MS = 3_000;

/** From 3.1 on: a worker, also the first one, still reads its configuration, so this reload was not begun. */
const UNDER_WAY = 'Another reload is still in progress';

export interface MasterState {
  readonly masterPid: number;
  /** How many reloads failed since the last good one; null where this version does not say. */
  readonly failed: number | null;
  /** The newest worker; null while there is none. */
  readonly workerPid: number | null;
  /** Since it was started; 0 while there is none. */
  readonly workerAgeMs: number;
  /** Workers that finish what they have begun. */
  readonly oldWorkers: readonly number[];
}

export interface ReloadOutcome {
  readonly isDone: boolean;
  /** In HAProxy's own words, where it has any. */
  readonly output: string;
}

export class Master {
  readonly #socket: string;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** @throws SocketFailure */
  async state(timeoutMs?: number): Promise<MasterState> {
    return masterStateFrom(await askSocket(this.#socket, 'show proc', timeoutMs));
  }

  /**
   * Whether this worker takes no new clients any more, because it was asked to end. It listens nowhere then, but to its
   * master.
   * @throws SocketFailure when there is no master, or no answer of the worker
   */
  async isStopping(workerPid: number, timeoutMs = WORKER_ANSWER_MS): Promise<boolean> {
    const answer = await askSocket(this.#socket, `@!${workerPid} show info`, timeoutMs);
    const said = /^Stopping: ([01])$/m.exec(answer)?.[1];
    if (said === undefined) throw new SocketFailure(`${this.#socket}: no answer of the worker ${workerPid}`, false);
    return said === '1';
  }

  /**
   * Reads the configuration anew; the old worker serves on until the new one does, and when that fails.
   * @throws SocketFailure when there is no master
   */
  async reload(): Promise<ReloadOutcome> {
    const before = await this.state();
    const answer = await this.#askReload();
    const said = /^Success=([01])$/m.exec(answer)?.[1];
    if (said !== undefined)
      return { isDone: said === '1', output: answer.replace(/^(Success=[01]|--)\n?/gm, '').trim() };
    return this.#outcomeAfter(before);
  }

  /** @returns what the master says of the reload; empty where this version says nothing */
  async #askReload(): Promise<string> {
    const deadline = performance.now() + RELOAD_MS;
    while (true) {
      const answer = await askSocket(this.#socket, 'reload', RELOAD_MS).catch((error: SocketFailure) => {
        // 2.6 closes its socket while it begins anew.
        if (error.isAbsent) throw error;
        return '';
      });
      if (!answer.includes(UNDER_WAY) || performance.now() > deadline) return answer;
      await delay(POLL_MS);
    }
  }

  /** For versions that answer nothing: a new worker, or one failure more. */
  async #outcomeAfter(before: MasterState): Promise<ReloadOutcome> {
    const deadline = performance.now() + RELOAD_MS;
    let reachedAt = performance.now();
    while (performance.now() < deadline) {
      await delay(POLL_MS);
      const now = await this.state(1_000).catch(() => null);
      if (now === null) {
        if (performance.now() - reachedAt < GONE_MS) continue;
        return { isDone: false, output: 'HAProxy ended during the reload' };
      }
      reachedAt = performance.now();
      if ((now.failed ?? 0) > (before.failed ?? 0)) return { isDone: false, output: 'the new worker did not start' };
      if (now.workerPid !== null && now.workerPid !== before.workerPid) return { isDone: true, output: '' };
    }
    throw new SocketFailure(`${this.#socket}: no new worker within ${RELOAD_MS / 1_000} s of a reload`, false);
  }
}

/**
 * Reads the table of `show proc`. Old workers and those of a program section do not count as workers.
 *
 *   #<PID>          <type>          <reloads>       <uptime>        <version>
 *   1162            master          5 [failed: 0]   0d00h02m07s     2.6.12
 *   # workers
 *   1271            worker          1               0d00h00m00s     2.6.12
 *   # old workers
 *   1233            worker          3               0d00h00m43s     2.6.12
 */
export function masterStateFrom(table: string): MasterState {
  let masterPid = 0;
  let failed: number | null = null;
  let section = '';
  const workers: { readonly pid: number; readonly ageMs: number }[] = [];
  const oldWorkers: number[] = [];
  for (const line of table.split('\n')) {
    if (line.startsWith('# ')) {
      section = line.slice(2).trim();
      continue;
    }
    const [, pid = '', type = '', rest = ''] = /^(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (type === 'master') {
      masterPid = Number(pid);
      const count = /\[failed: (\d+)\]/.exec(rest)?.[1];
      failed = count === undefined ? null : Number(count);
    } else if (type === 'worker') {
      if (section === 'old workers') oldWorkers.push(Number(pid));
      else workers.push({ pid: Number(pid), ageMs: ageFrom(rest) });
    }
  }
  const { pid: workerPid = null, ageMs: workerAgeMs = 0 } = workers.at(-1) ?? {};
  return { masterPid, failed, workerPid, workerAgeMs, oldWorkers };
}

/** `0d00h02m07s` */
function ageFrom(row: string): number {
  const [, days = 0, hours = 0, minutes = 0, seconds = 0] = /\b(\d+)d(\d\d)h(\d\d)m(\d\d)s\b/.exec(row) ?? [];
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}
