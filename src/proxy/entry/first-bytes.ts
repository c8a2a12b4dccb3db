import type { Deadlined } from '../io/deadlines.js';
import type { Transport, TransportOwner } from '../io/transport.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';

/**
 * A connection whose first bytes decide how it is served:
 *
 *   READING ──decided──► (its next owner has the connection)
 *      └──the other side ends, or the time is up──► (closed)
 */
export abstract class FirstBytes implements TransportOwner, Deadlined {
  deadline: number;
  /** On the monotonic clock. */
  readonly acceptedAt: number;
  protected readonly slot: Slot;
  protected readonly worker: WorkerContext;
  protected readonly transport: Transport;
  /** Serves the connection, while its first bytes still come here; null before that. */
  protected next: TransportOwner | null = null;
  /** Bytes that do not decide yet. */
  protected kept: Buffer | null = null;
  protected isDone = false;

  /** @param patienceMs how long the first bytes may take */
  constructor(transport: Transport, slot: Slot, worker: WorkerContext, patienceMs: number) {
    this.slot = slot;
    this.worker = worker;
    this.transport = transport;
    transport.owner = this;
    this.acceptedAt = worker.clock.now();
    this.deadline = this.acceptedAt + patienceMs;
    worker.deadlines.add(this);
    transport.resume();
  }

  /** @param unread all that came, from the first byte on; it is valid for this call alone */
  protected abstract read(unread: Buffer): void;
  /** The other side has finished sending. */
  abstract onPeerEnd(): void;
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

  onConnect(): void {}

  onWritten(bytes: number, failure: Error | null): void {
    this.next?.onWritten(bytes, failure);
  }

  onDestroyed(failure: Error | null): void {
    if (this.next === null) this.destroy();
    else this.next.onDestroyed(failure);
  }

  /** @returns the connection, to be served by another owner */
  protected release(): Transport {
    this.kept = null;
    this.worker.deadlines.remove(this);
    return this.transport;
  }

  /** It is over. @returns whether it was not before */
  protected markDone(): boolean {
    if (this.isDone) return false;
    this.isDone = true;
    this.worker.deadlines.remove(this);
    return true;
  }
}
