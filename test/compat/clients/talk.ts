/** A conversation on one connection, byte by byte, and what was seen of it. */
import { connect, type Socket } from 'node:net';
import type { Observation } from '../observation.js';
import type { Target } from '../ways.js';
import { addBody, addFields, addHead } from './response-aspects.js';

/** How long an answer may take. */
const PATIENCE_MS = 3_000;
/** A client that asked with `Expect: 100-continue` sends its body after this time in any case. */
const EXPECT_MS = 400;
/** How long a connection that may be used again is watched, and one that should end. */
const KEPT_MS = 50;
const CLOSED_MS = 2_000;

interface Message {
  readonly head: string;
  readonly body: string;
  readonly framing: 'none' | 'length' | 'chunked' | 'close' | 'cut';
  readonly trailers: readonly string[];
  /** Of the whole message. */
  readonly length: number;
}

export class Talk {
  readonly #target: Target;
  readonly #socket: Socket;
  readonly #aspects = new Map<string, string>();
  #text = '';
  #end: 'closed' | 'reset' | null = null;
  #responses = 0;
  #isLast = false;
  #wake: () => void = () => {};

  private constructor(target: Target) {
    this.#target = target;
    this.#socket = connect({ ...target, allowHalfOpen: true, noDelay: true });
    this.#socket.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('latin1');
      this.#wake();
    });
    this.#socket.on('end', () => this.#onEnd('closed'));
    this.#socket.on('error', () => this.#onEnd('reset'));
    this.#socket.on('close', () => this.#onEnd('closed'));
  }

  /** Holds a conversation with `target`. @returns what was seen, also of how the connection ended */
  static async observe(target: Target, hold: (talk: Talk) => Promise<void>): Promise<Observation> {
    const talk = new Talk(target);
    try {
      await hold(talk);
      await talk.#observeEnd();
    } catch (error) {
      talk.#aspects.set('end', error instanceof Silence ? error.message : `failed: ${(error as Error).message}`);
    } finally {
      talk.#socket.destroy();
    }
    return talk.#aspects;
  }

  send(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  async sendSlowly(pieces: readonly string[], pauseMs: number): Promise<void> {
    for (const piece of pieces) {
      this.send(piece);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  /** Ends this side of the connection. */
  finish(): void {
    this.#socket.end();
  }

  /** As a client that waits for 100 before it sends its body. */
  async awaitLeave(): Promise<void> {
    await this.#until(() => this.#text !== '', EXPECT_MS).catch(() => undefined);
  }

  /** Takes the next response. @returns its body; null when the connection ended before its head */
  async response(method = 'GET'): Promise<string | null> {
    this.#responses += 1;
    const prefix = `${this.#responses}`;
    for (;;) {
      const message = await this.#message(method);
      if (message === null) {
        this.#aspects.set(`${prefix} status`, 'the connection ended');
        return null;
      }
      const status = Number(message.head.split(' ')[1]);
      if (status < 200 && status !== 101) {
        addHead(this.#aspects, `${prefix} interim`, message.head, this.#target);
        continue;
      }
      addHead(this.#aspects, prefix, message.head, this.#target);
      addBody(this.#aspects, prefix, message.body, this.#target);
      addFields(this.#aspects, `${prefix} trailer`, message.trailers, this.#target);
      this.#aspects.set(`${prefix} framing`, message.framing);
      const isOld = message.head.startsWith('HTTP/1.0') && !/^connection:.*keep-alive/im.test(message.head);
      this.#isLast ||= isOld || message.framing === 'close' || /^connection:.*close/im.test(message.head);
      return message.body;
    }
  }

  /** The field of the last response. */
  field(name: string): string {
    return this.#aspects.get(`${this.#responses} field ${name}`) ?? '';
  }

  /** Takes so many bytes of what is no response, as of a tunnel. */
  async bytes(aspect: string, count: number): Promise<void> {
    await this.#until(() => this.#text.length >= count || this.#end !== null);
    this.#aspects.set(aspect, JSON.stringify(this.#text.slice(0, count)));
    this.#text = this.#text.slice(count);
  }

  async #message(method: string): Promise<Message | null> {
    let message = readMessage(this.#text, method, false);
    await this.#until(() => {
      message = readMessage(this.#text, method, this.#end !== null);
      return message !== null || this.#end !== null;
    });
    this.#text = this.#text.slice(message?.length ?? 0);
    return message;
  }

  async #observeEnd(): Promise<void> {
    await this.#until(() => this.#end !== null, this.#isLast ? CLOSED_MS : KEPT_MS).catch(() => undefined);
    this.#aspects.set('end', this.#end ?? 'kept');
    if (this.#text !== '') this.#aspects.set('rest', JSON.stringify(this.#text.slice(0, 200)));
  }

  #onEnd(end: 'closed' | 'reset'): void {
    this.#end ??= end;
    this.#wake();
  }

  async #until(isSo: () => boolean, patienceMs = PATIENCE_MS): Promise<void> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.#wake();
    }, patienceMs);
    try {
      while (!isSo()) {
        if (isLate) throw new Silence(`no answer within ${patienceMs} ms`);
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}

class Silence extends Error {}

/** @returns null while more has to come */
function readMessage(text: string, method: string, hasEnded: boolean): Message | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const head = text.slice(0, headEnd);
  const start = headEnd + 4;
  const rest = text.slice(start);
  const status = Number(head.split(' ')[1]);
  const message = { head, trailers: [] };
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304)
    return { ...message, body: '', framing: 'none', length: start };
  if (/^transfer-encoding:\s*chunked\s*$/im.test(head)) {
    const chunks = readChunks(rest);
    if (chunks !== null) return { ...message, ...chunks, framing: 'chunked', length: start + chunks.length };
    return hasEnded ? { ...message, body: rest, framing: 'cut', length: text.length } : null;
  }
  const announced = /^content-length:\s*(\d+)/im.exec(head)?.[1];
  if (announced === undefined)
    return hasEnded ? { ...message, body: rest, framing: 'close', length: text.length } : null;
  const length = Number(announced);
  if (rest.length >= length)
    return { ...message, body: rest.slice(0, length), framing: 'length', length: start + length };
  return hasEnded ? { ...message, body: rest, framing: 'cut', length: text.length } : null;
}

function readChunks(text: string): Pick<Message, 'body' | 'trailers' | 'length'> | null {
  let body = '';
  for (let position = 0; ; ) {
    const lineEnd = text.indexOf('\r\n', position);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(text.slice(position, lineEnd), 16);
    const next = lineEnd + 2 + size + 2;
    if (size === 0) {
      const end = text.indexOf('\r\n\r\n', lineEnd);
      if (end === -1) return null;
      return { body, trailers: text.slice(lineEnd, end).split('\r\n'), length: end + 4 };
    }
    if (text.length < next) return null;
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    position = next;
  }
}
