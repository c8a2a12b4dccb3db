import type { Clock } from '../../core/clock.js';
import type { ErrorCode } from '../../core/errors.js';
import type { ByteConnection } from './byte-connection.js';

/** How long a side may take to read what was written before the other one closed. */
const FLUSH_MS = 30_000;

/** Opaque bytes both ways between two connections: after an upgrade, or on a TCP slot. */
export class Tunnel {
  readonly #client: ByteConnection;
  readonly #instance: ByteConnection;
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #onGone: (code: ErrorCode | null) => void;
  /** It has ended; each side may still send what it has. */
  isGone = false;

  /** @param onGone called once, when either side is closed, or the tunnel is ended: then with the reason. */
  constructor(
    client: ByteConnection,
    instance: ByteConnection,
    clock: Clock,
    idleMs: number,
    onGone: (code: ErrorCode | null) => void,
  ) {
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
    // Bytes that come after the other side closed are read, so that this side can close in order, and thrown away.
    if (this.isGone) return;
    const to = this.#otherOf(from);
    from.expectBody(length);
    to.writeFrom(from, bytes, 0, length);
    this.#touch();
  }

  /** One side has said all; the other may go on. */
  onEnd(from: ByteConnection): void {
    if (this.isGone) return;
    this.#otherOf(from).endWriting();
    this.#touch();
  }

  onClosed(from: ByteConnection): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#onGone(null);
    this.#otherOf(from).finish(FLUSH_MS);
  }

  /** Ends both sides; what was read from one still reaches the other. */
  finish(code: ErrorCode | null): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#onGone(code);
    this.#client.finish(FLUSH_MS);
    this.#instance.finish(FLUSH_MS);
  }

  /** Closes both sides now. */
  destroy(code: ErrorCode): void {
    if (this.isGone) return;
    this.isGone = true;
    this.#onGone(code);
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
