import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { hasLostPeer } from '../../../src/proxy/io/socket-transport.js';

/** Of a text that is not what was awaited, in an error. */
const SHOWN_CHARS = 1_000;
/** Code that never answers, or never closes, fails after this silence, and not with the time of the whole file. */
const SILENCE_MS = 20_000;

/** A TCP connection whose bytes a test writes and reads exactly; waiting is for bytes or the end, never for time. */
export class RawConnection {
  readonly socket: Socket;
  readonly #silenceMs: number;
  #text = '';
  #hasEnded = false;
  #error: Error | null = null;
  readonly #waiting = new Set<() => void>();

  constructor(socket: Socket, silenceMs = SILENCE_MS) {
    this.socket = socket;
    this.#silenceMs = silenceMs;
    // It may have ended before anybody listened.
    this.#hasEnded = socket.destroyed || socket.readableEnded;
    socket.setNoDelay(true);
    socket.on('data', (bytes: Buffer) => {
      this.#text += bytes.toString('latin1');
      this.#wake();
    });
    socket.on('end', () => {
      this.#hasEnded = true;
      // A reset that comes with the last bytes looks like an end.
      if (!socket.writableEnded && hasLostPeer(socket)) this.#error ??= new Error('the connection was reset');
      this.#wake();
    });
    socket.on('error', (error) => {
      this.#error = error;
      this.#wake();
    });
    socket.on('close', () => {
      this.#hasEnded = true;
      this.#wake();
    });
  }

  static async open(port: number, host: string, localAddress?: string): Promise<RawConnection> {
    const socket = connect({ port, host, allowHalfOpen: true, ...(localAddress !== undefined && { localAddress }) });
    const connection = new RawConnection(socket);
    await once(socket, 'connect', { signal: AbortSignal.timeout(SILENCE_MS) });
    return connection;
  }

  /** All that came so far and was not taken. */
  get text(): string {
    return this.#text;
  }

  get error(): Error | null {
    return this.#error;
  }

  write(text: string | Buffer): void {
    if (typeof text === 'string') this.socket.write(text, 'latin1');
    else this.socket.write(text);
  }

  /** Each piece in a packet of its own, as far as one can have it: the next is written when the one before is out. */
  async writePieces(pieces: readonly string[]): Promise<void> {
    for (const piece of pieces) {
      await new Promise<void>((resolve) => this.socket.write(piece, 'latin1', () => setImmediate(resolve)));
    }
  }

  /**
   * Waits until `isEnough` says so of all that came. Rejects when the connection ends before, or is silent for too long.
   * @param awaited for the error
   */
  async until(isEnough: (text: string) => boolean, awaited = String(isEnough)): Promise<string> {
    while (!isEnough(this.#text)) {
      if (this.#hasEnded) {
        throw new Error(`the connection ended (${this.#error?.message ?? 'orderly'}) ${this.#received}`);
      }
      await this.#change(awaited);
    }
    return this.#text;
  }

  /** Takes the next whole response: head, and body by Content-Length or chunks. */
  async response(method = 'GET'): Promise<RawResponse> {
    await this.until((text) => parseResponse(text, method, this.#hasEnded) !== null, 'a whole response');
    return this.#take(method);
  }

  #take(method: string): RawResponse {
    const response = parseResponse(this.#text, method, this.#hasEnded);
    if (response === null) throw new Error('no whole response');
    this.#text = this.#text.slice(response.length);
    return response;
  }

  /**
   * Waits for the other side's end; a reset counts as one. Rejects when the connection is silent for too long.
   * @returns what came before it and was not taken.
   */
  async ended(): Promise<string> {
    while (!this.#hasEnded && this.#error === null) await this.#change("the other side's end");
    return this.#text;
  }

  close(): void {
    this.socket.destroy();
  }

  get #received(): string {
    return `after ${this.#text.length} bytes, the last ones ${JSON.stringify(this.#text.slice(-SHOWN_CHARS))}`;
  }

  #wake(): void {
    for (const goOn of this.#waiting) goOn();
  }

  #change(awaited: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const onChange = (): void => {
        this.#waiting.delete(onChange);
        clearTimeout(timer);
        resolve();
      };
      const timer = setTimeout(() => {
        this.#waiting.delete(onChange);
        reject(new Error(`nothing came for ${this.#silenceMs} ms ${this.#received}; awaited: ${awaited}`));
      }, this.#silenceMs);
      this.#waiting.add(onChange);
    });
  }
}

export interface RawResponse {
  readonly status: number;
  /** By lower-case name; repeated ones joined by ", ". */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
  /** Chars of the whole response in the text. */
  readonly length: number;
}

function parseResponse(text: string, method: string, hasEnded: boolean): RawResponse | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const [statusLine = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    fields.set(name, fields.has(name) ? `${fields.get(name)}, ${value}` : value);
  }
  const start = headEnd + 4;
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304)
    return { status, fields, body: '', length: start };
  if (fields.get('transfer-encoding') === 'chunked') {
    const chunks = parseChunks(text, start);
    return chunks === null ? null : { status, fields, ...chunks };
  }
  const length = fields.get('content-length');
  if (length === undefined) return hasEnded ? { status, fields, body: text.slice(start), length: text.length } : null;
  const end = start + Number(length);
  return text.length < end ? null : { status, fields, body: text.slice(start, end), length: end };
}

function parseChunks(text: string, from: number): { body: string; length: number } | null {
  let body = '';
  let position = from;
  for (;;) {
    const lineEnd = text.indexOf('\r\n', position);
    if (lineEnd === -1) return null;
    const size = Number.parseInt(text.slice(position, lineEnd), 16);
    if (size === 0) {
      const end = text.startsWith('\r\n', lineEnd + 2) ? lineEnd + 4 : text.indexOf('\r\n\r\n', lineEnd + 2) + 4;
      return end <= 3 || text.length < end ? null : { body, length: end };
    }
    const next = lineEnd + 2 + size + 2;
    if (text.length < next) return null;
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    position = next;
  }
}
