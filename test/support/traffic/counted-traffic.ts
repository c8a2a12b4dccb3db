/** Clients and instances that count what they sent and got: what a node counts has to agree with both. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { ownAddress } from '../addresses.js';
import { atEnd, type Ending } from '../at-end.js';

const STATUSES = [200, 200, 200, 200, 200, 200, 200, 404, 200, 503] as const;

/** An instance that answers `/STATUS` with that status, one request of a connection after the other. */
export class CountedInstance {
  readonly id: string;
  requests = 0;
  /** By first digit of the status. */
  readonly responses = [0, 0, 0, 0, 0, 0];

  private constructor(id: string) {
    this.id = id;
  }

  static async start(context: Ending): Promise<CountedInstance> {
    const server = createServer();
    server.listen(0, ownAddress());
    await once(server, 'listening');
    atEnd(context, () => server.close());
    const { address, port } = server.address() as AddressInfo;
    const instance = new CountedInstance(`${address}:${port}`);
    server.on('connection', (socket: Socket) => {
      atEnd(context, () => socket.destroy());
      socket.on('error', () => socket.destroy());
      let text = '';
      socket.on('data', (bytes: Buffer) => {
        text += bytes.toString('latin1');
        if (!text.endsWith('\r\n\r\n')) return;
        instance.#answer(socket, Number(text.slice(5, 8)));
        text = '';
      });
    });
    return instance;
  }

  #answer(socket: Socket, status: number): void {
    const digit = Math.floor(status / 100);
    this.requests += 1;
    this.responses[digit] = (this.responses[digit] ?? 0) + 1;
    socket.write(`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\n\r\nhello`);
  }
}

/** What its clients know, all together. */
export class CountedTraffic {
  answered = 0;
  /** Connections that ended in the place of an answer. */
  unanswered = 0;
  connections = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** By first digit of the status. */
  readonly responses = [0, 0, 0, 0, 0, 0];
  readonly #clients: readonly CountedClient[];
  #left = 0;
  #onDone: () => void = () => {};

  constructor(context: Ending, host: string, port: number, clients: number) {
    this.#clients = Array.from({ length: clients }, () => new CountedClient(this, host, port));
    atEnd(context, () => {
      this.#left = 0;
      for (const client of this.#clients) client.close();
    });
  }

  /** Resolves when so many more requests have their answer, or have lost their connection. */
  async ask(requests: number): Promise<void> {
    this.#left = requests;
    const wanted = this.answered + this.unanswered + requests;
    await new Promise<void>((resolve) => {
      this.#onDone = () => {
        if (this.answered + this.unanswered === wanted) resolve();
      };
      for (const client of this.#clients) client.askOn();
    });
  }

  /** @returns the status that is to be asked for; null: enough */
  take(): number | null {
    if (this.#left === 0) return null;
    this.#left -= 1;
    return STATUSES[this.#left % STATUSES.length] ?? 200;
  }

  onOver(): void {
    this.#onDone();
  }
}

const HEAD_END = '\r\n\r\n';
const BODY_BYTES = 5;

/** One kept connection, and another one where it is closed. */
class CountedClient {
  readonly #traffic: CountedTraffic;
  readonly #to: { readonly host: string; readonly port: number };
  #socket: Socket | null = null;
  #isAsking = false;
  #text = '';

  constructor(traffic: CountedTraffic, host: string, port: number) {
    this.#traffic = traffic;
    this.#to = { host, port };
  }

  askOn(): void {
    const status = this.#traffic.take();
    if (status === null) return;
    this.#socket ??= this.#open();
    this.#isAsking = true;
    const text = `GET /${status} HTTP/1.1\r\nHost: shop\r\n\r\n`;
    this.#traffic.bytesIn += text.length;
    this.#socket.write(text, 'latin1');
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = null;
  }

  #open(): Socket {
    const traffic = this.#traffic;
    const socket = connect({ ...this.#to, noDelay: true });
    traffic.connections += 1;
    socket.on('data', (bytes: Buffer) => this.#read(socket, bytes.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = null;
      if (!this.#isAsking) return;
      this.#isAsking = false;
      this.#text = '';
      traffic.unanswered += 1;
      traffic.onOver();
      this.askOn();
    });
    return socket;
  }

  #read(socket: Socket, part: string): void {
    const traffic = this.#traffic;
    traffic.bytesOut += part.length;
    this.#text += part;
    const end = this.#text.indexOf(HEAD_END);
    if (end === -1 || this.#text.length < end + HEAD_END.length + BODY_BYTES) return;
    const digit = Number(this.#text.charAt(9));
    const isLast = /\r\nconnection: close/i.test(this.#text);
    this.#text = '';
    this.#isAsking = false;
    traffic.answered += 1;
    traffic.responses[digit] = (traffic.responses[digit] ?? 0) + 1;
    if (isLast) {
      this.#socket = null;
      socket.destroy();
    }
    traffic.onOver();
    this.askOn();
  }
}
