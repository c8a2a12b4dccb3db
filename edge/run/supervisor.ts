/**
 * Keeps a HAProxy running over the current release: starts it, takes over one that runs already, starts it again when it dies.
 *
 *   (no release) ──start──► STARTING ──a worker answers──► RUNNING ──gone──► STARTING, after a pause
 *                              ▲ adopted: the sockets answer already ┘ └──stop──► drained, ended
 *
 * It is started in a group of its own: when this process is killed, HAProxy goes on, and the next one takes it over.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from '../../src/core/backoff.js';
import type { Clock, Random, Timer } from '../../src/core/clock.js';
import type { Log } from '../../src/core/log.js';
import type { Applier } from '../apply/apply.js';
import { SocketFailure } from '../haproxy/control-socket.js';
import type { Master } from '../haproxy/master.js';
import type { Runtime } from '../haproxy/runtime.js';
import type { ReleaseDirectory } from '../release/release-directory.js';

const LOOK_MS = 500;
const STATE_MS = 2_000;
/** The frontend that balancers probe. */
const HEALTH_FRONTEND = 'fe_health';

export interface SupervisorParts {
  readonly program: string;
  readonly masterSocket: string;
  readonly directory: ReleaseDirectory;
  readonly applier: Applier;
  readonly master: Master;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export class Supervisor {
  readonly #parts: SupervisorParts;
  readonly #backoff: Backoff;
  #child: ChildProcess | null = null;
  #timer: Timer | null = null;
  #looking: Promise<void> | null = null;
  #isRunning = false;
  #isStopping = false;

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#backoff = new Backoff({ firstMs: 100, maxMs: 5_000, random: parts.random });
  }

  /** Looks now, and from now on again and again. */
  start(): void {
    this.look();
  }

  /** What runs, or should, may have changed: a release was written, a process ended. */
  look(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
  }

  async #look(): Promise<void> {
    const { master, runtime, applier, log, clock } = this.#parts;
    let nextMs = LOOK_MS;
    try {
      const { masterPid, workerPid } = await master.state(STATE_MS);
      if (workerPid !== null && !this.#isRunning) {
        // From 3.1 on a worker is listed before it has read its configuration.
        await runtime.workerPid();
        this.#isRunning = true;
        this.#backoff.reset();
        log.info({ master: masterPid, adopted: this.#child === null }, 'HAProxy runs');
        if (this.#child !== null) await applier.noteStarted();
      }
    } catch (error) {
      if (!(error instanceof SocketFailure) || !error.isAbsent) log.warn({ err: error }, 'HAProxy does not answer');
      else if (!this.#isStopping) nextMs = await this.#startHaproxy();
    }
    if (!this.#isStopping) this.#timer = clock.setTimer(nextMs, () => this.look());
  }

  /** @returns when to look whether it runs, ms */
  async #startHaproxy(): Promise<number> {
    const { program, masterSocket, directory, log } = this.#parts;
    if (this.#child !== null || (await directory.current()) === null) return LOOK_MS;
    if (this.#isRunning) log.error('HAProxy is gone; it is started again');
    this.#isRunning = false;
    const listen = ['-W', '-S', `${masterSocket},level,admin`];
    const child = spawn(program, [...listen, '-f', directory.currentConfiguration], {
      detached: true,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.#child = child;
    const onEnd = (reason: string): void => {
      if (this.#child !== child) return;
      this.#child = null;
      if (this.#isStopping) return;
      const pauseMs = this.#backoff.next();
      log.error({ reason, pauseMs }, 'HAProxy ended');
      this.#timer?.cancel();
      this.#timer = this.#parts.clock.setTimer(pauseMs, () => this.look());
    };
    child.once('error', (error) => onEnd(error.message));
    child.once('exit', (code, signal) => onEnd(signal ?? `exit code ${code}`));
    return LOOK_MS / 10;
  }

  /**
   * The balancers' probe fails from now on; then clients have time to go; then no new ones come.
   * @param lameDuckMs while traffic is served as before
   * @param deadlineMs what is not done by then is cut
   */
  async stop(lameDuckMs: number, deadlineMs: number): Promise<void> {
    const { runtime, master, applier, log } = this.#parts;
    this.#isStopping = true;
    this.#timer?.cancel();
    await this.#looking;
    try {
      const { masterPid } = await master.state(STATE_MS);
      await runtime.disableFrontend(HEALTH_FRONTEND);
      log.info({ lameDuckMs }, 'HAProxy is draining');
      await delay(lameDuckMs);
      await applier.saveServerState();
      process.kill(masterPid, 'SIGUSR1');
      if (await this.#isGoneWithin(deadlineMs)) return;
      log.warn({ deadlineMs }, 'HAProxy has not ended in time; what is left is cut');
      process.kill(masterPid, 'SIGTERM');
      // A master that was reloaded just before may lose it.
      if (!(await this.#isGoneWithin(STATE_MS))) process.kill(masterPid, 'SIGKILL');
    } catch (error) {
      if (!(error instanceof SocketFailure)) throw error;
      log.warn({ reason: error.message }, 'HAProxy did not answer at its end');
      this.#child?.kill('SIGTERM');
    }
  }

  async #isGoneWithin(timeoutMs: number): Promise<boolean> {
    const { master, clock } = this.#parts;
    const deadline = clock.now() + timeoutMs;
    while (clock.now() < deadline) {
      const isThere = await master.state(STATE_MS).then(
        () => true,
        (error: unknown) => !(error instanceof SocketFailure && error.isAbsent),
      );
      if (!isThere) return true;
      await delay(50);
    }
    return false;
  }
}
