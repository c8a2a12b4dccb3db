import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { ownAddress } from '../addresses.js';
import { atEnd } from '../at-end.js';
import { RawConnection } from './raw-connection.js';

/** A connection that never comes fails the test after this time, and not with that of the whole file. */
const SILENCE_MS = 20_000;

/** An instance that does exactly what a test says, byte by byte, and remembers every byte it got. */
export class ScriptedInstance {
  readonly host: string;
  readonly port: number;
  readonly connections: RawConnection[] = [];
  readonly #server: Server;
  readonly #onConnection: ((connection: RawConnection) => void) | null;
  #wake: (() => void) | null = null;

  private constructor(server: Server, onConnection: ((connection: RawConnection) => void) | null) {
    const { address, port } = server.address() as AddressInfo;
    this.host = address;
    this.port = port;
    this.#server = server;
    this.#onConnection = onConnection;
    server.on('connection', (socket: Socket) => {
      const connection = new RawConnection(socket);
      this.connections.push(connection);
      this.#onConnection?.(connection);
      this.#wake?.();
    });
  }

  /** @param onConnection what it does with each connection; without one the test speaks through `connections`. */
  static async start(
    context: TestContext,
    onConnection: ((connection: RawConnection) => void) | null = null,
    address: { readonly host: string; readonly port: number } = { host: ownAddress(), port: 0 },
  ): Promise<ScriptedInstance> {
    const server = createServer({ allowHalfOpen: true });
    server.listen(address);
    await once(server, 'listening');
    const instance = new ScriptedInstance(server, onConnection);
    atEnd(context, () => instance.stop());
    return instance;
  }

  /** The n-th connection that was ever made to it, as soon as it is there. */
  async connection(index: number): Promise<RawConnection> {
    for (;;) {
      const connection = this.connections[index];
      if (connection !== undefined) return connection;
      await new Promise<void>((resolve, reject) => {
        const onSilence = (): void =>
          reject(new Error(`no connection number ${index} came for ${SILENCE_MS / 1_000} s`));
        const timer = setTimeout(onSilence, SILENCE_MS);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Everything that all connections got. */
  get received(): string {
    return this.connections.map((connection) => connection.text).join('');
  }

  stop(): void {
    this.#server.close();
    for (const connection of this.connections) connection.close();
  }
}

/** Answers every request whose head is whole (and has no body) with the same text. */
export function answering(response: string | ((head: string) => string)): (connection: RawConnection) => void {
  return (connection) => {
    let answered = 0;
    connection.socket.on('data', () => {
      const heads = connection.text.split('\r\n\r\n');
      while (answered < heads.length - 1) {
        const head = heads[answered] ?? '';
        answered += 1;
        connection.write(typeof response === 'string' ? response : response(head));
      }
    });
    connection.socket.on('end', () => connection.socket.end());
  };
}

export function okResponse(body: string, fields = ''): string {
  return `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${fields}\r\n${body}`;
}
