/** Node's own parser, reached through its public server and client over a stream in memory. Strict, as it is by default. */
import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  request as sendRequest,
} from 'node:http';
import { Duplex } from 'node:stream';
import type { Message } from './forwarding.js';

export interface Reading {
  readonly messages: readonly Message[];
  /** The code of the error that ended the reading, or null. */
  readonly error: string | null;
}

/** Gives `text`, waits until it has been read and all that comes of it is done, then ends. */
class Wire extends Duplex {
  readonly #text: string;
  #isGiven = false;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  override _read(): void {
    if (!this.#isGiven) {
      this.#isGiven = true;
      this.push(Buffer.from(this.#text, 'latin1'));
    } else {
      // Ticks come before immediates: events of bodies that were read are over by then.
      setImmediate(() => this.push(null));
    }
  }

  override _write(_bytes: Buffer, _encoding: string, onWritten: () => void): void {
    onWritten();
  }
}

/** Listens on nothing; connections are handed to it. */
export function createOracleServer(): Server {
  const server = createServer({ requireHostHeader: true, insecureHTTPParser: false });
  // The stream's end must not cut off what was whole.
  Object.assign(server, { httpAllowHalfOpen: true });
  return server;
}

/** What a server makes of the bytes that a proxy sends over one connection. Only whole messages are in the answer. */
export function readAsServer(server: Server, text: string): Promise<Reading> {
  const wire = new Wire(text);
  const messages: Message[] = [];
  return new Promise((resolve) => {
    let error: string | null = null;
    const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
      collect(request, `${request.method} ${request.url}`, (message) => messages.push(message));
      response.end();
    };
    const onClientError = (problem: NodeJS.ErrnoException): void => {
      error ??= problem.code ?? problem.message;
      wire.destroy();
    };
    const onUpgrade = (): void => {
      error = 'UPGRADE';
      wire.destroy();
    };
    server.on('request', onRequest).on('clientError', onClientError).on('upgrade', onUpgrade).on('connect', onUpgrade);
    wire.on('close', () => {
      for (const event of ['request', 'clientError', 'upgrade', 'connect']) server.removeAllListeners(event);
      resolve({ messages, error });
    });
    server.emit('connection', wire);
    // With the end of the stream there is nothing left to write: done.
    wire.on('end', () => setImmediate(() => wire.destroy()));
  });
}

/** What a client makes of the bytes that a proxy sends in answer to one request of `method`. */
export function readAsClient(method: string, text: string): Promise<Reading> {
  const wire = new Wire(text);
  const messages: Message[] = [];
  return new Promise((resolve) => {
    let error: string | null = null;
    const request = sendRequest({ method, host: 'a', createConnection: () => wire });
    request.on('information', (one) => {
      messages.push({ start: `${one.statusCode} ${one.statusMessage}`, body: '', trailers: [] });
    });
    request.on('response', (response) => {
      const start = `${response.statusCode} ${response.statusMessage}`;
      collect(response, start, (message) => messages.push(message));
      response.on('error', (problem: NodeJS.ErrnoException) => {
        error ??= problem.code ?? problem.message;
      });
    });
    request.on('error', (problem: NodeJS.ErrnoException) => {
      error ??= problem.code ?? problem.message;
    });
    request.on('close', () => resolve({ messages, error }));
    request.end();
  });
}

function collect(incoming: IncomingMessage, start: string, onWhole: (message: Message) => void): void {
  let body = '';
  incoming.on('data', (bytes: Buffer) => {
    body += bytes.toString('latin1');
  });
  incoming.on('end', () => {
    if (!incoming.complete) return;
    const trailers: string[] = [];
    const raw = incoming.rawTrailers;
    for (let index = 0; index < raw.length; index += 2) trailers.push(`${raw[index]}: ${raw[index + 1]}`);
    onWhole({ start, body, trailers });
  });
}
