import type { Clock, Timer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import { codeOf, reasonOf } from '../core/thrown.js';
import { type Assignments, type NotifySocket, notify } from './notify-socket.js';

/** How soon systemd hears that the service is ready. */
const LOOK_MS = 100;
/** How often the status is compared with what was said, where no watchdog sets the pace. */
const BEAT_MS = 10_000;
/** A start lasts as long as a source does not answer. It is failed only when the process says nothing for so many beats. */
const SILENT_BEATS = 3;
/** For what a stop does beside its own times. */
const STOP_MARGIN_MS = 10_000;

export interface ServiceCondition {
  readonly isReady: boolean;
  /** One line, for `systemctl status`. */
  readonly status: string;
}

interface NoticesParts {
  readonly clock: Clock;
  readonly log: Log;
  /** Asked at each beat. */
  readonly condition: () => ServiceCondition;
}

/**
 * Tells systemd how the service does.
 *
 *   starting ──ready──► READY ──every beat──► WATCHDOG, a new STATUS ──► STOPPING
 *      └ every beat: a new STATUS, and more time for the start
 *
 * The beats are timers of this process, so a loop that stands still sends none. One message is under way at a time; what
 * comes meanwhile is sent with the next one.
 */
export class ServiceNotices {
  readonly #socket: NotifySocket;
  readonly #parts: NoticesParts;
  readonly #beatMs: number;
  #timer: Timer | null = null;
  #nextBeatAt: number;
  #isReadySaid = false;
  #saidStatus = '';
  /** It stops, or the program is missing that tells systemd. */
  #isOver = false;
  #waiting: Assignments = {};
  #isSending = false;
  #hasFailed = false;

  /** @returns null where systemd wants to be told nothing */
  static start(socket: NotifySocket | null, parts: NoticesParts): ServiceNotices | null {
    if (socket === null) return null;
    const notices = new ServiceNotices(socket, parts);
    notices.#look();
    return notices;
  }

  private constructor(socket: NotifySocket, parts: NoticesParts) {
    this.#socket = socket;
    this.#parts = parts;
    const { watchdogMs } = socket;
    this.#beatMs = watchdogMs === null ? BEAT_MS : watchdogMs / 2;
    this.#nextBeatAt = parts.clock.now();
  }

  /** @param withinMs how long the stop may last by the options */
  stopping(withinMs: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#send({ STOPPING: '1', STATUS: 'stopping', ...moreTime(withinMs + STOP_MARGIN_MS) });
  }

  #look(): void {
    const { clock, condition } = this.#parts;
    const { isReady, status } = condition();
    const becomesReady = isReady && !this.#isReadySaid;
    if (becomesReady || clock.now() >= this.#nextBeatAt) {
      this.#nextBeatAt = clock.now() + this.#beatMs;
      this.#beat(becomesReady, status);
    }
    if (this.#isOver) return;
    this.#timer = clock.setTimer(this.#isReadySaid ? this.#beatMs : LOOK_MS, () => this.#look());
  }

  #beat(becomesReady: boolean, status: string): void {
    if (becomesReady) this.#isReadySaid = true;
    const isNews = status !== this.#saidStatus;
    this.#saidStatus = status;
    this.#send({
      ...(becomesReady ? { READY: '1' } : {}),
      ...(this.#isReadySaid ? {} : moreTime(SILENT_BEATS * this.#beatMs)),
      ...(this.#socket.watchdogMs === null ? {} : { WATCHDOG: '1' }),
      ...(isNews ? { STATUS: status } : {}),
    });
  }

  #send(assignments: Assignments): void {
    this.#waiting = { ...this.#waiting, ...assignments };
    if (!this.#isSending) void this.#sendWaiting();
  }

  async #sendWaiting(): Promise<void> {
    this.#isSending = true;
    while (Object.keys(this.#waiting).length > 0) {
      const assignments = this.#waiting;
      this.#waiting = {};
      await notify(this.#socket, assignments).catch((error: unknown) => this.#onFailure(error, assignments));
    }
    this.#isSending = false;
  }

  #onFailure(error: unknown, assignments: Assignments): void {
    if (!this.#hasFailed) this.#parts.log.warn({ reason: reasonOf(error) }, 'systemd is not told how the service does');
    this.#hasFailed = true;
    if (codeOf(error) === 'ENOENT') {
      this.#end();
      return;
    }
    // With the next beat again: systemd ends a service that it does not know to be ready.
    if (assignments.READY !== undefined) this.#isReadySaid = false;
    if (assignments.STATUS !== undefined) this.#saidStatus = '';
  }

  #end(): void {
    this.#isOver = true;
    this.#waiting = {};
    this.#timer?.cancel();
  }
}

function moreTime(forMs: number): Assignments {
  return { EXTEND_TIMEOUT_USEC: String(Math.ceil(forMs * 1_000)) };
}
