import type { Clock } from '../core/clock.js';
import type { ByteConnection } from './byte-connection.js';

/** How long the other side may take to read what was written before one side closed. */
const FLUSH_MS = 30_000;

/** Opaque bytes both ways between two connections: after an upgrade, or on a TCP slot. */
export class Tunnel {
  readonly #client: ByteConnection;
  readonly #instance: ByteConnection;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #onGone: () => void;
  #isGone = false;

  /** @param onGone called once, when either side is closed. */
  constructor(client: ByteConnection, instance: ByteConnection, clock: Clock, idleMs: number, onGone: () => void) {
    this.#client = client;
    this.#instance = instance;
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#onGone = onGone;
    client.source = instance;
    instance.source = client;
    instance.deadline = Number.POSITIVE_INFINITY;
    this.#touch();
  }

  onBytes(from: ByteConnection, bytes: Buffer, length: number): void {
    const to = this.#otherOf(from);
    from.expectBody(length);
    to.writeFrom(from, bytes, 0, length);
    this.#touch();
  }

  /** One side has said all; the other may go on. */
  onEnd(from: ByteConnection): void {
    this.#otherOf(from).socket.end();
    this.#touch();
  }

  onClosed(from: ByteConnection): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const to = this.#otherOf(from);
    to.source = null;
    this.#onGone();
    if (to.isClosed) return;
    to.socket.destroySoon();
    to.deadline = this.#clock.now() + FLUSH_MS;
  }

  cut(): void {
    this.#client.destroy();
    this.#instance.destroy();
  }

  #otherOf(from: ByteConnection): ByteConnection {
    return from === this.#client ? this.#instance : this.#client;
  }

  /** The client's deadline is that of the tunnel. */
  #touch(): void {
    this.#client.deadline = this.#clock.now() + this.#idleMs;
  }
}
