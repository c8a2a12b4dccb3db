import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Clock, Timer } from '../../core/clock.js';
import { linesIn } from './block-target.js';
import type { SocketPlace } from './syslog-place.js';

interface LoggerOptions extends SocketPlace {
  /** Whose lines they are. */
  readonly pid: number;
  /** Of a line, in bytes; logger would part a longer one. */
  readonly maxLine: number;
  readonly clock: Clock;
  /** A line could not be sent; logger goes on. */
  readonly onUnsent: (reason: string) => void;
  /** @param unsent so many lines at most have ended with it. @param reason null: it was told to end, and all is sent */
  readonly onEnd: (unsent: number, reason: string | null) => void;
}

/** Bytes that it has taken at once. */
interface Taken {
  readonly at: number;
  readonly lines: number;
  readonly bytes: number;
}

/** A stop is for the primary; a worker has lines until its last connection has ended. logger goes when its input ends. */
const COMMAND = `trap '' HUP INT TERM; exec logger "$@"`;
const NOT_FOUND = 127;
const MISSING = 'there is no program logger: it is in the package bsdutils of Debian, and in util-linux elsewhere';
/** A logger that can send has sent what it took so long ago. */
const SENDING_MS = 1_000;
/** What fits into its input and its memory, and more. */
const MAX_HELD_BYTES = 524_288;
/** In front of lines about single messages. */
const UNSENT = 'logger: send message failed: ';

/**
 * `logger` of util-linux as a child: it sends each line of its input to a socket of datagrams, which Node cannot open. It
 * connects anew when its receiver was started anew, and ends when there is none.
 */
export class Logger {
  readonly #options: LoggerOptions;
  readonly #child: ChildProcess;
  /** The oldest first. logger tells nothing of what it has sent. */
  readonly #taken: Taken[] = [];
  #takenBytes = 0;
  /** What it said first about its end. */
  #lastWords: string | null = null;
  /** It takes nothing for now, so it may hold all that fits. */
  #isStuck = false;
  #isToldToEnd = false;
  #hasEnded = false;
  #onEnded: () => void = () => {};

  /** @throws Error when the system can start no process */
  constructor(options: LoggerOptions) {
    this.#options = options;
    const { socket, facility, pid, maxLine } = options;
    const flags = [
      ...['--socket', socket, '--socket-errors=on', '--tag', 'autoproxy', `--id=${pid}`],
      ...['--priority', `${facility}.info`, '--size', `${maxLine}`],
    ];
    const env = { ...process.env, LC_ALL: 'C' };
    this.#child = spawn('sh', ['-c', COMMAND, 'sh', ...flags], { stdio: ['pipe', 'ignore', 'pipe'], env });
    const { stdin, stderr } = this.#child;
    this.#child.once('error', (error) => this.#end(error.message));
    this.#child.once('close', (code, signal) => this.#end(this.#reasonOf(code, signal)));
    // Its end tells more.
    stdin?.on('error', () => {});
    if (stderr !== null && stderr !== undefined)
      createInterface({ input: stderr }).on('line', (line) => this.#onWords(line));
    // Only a worker that serves or drains has lines.
    for (const handle of [this.#child, stdin, stderr]) (handle as { unref?: () => void } | null)?.unref?.();
  }

  /** The bytes stay as they are until it has taken them. */
  write(bytes: Buffer, onTaken: () => void): void {
    this.#isStuck = true;
    this.#child.stdin?.write(bytes, (error) => {
      if (this.#hasEnded || (error !== null && error !== undefined)) return;
      this.#isStuck = false;
      this.#note(bytes);
      onTaken();
    });
  }

  /** @returns whether it has taken all of it */
  writeNow(bytes: Buffer): boolean {
    this.#child.stdin?.write(bytes);
    const isTaken = this.#child.stdin?.writableLength === 0;
    if (isTaken) this.#note(bytes);
    return isTaken;
  }

  /** Sends what it has taken, and ends; one that has not ended within `patienceMs` is killed. */
  async end(patienceMs: number): Promise<void> {
    this.#isToldToEnd = true;
    this.#child.stdin?.end();
    let timer: Timer | null = null;
    await new Promise<void>((resolve) => {
      this.#onEnded = resolve;
      timer = this.#options.clock.setTimer(patienceMs, () => this.kill('logger did not send its last lines in time'));
    });
    (timer as Timer | null)?.cancel();
  }

  /** It counts as ended at once. */
  kill(reason: string): void {
    this.#isStuck = true;
    this.#child.kill('SIGKILL');
    this.#end(reason);
  }

  #note(bytes: Buffer): void {
    this.#taken.push({ at: this.#options.clock.now(), lines: linesIn(bytes), bytes: bytes.length });
    this.#takenBytes += bytes.length;
    while (this.#takenBytes > MAX_HELD_BYTES + (this.#taken[0]?.bytes ?? 0))
      this.#takenBytes -= this.#taken.shift()?.bytes ?? 0;
  }

  #onWords(line: string): void {
    if (line.startsWith(UNSENT)) this.#options.onUnsent(line);
    else this.#lastWords ??= line;
  }

  #reasonOf(code: number | null, signal: NodeJS.Signals | null): string | null {
    if (code === 0 && this.#isToldToEnd) return null;
    if (code === NOT_FOUND) return MISSING;
    if (signal !== null) return `logger was ended by ${signal}`;
    return this.#lastWords ?? `logger ended with code ${code}`;
  }

  #end(reason: string | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#options.onEnd(reason === null ? 0 : this.#unsent(), reason);
    this.#onEnded();
  }

  #unsent(): number {
    const since = this.#isStuck ? Number.NEGATIVE_INFINITY : this.#options.clock.now() - SENDING_MS;
    return this.#taken.reduce((sum, { at, lines }) => (at >= since ? sum + lines : sum), 0);
  }
}
