import { createServer, type Server } from 'node:net';
import { goOnAccepting, stopAccepting } from './accept-pause.js';
import type { Transport, Transports } from './transport.js';

/** Connections that the kernel keeps for us while all workers are busy, full or being replaced. */
const BACKLOG = 4_096;

/** One listening socket of this worker: a slot's, or a health port's. */
export class Listener {
  readonly #server: Server;
  readonly #onAccept: (transport: Transport) => void;
  #isListening = false;
  #isPaused = false;
  /** The kernel keeps new connections while this listener is paused. Where it can't, they wait here, unread. */
  #hasStopped = false;
  readonly #waiting: Transport[] = [];

  /** @param onError is told of failed accepts (EMFILE); the next connection is another chance. */
  constructor(transports: Transports, onAccept: (transport: Transport) => void, onError: (error: Error) => void) {
    this.#onAccept = onAccept;
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
    this.#server.on('error', onError);
    this.#server.on('listening', () => {
      transports.acceptFrom(this.#server, (transport) => this.#take(transport), onError);
      this.#isListening = true;
      if (this.#isPaused) this.#hasStopped = stopAccepting(this.#server);
    });
  }

  /** @param target a bound handle from the primary, or where to bind. Rejects when the port can't be bound. */
  listen(target: { readonly handle: object } | { readonly host: string; readonly port: number }): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      const onListening = (): void => {
        this.#server.removeListener('error', reject);
        resolve();
      };
      if ('handle' in target) this.#server.listen(target.handle, BACKLOG, onListening);
      else this.#server.listen({ ...target, backlog: BACKLOG, exclusive: true }, onListening);
    });
  }

  /** The listening handle of libuv; null while it does not listen. */
  get socket(): object | null {
    const { _handle: handle } = this.#server as unknown as { readonly _handle?: object | null };
    return this.#isListening ? (handle ?? null) : null;
  }

  /** No connection is taken until `resume`; new ones wait in the kernel. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    if (this.#isListening) this.#hasStopped = stopAccepting(this.#server);
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    while (!this.#isPaused) {
      const transport = this.#waiting.shift();
      if (transport === undefined) break;
      this.#onAccept(transport);
    }
    if (this.#isPaused || !this.#hasStopped) return;
    this.#hasStopped = false;
    goOnAccepting(this.#server);
  }

  #take(transport: Transport): void {
    if (this.#isPaused) this.#waiting.push(transport);
    else this.#onAccept(transport);
  }

  /** Stops accepting; connections live on. */
  close(): void {
    this.#server.close();
    for (const transport of this.#waiting.splice(0)) transport.destroy(null);
  }
}
