/**
 * Notices a HAProxy process that stands still, of which its master says nothing: a worker that was stopped or hangs is still
 * there, and HAProxy's own watchdog counts CPU time, of which such a process takes none. Clients wait for ever meanwhile.
 *
 *   answers ◄──────────────────────────────────────────┐
 *      │ 2 silent looks                                 │
 *      ▼                                                │
 *   said; told to continue, if a signal stopped it ─────┤
 *      │ 4                                              │
 *      ▼                                                │
 *   a reload: a new worker serves ──────────────────────┘
 *      │ 7, the new worker answers and the old one has not run
 *      ▼
 *   ended: it gave its sockets to nobody, so the kernel gives it a share of the new connections
 */
import type { Clock, Timer } from '../../src/core/clock.js';
import type { Log } from '../../src/core/log.js';
import type { Applier } from '../apply/apply.js';
import { SocketFailure } from '../haproxy/control-socket.js';
import type { Master, MasterState } from '../haproxy/master.js';
import type * as haproxyProcesses from '../haproxy/processes.js';
import { type Runtime, RuntimeRefusal } from '../haproxy/runtime.js';
import { Silence } from './silence.js';

/** From the begin of one look to the begin of the next: a silent process is seen after 5 to 8 s. */
const LOOK_MS = 3_000;
/** Until a worker has answered: who they are is to be known before one is silent. */
const FIRST_LOOKS_MS = 500;
const ANSWER_MS = 2_000;
const SAY_AT = 2;
const RELOAD_AT = 4;
const END_AT = 7;
/** A reload that brought no new worker is tried again after so many looks. */
const RELOAD_AGAIN = 10;
/** From 3.1 on a worker is listed before it has read its configuration, and does not answer yet. It runs meanwhile. */
const BEGIN_MS = 60_000;

const SOCKET_LOST = 'the stats socket of HAProxy was removed: changes cannot be made or confirmed, and traffic goes on';
const SOCKET_HINT = 'a reload does not bring it back; stop edge run (TERM) and start it again when it suits';

interface WatchParts {
  readonly master: Pick<Master, 'state' | 'isStopping'>;
  readonly runtime: Pick<Runtime, 'workerPid'>;
  readonly applier: Pick<Applier, 'restart'>;
  readonly masterSocket: string;
  readonly processes: Pick<typeof haproxyProcesses, 'factsOf' | 'findMasters' | 'sendSignal'>;
  /** It is started again from here when it ends; false: that is the business of another program. */
  readonly isSupervised: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

export class WorkerWatch {
  readonly #parts: WatchParts;
  /** By process id. */
  readonly #silences = new Map<number, Silence>();
  /** Old workers that take no new clients. */
  readonly #stopping = new Set<number>();
  #masterPid: number | undefined;
  /** The worker that answered last at the stats socket. */
  #answeredPid: number | null = null;
  /** Nobody listens any more where a worker answered. */
  #isSocketLost = false;
  /** A reload for its sake is not repeated before. */
  #mendAgainAt = 0;
  #timer: Timer | null = null;
  #looking: Promise<void> = Promise.resolve();
  #isOver = false;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  start(): void {
    const { clock, log } = this.#parts;
    const begin = clock.now();
    const look = this.#look().catch((error: unknown) => log.error({ err: error }, 'watching HAProxy failed'));
    this.#looking = look.then(() => {
      const pauseMs = this.#answeredPid === null ? FIRST_LOOKS_MS : LOOK_MS;
      if (!this.#isOver) this.#timer = clock.setTimer(begin + pauseMs - clock.now(), () => this.start());
    });
  }

  /** Waits for what is under way. */
  async stop(): Promise<void> {
    this.#isOver = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  /** For people, in one line; empty: every process answers. */
  get problem(): string {
    return [...this.#silences.values()].find(({ isSaid }) => isSaid)?.text ?? (this.#isSocketLost ? SOCKET_LOST : '');
  }

  async #look(): Promise<void> {
    const state = await this.#masterState();
    if (state === null) return;
    const { masterPid, workerPid, oldWorkers } = state;
    this.#forgetAllBut([masterPid, workerPid, ...oldWorkers]);
    const answers = workerPid !== null && (await this.#lookAtWorker(state, workerPid));
    for (const pid of oldWorkers) {
      if (!this.#isOver && !this.#stopping.has(pid)) await this.#lookAtOldWorker(pid, masterPid, answers);
    }
  }

  async #masterState(): Promise<MasterState | null> {
    const { master, processes, masterSocket, isSupervised } = this.#parts;
    try {
      const state = await master.state(ANSWER_MS);
      this.#masterPid = state.masterPid;
      this.#onAnswer(state.masterPid);
      return state;
    } catch (error) {
      if (!(error instanceof SocketFailure)) throw error;
      // Nobody listens: it is being started, or begins anew over a reload.
      const found = isSupervised && !error.isAbsent ? (await processes.findMasters(masterSocket))[0] : undefined;
      const pid = this.#masterPid ?? found;
      if (pid === undefined) return null;
      // Its socket is absent for a moment while it reloads, and for ever when it ends or is stopped then.
      if (error.isAbsent && !(isSupervised && (await this.#isThere(pid)))) return null;
      const silence = this.#silenceOf(pid, 'master');
      silence.note(isSupervised ? await processes.factsOf(pid) : null);
      const hint = `its workers serve on, and changes that need a reload wait; if it stays so, end it: kill -9 ${pid}`;
      if (silence.looks >= (error.isAbsent ? RELOAD_AT : SAY_AT)) this.#say(silence, hint);
      return null;
    }
  }

  async #isThere(pid: number): Promise<boolean> {
    const facts = await this.#parts.processes.factsOf(pid);
    return facts !== null && facts.state !== 'Z';
  }

  /** @returns whether it answers */
  async #lookAtWorker(state: MasterState, pid: number): Promise<boolean> {
    const { masterPid, workerAgeMs } = state;
    const socket = await this.#askAtSocket();
    const hasAnswered = this.#answeredPid === pid;
    if (socket === 'answers') {
      this.#answeredPid = pid;
      this.#isSocketLost = false;
    } else {
      const isStopping = await this.#askThroughMaster(pid);
      if (isStopping === null) {
        const silence = await this.#noteSilence(pid, masterPid);
        const isBeginning = !hasAnswered && workerAgeMs < BEGIN_MS && !silence.standsStill;
        if (!isBeginning) await this.#onSilentWorker(silence);
        return false;
      }
      const isLost = socket === 'absent' && (hasAnswered || workerAgeMs >= SAY_AT * LOOK_MS);
      if (isLost || (hasAnswered && isStopping)) await this.#mend(pid, isStopping);
    }
    this.#onAnswer(pid);
    return true;
  }

  async #onSilentWorker(silence: Silence): Promise<void> {
    if (silence.looks < SAY_AT) return;
    this.#say(silence, 'if it stays so, HAProxy is reloaded, so that a new worker serves');
    if (silence.looks >= Math.max(RELOAD_AT, silence.reloadAt)) {
      silence.reloadAt = silence.looks + RELOAD_AGAIN;
      this.#parts.log.warn(
        { worker: silence.pid },
        'HAProxy is reloaded: a new worker takes the place of the silent one',
      );
      silence.isAlone = !(await this.#reload());
    }
    if (silence.isAlone && this.#parts.isSupervised) this.#endWhenDue(silence, 'HAProxy is started again');
  }

  /** @param isServed the new worker answers */
  async #lookAtOldWorker(pid: number, masterPid: number, isServed: boolean): Promise<void> {
    const isStopping = await this.#askThroughMaster(pid);
    if (isStopping !== null) {
      this.#onAnswer(pid);
      if (isStopping) this.#stopping.add(pid);
      return;
    }
    const silence = await this.#noteSilence(pid, masterPid);
    if (silence.looks < SAY_AT) return;
    this.#say(silence, 'it gets a share of the new connections; if it stays so, it is ended');
    if (isServed) this.#endWhenDue(silence, 'it got a share of the new connections, and served none');
  }

  /** Its clients and those that wait for it are cut; it did not serve them either. */
  #endWhenDue(silence: Silence, why: string): void {
    const { log, processes } = this.#parts;
    const { pid } = silence;
    if (silence.looks < END_AT || silence.isEnded) return;
    // It may be slow, and come to its clients yet.
    if (silence.facts !== null && !silence.standsStill) return;
    silence.isEnded = true;
    const facts = { worker: pid, since: silence.sinceTime, why };
    if (silence.facts !== null && processes.sendSignal(pid, 'SIGKILL'))
      log.error(facts, 'the silent worker of HAProxy is ended (SIGKILL)');
    else
      log.error(
        { ...facts, hint: `end it where it runs, as its user or root: kill -9 ${pid}` },
        'the silent worker of HAProxy cannot be ended from here',
      );
  }

  /** The worker lives, and its stats socket is of no use. */
  async #mend(pid: number, isStopping: boolean): Promise<void> {
    const { log, isSupervised, clock } = this.#parts;
    // Never an answer: it read the release of before, as one that began while `current` changed.
    if (isStopping || this.#answeredPid !== pid) {
      if (!isSupervised || clock.now() < this.#mendAgainAt) return;
      this.#mendAgainAt = clock.now() + RELOAD_AGAIN * LOOK_MS;
      const why = isStopping ? 'was asked to end by somebody else' : 'listens elsewhere than the current release says';
      log.warn({ worker: pid }, `HAProxy ${why}; it is reloaded`);
      await this.#reload();
    } else if (!this.#isSocketLost) {
      this.#isSocketLost = true;
      // The new worker would get the old socket, without its path.
      log.error({ worker: pid, hint: SOCKET_HINT }, SOCKET_LOST);
    }
  }

  async #reload(): Promise<boolean> {
    const { applier, log } = this.#parts;
    try {
      const { isDone, output } = await applier.restart();
      if (!isDone) log.error({ output }, 'HAProxy did not take the reload');
      return isDone;
    } catch (error) {
      if (!(error instanceof SocketFailure)) throw error;
      log.error({ reason: error.message }, 'HAProxy did not take the reload');
      return false;
    }
  }

  /** Where the worker listens. Another one may answer while HAProxy reloads. */
  async #askAtSocket(): Promise<'answers' | 'silent' | 'absent'> {
    try {
      await this.#parts.runtime.workerPid(ANSWER_MS / 2);
      return 'answers';
    } catch (error) {
      if (error instanceof RuntimeRefusal) return 'answers';
      if (error instanceof SocketFailure) return error.isAbsent ? 'absent' : 'silent';
      throw error;
    }
  }

  /**
   * A second way to it, which nobody else fills or removes. Not for ever: what a worker does not take, its master keeps.
   * @returns whether it takes no new clients any more; null: no answer
   */
  async #askThroughMaster(pid: number): Promise<boolean | null> {
    if ((this.#silences.get(pid)?.looks ?? 0) > END_AT) return null;
    try {
      return await this.#parts.master.isStopping(pid, ANSWER_MS / 2);
    } catch (error) {
      if (error instanceof SocketFailure) return null;
      throw error;
    }
  }

  async #noteSilence(pid: number, masterPid: number): Promise<Silence> {
    const facts = await this.#parts.processes.factsOf(pid);
    const silence = this.#silenceOf(pid, 'worker');
    // In a container of its own it has another id here, or none.
    silence.note(facts?.parent === masterPid ? facts : null);
    return silence;
  }

  #silenceOf(pid: number, role: Silence['role']): Silence {
    const { clock } = this.#parts;
    const silence = this.#silences.get(pid) ?? new Silence(pid, role, clock);
    this.#silences.set(pid, silence);
    return silence;
  }

  #say(silence: Silence, hint: string): void {
    const { log, processes } = this.#parts;
    const { pid: process, reason, sinceTime: since } = silence;
    if (silence.isSaid) return;
    silence.isSaid = true;
    const isContinued = silence.isStopped && processes.sendSignal(process, 'SIGCONT');
    const action = isContinued
      ? 'it is told to continue (SIGCONT); to take HAProxy out of service, stop edge run'
      : hint;
    log.error({ process, since, reason, hint: action }, `the ${silence.role} of HAProxy does not answer`);
  }

  #onAnswer(pid: number): void {
    const silence = this.#silences.get(pid);
    this.#silences.delete(pid);
    if (silence?.isSaid !== true) return;
    const silentMs = Math.round(this.#parts.clock.now() - silence.since);
    this.#parts.log.info({ process: pid, silentMs }, `the ${silence.role} of HAProxy answers again`);
  }

  #forgetAllBut(pids: readonly (number | null)[]): void {
    for (const pid of this.#silences.keys()) if (!pids.includes(pid)) this.#silences.delete(pid);
    for (const pid of this.#stopping) if (!pids.includes(pid)) this.#stopping.delete(pid);
  }
}
