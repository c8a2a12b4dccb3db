/**
 * Keeps a HAProxy running over the current release: starts it, takes over one that runs already, starts it again when it dies.
 *
 *   (no release) ──start──► STARTING ──a worker answers──► RUNNING ──gone──► STARTING, after a pause
 *                              ▲ adopted: the sockets answer already ┘ └──stop──► drained, ended
 *
 * It is started in a group of its own: when this process is killed, HAProxy goes on, and the next one takes it over.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Backoff } from '../../src/core/backoff.js';
import type { Clock, Random, Timer } from '../../src/core/clock.js';
import type { Log } from '../../src/core/log.js';
import { unlessAborted } from '../../src/core/unless-aborted.js';
import type { Applier } from '../apply/apply.js';
import { SocketFailure } from '../haproxy/control-socket.js';
import type { Master } from '../haproxy/master.js';
import { findMasters, findStoppedOrphans, sendSignal } from '../haproxy/processes.js';
import { type Runtime, RuntimeRefusal } from '../haproxy/runtime.js';
import type { ReleaseDirectory } from '../release/release-directory.js';
import { adoptHaproxy } from './adoption.js';
import { HaproxyOutput, hintFor } from './haproxy-output.js';
import { startableRelease } from './startable-release.js';
import { type StopTimes, stopHaproxy } from './stopping.js';

const LOOK_MS = 500;
const BEGINNING_LOOK_MS = 50;
const STATE_MS = 2_000;
const SAY_AGAIN_MS = 60_000;
/** While it begins it may refuse to answer: it executes itself anew when it has read its configuration, and resets who asks. */
const BEGIN_MS = 10_000;
/** A HAProxy with 1 000 apps answers in a second. */
const REBIND_MS = 5_000;
const BEGIN_ANEW_MS = 200;
const GIVE_UP_MS = 60_000;

interface SupervisorParts {
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
  readonly #output: HaproxyOutput;
  #child: ChildProcess | null = null;
  #childStartedAt = 0;
  /** Id of the release that the child was started over. */
  #startedOver = '';
  /** Id of the release over which HAProxy ended before it served; null: the last start went well. */
  #failedStart: string | null = null;
  #timer: Timer | null = null;
  #looking: Promise<void> | null = null;
  /** That answered last. */
  #masterPid: number | null = null;
  #saidFailure = '';
  #saidEnd = '';
  /** Of a HAProxy that is there and that nobody here has started. */
  #silentSince: { readonly at: number; wasReloaded: boolean } | null = null;
  #sayEndAgainAt = 0;
  #isRunning = false;
  #isStopping = false;
  #onOutdated: () => void = () => {};

  constructor(parts: SupervisorParts) {
    this.#parts = parts;
    this.#backoff = new Backoff({ firstMs: 100, maxMs: 5_000, random: parts.random });
    this.#output = new HaproxyOutput(parts.directory.outputFile, (text) => process.stderr.write(text));
  }

  /** It has answered since it was started or taken over. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /**
   * Looks now, and from now on again and again.
   * @param onOutdated what HAProxy runs may be another release than is current
   */
  start(onOutdated: () => void): void {
    this.#onOutdated = onOutdated;
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
    const { clock } = this.#parts;
    let nextMs = LOOK_MS;
    try {
      nextMs = await this.#takeCare();
    } catch (error) {
      // A file system that is full or read-only, no process id left: none of it is for ever.
      this.#sayFailure(error as Error, 'looking after HAProxy failed');
    }
    if (!this.#isStopping) this.#timer = clock.setTimer(nextMs, () => this.look());
  }

  /** @returns when to look again, ms */
  async #takeCare(): Promise<number> {
    const { master } = this.#parts;
    this.#output.passOn();
    try {
      const { masterPid, workerPid } = await master.state(STATE_MS);
      this.#masterPid = masterPid;
      this.#silentSince = null;
      if (workerPid !== null && !this.#isRunning) return await this.#takeUp(masterPid, workerPid);
    } catch (error) {
      if (!(error instanceof SocketFailure)) this.#sayFailure(error as Error);
      else if (this.#isBeginning()) return BEGINNING_LOOK_MS;
      else if (!error.isAbsent || this.#child !== null) this.#saySilence(error);
      else if (!this.#isStopping) return this.#startHaproxy();
    }
    return LOOK_MS;
  }

  /** There is a worker. It may serve, or begin to, or end. @returns when to look again, ms */
  async #takeUp(masterPid: number, workerPid: number): Promise<number> {
    const { runtime, applier, directory, log } = this.#parts;
    const isOwn = this.#child !== null;
    try {
      // A worker that ends does not answer here, and its master has to be asked before.
      if (!isOwn && !(await adoptHaproxy(this.#parts, workerPid))) return this.#backoff.next();
      // From 3.1 on a worker is listed before it has read its configuration.
      await runtime.workerPid();
    } catch (error) {
      // Its master is there, so nothing is started beside it.
      if (!(error instanceof SocketFailure && this.#isBeginning())) this.#sayFailure(error as Error);
      // Over an earlier release, whose sockets may be elsewhere, it answers only when it was reloaded over the current one.
      if (isOwn && this.#startedOver !== (await directory.current())) this.#onOutdated();
      return LOOK_MS;
    }
    this.#isRunning = true;
    this.#failedStart = null;
    this.#saidFailure = '';
    this.#backoff.reset();
    log.info({ master: masterPid, adopted: !isOwn }, 'HAProxy runs');
    // One that was taken over may have been silent when the loop had a release for it.
    if (!isOwn || !(await applier.noteStarted(this.#startedOver))) this.#onOutdated();
    return LOOK_MS;
  }

  /** It is looked at twice a second, and the same failure is said once. */
  #sayFailure(error: Error, what = 'HAProxy does not answer'): void {
    const { message } = error;
    if (message === this.#saidFailure) return;
    this.#saidFailure = message;
    const isExpected = error instanceof SocketFailure || error instanceof RuntimeRefusal;
    this.#parts.log.warn(isExpected ? { reason: message } : { err: error }, what);
  }

  /** Of one that ran the watch says it. */
  #saySilence(error: SocketFailure): void {
    if (!this.#isRunning) this.#sayFailure(error);
  }

  /** It was started here, and has not answered yet. */
  #isBeginning(): boolean {
    return this.#child !== null && !this.#isRunning && this.#parts.clock.now() - this.#childStartedAt < BEGIN_MS;
  }

  /** @returns when to look whether it runs, ms */
  async #startHaproxy(): Promise<number> {
    const { program, masterSocket, directory, log } = this.#parts;
    if (await this.#isAnotherThere()) return LOOK_MS;
    await this.#endOrphans();
    const failed = this.#failedStart;
    this.#failedStart = null;
    const release = await startableRelease(this.#parts, failed);
    if (release === null) return LOOK_MS;
    if (this.#isRunning) log.error('HAProxy is gone');
    this.#isRunning = false;
    const listen = ['-W', '-S', `${masterSocket},level,admin`];
    this.#output.passOn();
    const errors = this.#output.open();
    const child = spawn(program, [...listen, '-f', directory.currentConfiguration], {
      detached: true,
      // `log stdout` of the site goes to our own standard output.
      stdio: ['ignore', 'inherit', errors],
    });
    closeSync(errors);
    this.#child = child;
    this.#childStartedAt = this.#parts.clock.now();
    this.#startedOver = release;
    const onEnd = (reason: string): void => {
      if (this.#child !== child) return;
      this.#child = null;
      if (this.#isStopping) return;
      if (!this.#isRunning) this.#failedStart = release;
      const pauseMs = this.#backoff.next();
      this.#sayEnd(reason, pauseMs);
      this.#timer?.cancel();
      this.#timer = this.#parts.clock.setTimer(pauseMs, () => this.look());
    };
    child.once('error', (error) => onEnd(error.message));
    child.once('exit', (code, signal) => onEnd(signal ?? `exit code ${code}`));
    return BEGINNING_LOOK_MS;
  }

  /**
   * A HAProxy that an earlier `edge run` started and that does not answer: it begins, or its socket was removed. A second one
   * beside it would bind the same ports, and half of the clients would get what it serves for ever.
   */
  async #isAnotherThere(): Promise<boolean> {
    const { masterSocket, log, clock } = this.#parts;
    let pids = await findMasters(masterSocket);
    if (pids.length === 0) {
      // A master that reloads begins anew, and has neither socket nor arguments for a moment.
      await delay(BEGIN_ANEW_MS);
      pids = await findMasters(masterSocket);
    }
    if (pids.length === 0) {
      this.#silentSince = null;
      return false;
    }
    this.#silentSince ??= { at: clock.now(), wasReloaded: false };
    const silentMs = clock.now() - this.#silentSince.at;
    if (silentMs > GIVE_UP_MS) {
      log.error({ pids }, 'HAProxy runs and does not answer at its socket; it is ended');
      for (const pid of pids) sendSignal(pid, 'SIGKILL');
    } else if (silentMs > REBIND_MS && !this.#silentSince.wasReloaded) {
      log.warn({ pids }, 'HAProxy runs and does not answer at its socket; it is told to reload, and binds it again');
      this.#silentSince.wasReloaded = true;
      for (const pid of pids) sendSignal(pid, 'SIGUSR2');
    }
    return true;
  }

  /** They would share the ports with the HAProxy that starts, and serve nobody. */
  async #endOrphans(): Promise<void> {
    const { masterSocket, log } = this.#parts;
    const pids = await findStoppedOrphans(masterSocket);
    if (pids.length === 0) return;
    log.error({ pids }, 'stopped workers of a HAProxy whose master is gone have its ports; they are ended (SIGKILL)');
    for (const pid of pids) sendSignal(pid, 'SIGKILL');
  }

  /** One that never comes up ends every few seconds; the same is said once a minute. */
  #sayEnd(reason: string, pauseMs: number): void {
    const { log, clock } = this.#parts;
    this.#output.passOn();
    const output = this.#output.lastLines();
    // But for its process ids.
    const text = `${reason}\n${output.join('\n')}`.replace(/\(\d+\)/g, '');
    if (text === this.#saidEnd && clock.now() < this.#sayEndAgainAt) return;
    this.#saidEnd = text;
    this.#sayEndAgainAt = clock.now() + SAY_AGAIN_MS;
    const hint = hintFor(output);
    log.error({ reason, output, ...(hint === null ? {} : { hint }), pauseMs }, 'HAProxy ended; it is started again');
  }

  /** @see stopHaproxy */
  async stop(times: StopTimes): Promise<void> {
    this.#isStopping = true;
    this.#timer?.cancel();
    await unlessAborted(this.#looking, times.now);
    await stopHaproxy({ ...this.#parts, childPid: this.#child?.pid ?? null, knownPid: this.#masterPid }, times);
    this.#output.passOn();
  }
}
