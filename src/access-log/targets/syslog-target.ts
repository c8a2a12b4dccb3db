import { createSocket, type Socket } from 'node:dgram';
import type { Clock } from '../../core/clock.js';
import type { Log } from '../../core/log.js';
import { MessageRate } from '../../core/message-rate.js';
import { Instants, isoSecond } from '../instants.js';
import { LineBuffer } from '../line-buffer.js';
import type { LogTarget } from './log-target.js';
import type { SyslogPlace } from './syslog-place.js';

interface SyslogTargetOptions extends SyslogPlace {
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
/** How long a receiver that is not there is left alone. */
const PAUSE_MS = 1_000;
/** Of lines in the log about one fault. */
const SAID_EVERY_MS = 60_000;

/**
 * A receiver of syslog over UDP, one message a line (RFC 5424 in RFC 5426). The socket is connected, so the kernel says when
 * the receiver is gone: for a second it then drops lines unmade, and counts them.
 */
export class SyslogTarget implements LogTarget {
  dropped = 0;
  readonly #options: SyslogTargetOptions;
  readonly #socket: Socket;
  readonly #rate: MessageRate;
  readonly #instants = new Instants(isoSecond);
  readonly #before: Buffer;
  readonly #behind: Buffer;
  readonly #lines = new LineBuffer();
  #lineStart = 0;
  /** Messages that the kernel has not taken yet; they are read from the buffer until then. */
  #pending = 0;
  /** Messages that came before the socket was open; null: it is. */
  #early: Buffer[] | null = [];
  #isPaused = false;
  #lost = 0;
  #isFlushed: (() => void) | null = null;

  constructor(options: SyslogTargetOptions) {
    const { host, port, facility, hostname, pid, clock } = options;
    this.#options = options;
    this.#rate = new MessageRate(clock, SAID_EVERY_MS);
    this.#before = Buffer.from(`<${8 * facility + INFORMATIONAL}>1 `, 'latin1');
    this.#behind = Buffer.from(`Z ${headerText(hostname)} ${APP_NAME} ${pid} - - `, 'latin1');
    this.#socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    this.#socket.on('error', (error) => this.#onFault(error));
    this.#socket.connect(port, host, () => {
      for (const message of this.#early ?? []) this.#socket.send(message, this.#onSent);
      this.#early = null;
    });
    this.#socket.unref();
  }

  begin(): LineBuffer | null {
    const line = this.#lines;
    if (this.#pending === 0) line.clear();
    if (this.#isPaused || line.length > MAX_WAITING_BYTES) {
      this.dropped += 1;
      this.#lost += 1;
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
    const message = bytes.subarray(this.#lineStart, end);
    if (this.#early === null) this.#socket.send(message, this.#onSent);
    else this.#early.push(message);
  }

  readonly #onSent = (error: Error | null): void => {
    this.#pending -= 1;
    if (error !== null) {
      this.dropped += 1;
      this.#lost += 1;
      this.#onFault(error);
    }
    if (this.#pending === 0) this.#isFlushed?.();
  };

  async flush(deadlineMs: number): Promise<void> {
    if (this.#pending === 0) return;
    await new Promise<void>((resolve) => {
      this.#isFlushed = resolve;
      this.#options.clock.setTimer(deadlineMs, resolve);
    });
  }

  reopen(): void {}

  writeNow(): void {
    this.dropped += this.#pending;
  }

  #onFault(error: Error): void {
    const { clock, log, host, port } = this.#options;
    if (!this.#isPaused) {
      this.#isPaused = true;
      clock.setTimer(PAUSE_MS, () => {
        this.#isPaused = false;
      });
    }
    if (this.#rate.ask() === null) return;
    const facts = { reason: error.message, receiver: `${host}:${port}`, lost: this.#lost };
    log.error(facts, 'sending the access log to syslog failed; serving continues');
    this.#lost = 0;
  }
}

/** RFC 5424 6.2: printable ASCII without spaces, at most 255. */
function headerText(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, '-').slice(0, 255) || '-';
}
