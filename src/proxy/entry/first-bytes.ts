import type { Socket } from 'node:net';
import type { Deadlined } from '../io/deadlines.js';
import { type Accepted, openAccepted, ReaderRelay } from '../io/onread-socket.js';
import type { ByteReader } from '../io/socket-io.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';

/**
 * A connection whose first bytes decide how it is served:
 *
 *   READING ──decided──► (its reader has the socket)
 *      └──the other side ends, or the time is up──► (closed)
 */
export abstract class FirstBytes implements ByteReader, Deadlined {
  deadline: number;
  /** On the monotonic clock. */
  readonly acceptedAt: number;
  protected readonly slot: Slot;
  protected readonly worker: WorkerContext;
  protected readonly relay: ReaderRelay;
  protected readonly socket: Socket;
  /** Bytes that do not decide yet. */
  protected kept: Buffer | null = null;
  protected isDone = false;
  readonly #onEnd = (): void => this.onEnd();
  readonly #onClose = (): void => this.destroy();

  /** @param patienceMs how long the first bytes may take */
  constructor(accepted: Accepted, slot: Slot, worker: WorkerContext, patienceMs: number) {
    this.slot = slot;
    this.worker = worker;
    this.relay = new ReaderRelay(this);
    this.socket = openAccepted(accepted, this.relay, worker.io);
    this.acceptedAt = worker.clock.now();
    this.deadline = this.acceptedAt + patienceMs;
    worker.deadlines.add(this);
    // Without a listener an error would end the process; the close that follows is enough for us.
    this.socket.on('error', ignoreError);
    this.socket.on('end', this.#onEnd);
    this.socket.on('close', this.#onClose);
    this.socket.resume();
  }

  /** @param unread all that came, from the first byte on; it is valid for this call alone */
  protected abstract read(unread: Buffer): void;
  /** The other side has finished sending. */
  protected abstract onEnd(): void;
  abstract onDeadline(): void;
  /** Closes now, once. */
  abstract destroy(): void;

  nextBuffer(): Buffer {
    return this.worker.buffers.shared;
  }

  onBytes(bytes: Buffer, length: number): void {
    if (this.isDone) return;
    const piece = bytes.subarray(0, length);
    this.read(this.kept === null ? piece : Buffer.concat([this.kept, piece]));
  }

  /** More has to come. */
  protected keep(unread: Buffer): void {
    this.kept = Buffer.from(unread);
  }

  onSecond(): void {}

  /** @returns the connection, to be served by another reader; its end is still heard here, until `stopHearingEnd` */
  protected release(): Accepted {
    this.kept = null;
    this.worker.deadlines.remove(this);
    this.socket.removeListener('error', ignoreError);
    this.socket.removeListener('close', this.#onClose);
    return { socket: this.socket, relay: this.relay };
  }

  protected stopHearingEnd(): void {
    this.socket.removeListener('end', this.#onEnd);
  }

  /** It is over. @returns whether it was not before */
  protected markDone(): boolean {
    if (this.isDone) return false;
    this.isDone = true;
    this.worker.deadlines.remove(this);
    return true;
  }
}

function ignoreError(): void {}
