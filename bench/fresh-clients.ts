/** Clients that come at fixed times, whatever happened to those before, each with a connection and a request of its own. */
import { connect } from 'node:net';

export interface FreshResult {
  readonly requests: number;
  readonly refused: number;
  /** Refused ones are among them. */
  readonly failed: number;
  readonly slowestMs: number;
}

const TICK_MS = 2;
const TIMEOUT_MS = 10_000;

export class FreshClients {
  readonly #host: string;
  readonly #port: number;
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();
  #due = 0;
  #requests = 0;
  #refused = 0;
  #failed = 0;
  #slowestMs = 0;

  constructor(host: string, port: number, perSecond: number) {
    this.#host = host;
    this.#port = port;
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.#due += ((now - last) * perSecond) / 1_000;
      last = now;
      for (; this.#due >= 1; this.#due -= 1) this.#send();
    }, TICK_MS);
  }

  /** Lets what is under way end. */
  async stop(): Promise<FreshResult> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    return {
      requests: this.#requests,
      refused: this.#refused,
      failed: this.#failed,
      slowestMs: Math.round(this.#slowestMs),
    };
  }

  #send(): void {
    this.#requests += 1;
    const asked = this.#ask().finally(() => this.#underWay.delete(asked));
    this.#underWay.add(asked);
  }

  #ask(): Promise<void> {
    return new Promise((resolve) => {
      const startedAt = performance.now();
      let text = '';
      const socket = connect({ host: this.#host, port: this.#port, noDelay: true, timeout: TIMEOUT_MS }, () =>
        socket.write('GET / HTTP/1.1\r\nHost: bench.example\r\nConnection: close\r\n\r\n', 'latin1'),
      );
      socket.on('data', (bytes: Buffer) => {
        text += bytes.toString('latin1');
      });
      socket.on('timeout', () => socket.destroy());
      socket.on('error', (error: NodeJS.ErrnoException) => {
        if (error.code === 'ECONNREFUSED') this.#refused += 1;
      });
      socket.on('close', () => {
        if (!text.startsWith('HTTP/1.1 200 ')) this.#failed += 1;
        this.#slowestMs = Math.max(this.#slowestMs, performance.now() - startedAt);
        resolve();
      });
    });
  }
}
