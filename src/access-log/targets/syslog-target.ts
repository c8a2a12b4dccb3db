import { createSocket, type Socket } from 'node:dgram';
import type { Clock } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import { hostPort } from '../../core/networks.js';
import { codeOf } from '../../core/thrown.js';
import { Instants, isoSecond } from '../instants.js';
import { LineBuffer } from '../line-buffer.js';
import type { LogTarget } from './log-target.js';
import { Losses } from './losses.js';
import type { UdpPlace } from './syslog-place.js';

interface SyslogTargetOptions extends UdpPlace {
  readonly hostname: string;
  readonly pid: number;
  readonly clock: Clock;
  readonly log: Log;
}

const INFORMATIONAL = 6;
const APP_NAME = 'autoproxy';
/** What receivers take by default (rsyslog's maxMessageSize); the rest of a longer line is cut off. */
const MAX_MESSAGE_BYTES = 8_192;
/** Messages that the kernel has not taken; lines beyond this are dropped. */
const MAX_WAITING_BYTES = 1_048_576;
/**
 * So many messages go out together: one that comes alone wakes the receiver, and costs several times more (bench/README.md). A
 * burst of this size from each of eight workers fits into the memory of a receiver that sleeps (some 270 messages by default).
 */
const BURST_MESSAGES = 16;
const BURST_MS = 50;
/** How long a receiver that is not there is left alone. */
const PAUSE_MS = 1_000;

/**
 * A receiver of syslog over UDP, one message a line (RFC 5424 in RFC 5426). The socket is connected, so the kernel says when
 * the receiver is gone: for a second it then drops lines unmade, and counts them.
 */
export class SyslogTarget implements LogTarget {
  readonly #options: SyslogTargetOptions;
  readonly #socket: Socket;
  readonly #losses: Losses;
  readonly #instants = new Instants(isoSecond);
  readonly #before: Buffer;
  readonly #behind: Buffer;
  readonly #lines = new LineBuffer();
  #lineStart = 0;
  /** Messages that the kernel has not taken yet; they are read from the buffer until then. */
  #pending = 0;
  /** Those of them that are not sent yet. */
  readonly #held: Buffer[] = [];
  #isOpen = false;
  #isBurstDue = false;
  #isPaused = false;
  #isFlushed: (() => void) | null = null;

  constructor(options: SyslogTargetOptions) {
    const { host, port, facility, hostname, pid, clock, log } = options;
    this.#options = options;
    const message = 'sending the access log to syslog failed; serving continues';
    this.#losses = new Losses({ clock, log, place: { receiver: hostPort(host, port) }, message });
    this.#before = Buffer.from(`<${8 * facility + INFORMATIONAL}>1 `, 'latin1');
    this.#behind = Buffer.from(`Z ${headerText(hostname)} ${APP_NAME} ${pid} - - `, 'latin1');
    this.#socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    this.#socket.on('error', (error) => this.#onFault(error));
    this.#socket.connect(port, host, () => {
      this.#isOpen = true;
      this.#sendHeld();
    });
    this.#socket.unref();
  }

  get dropped(): number {
    return this.#losses.total;
  }

  get failure(): string | null {
    return this.#isPaused ? this.#losses.reason : null;
  }

  /** What cannot be sent is dropped. */
  get waiting(): number {
    return 0;
  }

  begin(): LineBuffer | null {
    const line = this.#lines;
    if (this.#pending === 0) line.clear();
    if (this.#isPaused || line.length > MAX_WAITING_BYTES) {
      this.#losses.add(1);
      return null;
    }
    const now = this.#options.clock.wallTime();
    this.#lineStart = line.length;
    line.raw(this.#before);
    this.#instants.write(line, now);
    line.text('.');
    line.milliseconds(now % 1_000);
    line.raw(this.#behind);
    return line;
  }

  end(): void {
    const { bytes, length } = this.#lines;
    this.#pending += 1;
    const end = Math.min(length, this.#lineStart + MAX_MESSAGE_BYTES);
    this.#held.push(bytes.subarray(this.#lineStart, end));
    if (this.#held.length >= BURST_MESSAGES) this.#sendHeld();
    else if (!this.#isBurstDue) {
      this.#isBurstDue = true;
      this.#options.clock.setTimer(BURST_MS, this.#onBurstDue);
    }
  }

  readonly #onBurstDue = (): void => {
    this.#isBurstDue = false;
    this.#sendHeld();
  };

  #sendHeld(): void {
    if (!this.#isOpen) return;
    for (const message of this.#held) this.#socket.send(message, this.#onSent);
    this.#held.length = 0;
  }

  readonly #onSent = (error: Error | null): void => {
    this.#pending -= 1;
    if (error !== null) {
      this.#losses.add(1);
      this.#onFault(error);
    }
    if (this.#pending === 0) this.#isFlushed?.();
  };

  async flush(deadlineMs: number): Promise<void> {
    this.#sendHeld();
    if (this.#pending === 0) return;
    await new Promise<void>((resolve) => {
      this.#isFlushed = resolve;
      this.#options.clock.setTimer(deadlineMs, resolve);
    });
  }

  reopen(): void {}

  writeNow(): void {
    this.#sendHeld();
    // What is sent in this moment is confirmed in a later one.
    this.#losses.add(this.#isOpen ? this.#socket.getSendQueueCount() : this.#pending);
    this.#losses.onEnd();
  }

  #onFault(error: Error): void {
    // The kernel tells of a message that was sent, and that nobody took, at the next use of the socket.
    if (codeOf(error) === 'ECONNREFUSED') this.#losses.add(1);
    this.#losses.onFault(error.message);
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#options.clock.setTimer(PAUSE_MS, () => {
      this.#isPaused = false;
    });
  }
}

/** RFC 5424 6.2: printable ASCII without spaces, at most 255. */
function headerText(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '-').slice(0, 255) || '-';
}
