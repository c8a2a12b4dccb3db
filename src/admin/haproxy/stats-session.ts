import { once } from 'node:events';
import type { Socket } from 'node:net';
import { reasonOf } from '../../core/thrown.js';
import { escapeText } from '../../model/problem.js';
import { answerCommand, commandsOf } from './command-line.js';
import type { VerbContext } from './stats-node.js';

/** HAProxy's buffer. A longer line is not a command. */
const MAX_LINE_CHARS = 16_384;
const PROMPT = '> ';

/**
 * One connection. Without `prompt` it is for one line: its commands are answered, and the connection ends. What comes while
 * a command runs waits in the kernel, so a client that sends without end costs one buffer; a command waits until the answers
 * before it have left, so one that does not read costs an answer.
 *
 *   reading ──line──► answering ──one line──► ended
 *      ▲                  │
 *      └──── prompt ──────┘
 */
export class StatsSession {
  readonly #socket: Socket;
  readonly #context: VerbContext;
  readonly #end = new AbortController();
  #unread = '';
  #isInteractive = false;
  #isAnswering = false;
  #hasEnded = false;
  #isOver = false;

  constructor(socket: Socket, context: Omit<VerbContext, 'end' | 'setIdleTimeout'>) {
    this.#socket = socket;
    const setIdleTimeout = (idleMs: number): void => void socket.setTimeout(idleMs);
    this.#context = { ...context, end: this.#end.signal, setIdleTimeout };
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#unread += text;
      void this.#readLines();
    });
    // A script may leave the end of its line away.
    socket.on('end', () => {
      this.#hasEnded = true;
      void this.#readLines();
    });
    socket.on('close', () => {
      this.#isOver = true;
      this.#end.abort();
    });
    // The peer has gone: no answer can reach it.
    socket.on('error', () => socket.destroy());
  }

  async #readLines(): Promise<void> {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    this.#socket.pause();
    for (let line = this.#nextLine(); line !== null && !this.#isOver; line = this.#nextLine()) {
      await this.#answer(line);
    }
    if (this.#isOver) return;
    this.#isAnswering = false;
    if (this.#hasEnded) this.#finish('');
    else this.#socket.resume();
  }

  #nextLine(): string | null {
    const end = this.#unread.indexOf('\n');
    if ((end < 0 ? this.#unread.length : end) > MAX_LINE_CHARS) {
      this.#finish(`A line may have ${MAX_LINE_CHARS} characters.\n\n`);
      return null;
    }
    if (end < 0 && (!this.#hasEnded || this.#unread === '')) return null;
    const line = end < 0 ? this.#unread : this.#unread.slice(0, end);
    this.#unread = end < 0 ? '' : this.#unread.slice(end + 1);
    return line;
  }

  async #answer(line: string): Promise<void> {
    for (const words of commandsOf(line)) {
      // Who has gone gets no answers; what they told the node to do is done all the same.
      if (this.#isOver && words[0] === 'show') continue;
      const { text, effect } = await this.#answerCommand(words);
      if (effect === 'quit') return this.#finish('');
      if (effect === 'prompt') this.#isInteractive = !this.#isInteractive;
      await this.#say(text);
    }
    if (this.#isInteractive) await this.#say(PROMPT);
    else this.#finish('');
  }

  async #say(text: string): Promise<void> {
    if (this.#isOver || this.#socket.write(text)) return;
    await once(this.#socket, 'drain', { signal: this.#end.signal }).catch(() => {});
  }

  /** Nothing more is read; a peer that does not take its answer is cut when it has been silent for too long. */
  #finish(text: string): void {
    this.#isOver = true;
    this.#socket.end(text);
    this.#socket.destroySoon();
  }

  /** An error is a bug of ours: the one who asks is told, and the node lives on. */
  async #answerCommand(words: readonly string[]) {
    try {
      return await answerCommand(words, this.#context);
    } catch (error) {
      return { text: `Internal error: ${escapeText(reasonOf(error).slice(0, 500))}\n\n`, effect: 'none' } as const;
    }
  }
}
