/** WebSockets of a real library, both ends: servers that give back what they hear, and clients that count their losses. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import WebSocket, { WebSocketServer } from 'ws';
import { ownAddress } from '../addresses.js';
import { atEnd } from '../at-end.js';

export interface EchoServer {
  readonly host: string;
  readonly port: number;
  /** HOST:PORT, as an instance is written. */
  readonly id: string;
}

/** Says in each handshake which server it is. */
export async function startEchoServer(context: TestContext): Promise<EchoServer> {
  const host = ownAddress();
  const server = new WebSocketServer({ host, port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const id = `${host}:${port}`;
  server.on('headers', (fields) => fields.push(`X-Instance: ${id}`));
  server.on('connection', (socket) => {
    socket.on('message', (bytes) => socket.send(bytes));
    socket.on('error', () => undefined);
  });
  atEnd(context, () => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  return { host, port, id };
}

interface EchoSocket {
  readonly socket: WebSocket;
  /** The id of the server that took it. */
  readonly instance: string;
  /** By `performance.now()`; null while it is open. */
  closedAtMs: number | null;
}

export class EchoSockets {
  readonly #sockets: readonly EchoSocket[];

  private constructor(sockets: readonly EchoSocket[]) {
    this.#sockets = sockets;
  }

  /** One after another; rejects when one is turned away. */
  static async open(context: TestContext, host: string, port: number, count: number): Promise<EchoSockets> {
    const sockets: EchoSocket[] = [];
    atEnd(context, () => {
      for (const { socket } of sockets) socket.terminate();
    });
    while (sockets.length < count) sockets.push(await openOne(`ws://${host}:${port}/`));
    return new EchoSockets(sockets);
  }

  /** Those of one instance alone. */
  servedBy(instance: string): EchoSockets {
    return new EchoSockets(this.#sockets.filter((one) => one.instance === instance));
  }

  get count(): number {
    return this.#sockets.length;
  }

  get closed(): number {
    return this.closedAtMs.length;
  }

  /** When those that are closed were closed, by `performance.now()`. */
  get closedAtMs(): readonly number[] {
    return this.#sockets.map(({ closedAtMs }) => closedAtMs).filter((at) => at !== null);
  }

  /** Each says a word and hears it; rejects when one of them is closed, or is closed meanwhile. */
  async echo(word: string): Promise<void> {
    await Promise.all(this.#sockets.map(({ socket }) => echoOne(socket, word)));
  }
}

async function openOne(url: string): Promise<EchoSocket> {
  const socket = new WebSocket(url);
  let instance = '';
  socket.once('upgrade', ({ headers }) => {
    instance = String(headers['x-instance']);
  });
  await once(socket, 'open');
  const opened: EchoSocket = { socket, instance, closedAtMs: null };
  socket.on('error', () => undefined);
  socket.on('close', () => {
    opened.closedAtMs = performance.now();
  });
  return opened;
}

async function echoOne(socket: WebSocket, word: string): Promise<void> {
  assert.equal(socket.readyState, WebSocket.OPEN, 'it is open');
  const silence = new AbortController();
  const onClosed = (): void => silence.abort(new Error(`closed before it heard ${word}`));
  socket.once('close', onClosed);
  const heard = once(socket, 'message', { signal: silence.signal });
  socket.send(word);
  const [bytes] = (await heard.catch(() => {
    throw silence.signal.reason;
  })) as [Buffer];
  socket.off('close', onClosed);
  assert.equal(bytes.toString(), word);
}
