import { createServer, type Server } from 'node:net';
import { type Accepted, acceptFrom } from './onread-socket.js';

/** Connections that the kernel keeps for us while all workers are busy or being replaced. */
const BACKLOG = 4_096;

/** One listening socket of this worker: a slot's, or a health port's. */
export class Listener {
  readonly #server: Server;

  /** @param onError is told of failed accepts (EMFILE); the next connection is another chance. */
  constructor(onAccept: (accepted: Accepted) => void, onError: (error: Error) => void) {
    this.#server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true });
    this.#server.on('error', onError);
    this.#server.on('listening', () => acceptFrom(this.#server, onAccept, onError));
  }

  /** @param target a bound handle from the primary, or where to bind. Rejects when the port can not be had. */
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

  /** Stops accepting; connections live on. */
  close(): void {
    this.#server.close();
  }
}
