/**
 * Keep-alive clients that forgive nothing: each request is sent once, and whatever is not its own whole answer with
 * status 200 is a failure. Raw sockets, because a library would retry, or hide why.
 */
import { connect, type Socket } from 'node:net';

export type FailureKind = 'refused' | 'reset' | 'closed' | 'timeout' | 'status' | 'wrong';

export interface LoadOptions {
  readonly host: string;
  readonly port: number;
  readonly connections: number;
  /** How long a request may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** Pause between an answer and the next request of the same connection, in milliseconds. */
  readonly thinkMs?: number;
  /** Value of Host. */
  readonly hostField?: string;
  /** Told of each answer's body; `false` makes it a wrong one. */
  readonly onAnswer?: (body: string, token: string) => boolean;
}

export interface LoadResult {
  readonly requests: number;
  readonly failures: Readonly<Record<FailureKind, number>>;
  readonly failed: number;
  /** Milliseconds, ascending. */
  readonly latenciesMs: readonly number[];
  /** Statuses other than 200. */
  readonly statuses: ReadonlyMap<string, number>;
}

const MAX_LATENCIES = 1_000_000;

/** Runs until it is stopped. */
export class LoadClient {
  readonly #options: Required<Omit<LoadOptions, 'onAnswer'>> & Pick<LoadOptions, 'onAnswer'>;
  readonly #users: User[];
  #isRunning = true;
  #requests = 0;
  #sequence = 0;
  readonly #failures: Record<FailureKind, number> = {
    refused: 0,
    reset: 0,
    closed: 0,
    timeout: 0,
    status: 0,
    wrong: 0,
  };
  readonly #statuses = new Map<string, number>();
  readonly #latenciesMs: number[] = [];

  constructor(options: LoadOptions) {
    this.#options = { timeoutMs: 10_000, thinkMs: 0, hostField: 'bench.example', ...options };
    this.#users = Array.from({ length: options.connections }, () => new User(this.#options, this));
    for (const user of this.#users) user.start();
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  get requests(): number {
    return this.#requests;
  }

  nextToken(): string {
    this.#sequence += 1;
    return `t${this.#sequence}`;
  }

  onSuccess(latencyMs: number): void {
    this.#requests += 1;
    if (this.#latenciesMs.length < MAX_LATENCIES) this.#latenciesMs.push(latencyMs);
  }

  onFailure(kind: FailureKind, status = ''): void {
    this.#requests += 1;
    this.#failures[kind] += 1;
    if (kind === 'status') this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
  }

  /** Lets every request that is under way end, then closes. */
  async stop(): Promise<LoadResult> {
    this.#isRunning = false;
    await Promise.all(this.#users.map((user) => user.ended()));
    return {
      requests: this.#requests,
      failures: this.#failures,
      failed: Object.values(this.#failures).reduce((sum, count) => sum + count, 0),
      latenciesMs: this.#latenciesMs.sort((a, b) => a - b),
      statuses: this.#statuses,
    };
  }
}

/** One connection at a time, one request at a time. */
class User {
  readonly #options: Required<Omit<LoadOptions, 'onAnswer'>> & Pick<LoadOptions, 'onAnswer'>;
  readonly #client: LoadClient;
  #socket: Socket | null = null;
  #text = '';
  #token = '';
  #isWaiting = false;
  #sentAt = 0;
  #timer: NodeJS.Timeout | null = null;
  #onEnded: (() => void) | null = null;
  #hasEnded = false;

  constructor(options: Required<Omit<LoadOptions, 'onAnswer'>> & Pick<LoadOptions, 'onAnswer'>, client: LoadClient) {
    this.#options = options;
    this.#client = client;
  }

  start(): void {
    if (!this.#client.isRunning) {
      this.#end();
      return;
    }
    const { host, port } = this.#options;
    const socket = connect({ host, port, noDelay: true });
    this.#socket = socket;
    this.#text = '';
    let isConnected = false;
    socket.on('connect', () => {
      isConnected = true;
      this.#send();
    });
    socket.on('data', (bytes: Buffer) => {
      if (socket === this.#socket) this.#onText(bytes.toString('latin1'));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (socket !== this.#socket) return;
      this.#lose(!isConnected ? 'refused' : error.code === 'ECONNRESET' ? 'reset' : 'closed');
    });
    socket.on('close', () => {
      if (socket === this.#socket) this.#lose('closed');
    });
  }

  ended(): Promise<void> {
    if (this.#hasEnded) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEnded = resolve;
    });
  }

  #send(): void {
    if (!this.#client.isRunning) {
      this.#socket?.destroy();
      this.#socket = null;
      this.#end();
      return;
    }
    this.#token = this.#client.nextToken();
    this.#isWaiting = true;
    this.#sentAt = performance.now();
    this.#timer = setTimeout(() => this.#lose('timeout'), this.#options.timeoutMs);
    this.#socket?.write(`GET /${this.#token} HTTP/1.1\r\nHost: ${this.#options.hostField}\r\n\r\n`, 'latin1');
  }

  #onText(text: string): void {
    this.#text += text;
    const headEnd = this.#text.indexOf('\r\n\r\n');
    if (headEnd === -1) return;
    const head = this.#text.slice(0, headEnd + 2);
    const length = Number(/\r\nContent-Length: (\d+)\r\n/i.exec(head)?.[1] ?? 0);
    if (this.#text.length < headEnd + 4 + length) return;
    const body = this.#text.slice(headEnd + 4, headEnd + 4 + length);
    const isExact = this.#text.length === headEnd + 4 + length;
    this.#text = '';
    this.#clearWait();
    const status = head.slice(9, 12);
    if (status !== '200') this.#client.onFailure('status', status);
    else if (!isExact || this.#options.onAnswer?.(body, this.#token) === false) this.#client.onFailure('wrong');
    else this.#client.onSuccess(performance.now() - this.#sentAt);
    if (/\r\nConnection: close\r\n/i.test(head)) this.#reconnect();
    else if (this.#options.thinkMs > 0) setTimeout(() => this.#sendIfOpen(), this.#options.thinkMs);
    else this.#send();
  }

  #sendIfOpen(): void {
    if (this.#socket !== null && !this.#isWaiting) this.#send();
  }

  /** The connection is gone. Without a request under way that is nobody's failure. */
  #lose(kind: FailureKind): void {
    if (this.#isWaiting || kind === 'refused') this.#client.onFailure(kind);
    this.#clearWait();
    this.#reconnect();
  }

  #reconnect(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
    setImmediate(() => this.start());
  }

  #clearWait(): void {
    this.#isWaiting = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#onEnded?.();
  }
}
