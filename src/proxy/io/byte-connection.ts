import type { Clock } from '../../core/clock.js';
import type { BufferPool, Chunk } from './buffers.js';
import type { Deadlined } from './deadlines.js';
import type { Transport, TransportOwner, Transports } from './transport.js';

/** From here on a body is large: a connection that carried one reads the next bytes into a chunk of its own. */
const LARGE_BYTES = 16_384;
/** Bytes that may wait here before the source is paused; what a slow reader costs at most, beside a chunk. */
const PATIENCE_BYTES = 131_072;
/** How long a connection that has sent its last byte still takes bytes, so that unread ones do not reset it too early. */
const LINGER_MS = 2_000;
/** From here on the kernel asks a silent client whether it is there (TCP keep-alive). */
const PROBE_AFTER_MS = 30_000;

/** What all connections of a worker share. */
export interface ByteParts {
  readonly buffers: BufferPool;
  readonly transports: Transports;
  readonly clock: Clock;
}

/**
 * One connection, client's or instance's: writing without copies, back-pressure towards a source, an end that loses nothing.
 * The meaning of the bytes is the subclass's concern.
 */
export abstract class ByteConnection implements TransportOwner, Deadlined {
  deadline = Number.POSITIVE_INFINITY;
  isPaused = false;
  isClosed = false;
  /** The other side has finished sending. */
  hasEnded = false;
  /** More waits here than a slow reader may have. */
  isCongested = false;
  /** Whose bytes are written here, while they are: it is paused when this side is slow. */
  source: ByteConnection | null = null;
  /** A body that ends with the connection is being written here: an orderly close would say that it is whole. */
  isOpenEnded = false;
  /** Set by `open`, before anything else is called. */
  protected transport!: Transport;
  readonly #buffers: BufferPool;
  readonly #clock: Clock;
  #chunk: Chunk | null = null;
  #wantsChunk = false;
  #isProbed = false;
  /** Bytes of writes that the kernel has not taken whole. */
  #waitingBytes = 0;
  /** Why it can't go on; there may still be bytes to read. */
  #failure: Error | null = null;
  #isFinishing = false;

  constructor({ buffers, clock }: ByteParts) {
    this.#buffers = buffers;
    this.#clock = clock;
  }

  /** All that the other side was to get is on its way, and its own close is awaited. */
  get hasFinished(): boolean {
    return this.#isFinishing && this.#waitingBytes === 0;
  }

  /** Since it was opened. */
  get bytesRead(): number {
    return this.transport.bytesRead;
  }

  abstract onBytes(bytes: Buffer, length: number): void;
  /** The other side has finished sending. */
  protected abstract onEnd(): void;
  /** The connection is gone, once; `error` says why, unless it was closed in order. */
  protected abstract onClosed(error: Error | null): void;
  abstract onDeadline(): void;
  onSecond(): void {}

  /** @param transport that was accepted, or that is being opened for this one */
  protected open(transport: Transport): void {
    this.transport = transport;
    transport.owner = this;
  }

  onConnect(): void {
    if (!this.isPaused) this.transport.resume();
  }

  onPeerEnd(): void {
    if (this.isClosed) return;
    // After our own end, getpeername fails even after an orderly close.
    const isLost = !this.transport.hasEndedWriting && this.transport.hasLostPeer();
    const failure = this.#failure ?? (isLost ? new Error('the connection was reset') : null);
    if (failure === null) {
      this.hasEnded = true;
      this.onEnd();
    } else {
      this.transport.destroy(failure);
    }
  }

  onDestroyed(failure: Error | null): void {
    this.isClosed = true;
    this.#chunk?.release();
    this.#chunk = null;
    this.onClosed(failure ?? this.#failure);
  }

  /** All that waited here has been taken by the kernel. */
  protected onDrained(): void {
    this.source?.resume();
  }

  /** More waits here than a slow reader may have. */
  protected onCongested(): void {
    this.source?.pause();
  }

  /**
   * For a client that is not read from: libuv does not report its reset then. If it has ended and vanished, the kernel
   * learns that only from a probe.
   */
  protected watchForReset(): void {
    if ((!this.isPaused && !this.hasEnded) || this.isClosed || this.transport.hasEndedWriting) return;
    if (this.transport.hasLostPeer()) {
      this.transport.destroy(new Error('the connection was reset'));
    } else if (!this.#isProbed) {
      this.#isProbed = true;
      this.transport.probe(PROBE_AFTER_MS);
    }
  }

  nextBuffer(): Buffer {
    if (!this.#wantsChunk || this.isClosed) {
      this.#chunk?.release();
      this.#chunk = null;
      return this.#buffers.shared;
    }
    this.#chunk ??= this.#buffers.take();
    return this.#chunk.bytes;
  }

  /** Announces how large the bodies are that come from here, so that the next read goes where it costs no copy. */
  expectBody(bytes: number): void {
    this.#wantsChunk = bytes >= LARGE_BYTES;
  }

  pause(): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.transport.pause();
  }

  resume(): void {
    if (!this.isPaused || this.isClosed) return;
    this.isPaused = false;
    this.transport.resume();
  }

  /** One packet of text; for heads and small bodies. */
  writeText(text: string): void {
    if (!this.transport.writeText(text)) this.#onWaiting(text.length);
  }

  /**
   * Writes bytes [start, end) that `from` is reading just now. From its own chunk they go out without a copy; when the
   * kernel does not take them at once, the chunk is given away. From the shared buffer they are copied.
   */
  writeFrom(from: ByteConnection, bytes: Buffer, start: number, end: number): void {
    if (start === end) return;
    const chunk = from.#chunk;
    if (chunk === null || chunk.bytes !== bytes) {
      this.writeCopy(bytes, start, end);
      return;
    }
    if (this.transport.writeBytes(bytes.subarray(start, end), chunk)) return;
    chunk.countWrite();
    // Later pieces of the same read are still in it: it stays readable, only the next read goes elsewhere.
    from.#giveAway(chunk);
    this.#onWaiting(end - start);
  }

  writeCopy(bytes: Buffer, start: number, end: number): void {
    const copy = Buffer.allocUnsafe(end - start);
    bytes.copy(copy, 0, start, end);
    if (!this.transport.writeBytes(copy, null)) this.#onWaiting(copy.length);
  }

  #onWaiting(bytes: number): void {
    this.#waitingBytes += bytes;
    if (this.#waitingBytes < PATIENCE_BYTES) return;
    this.isCongested = true;
    this.onCongested();
  }

  onWritten(bytes: number, failure: Error | null): void {
    this.#waitingBytes -= bytes;
    if (failure !== null) this.onWriteFailed(failure);
    if (this.#waitingBytes > 0 || this.isClosed) return;
    if (this.#isFinishing) this.deadline = this.#clock.now() + LINGER_MS;
    if (!this.isCongested) return;
    this.isCongested = false;
    this.onDrained();
  }

  /** The other side takes no more bytes. */
  protected onWriteFailed(failure: Error): void {
    this.#failure ??= failure;
    this.transport.destroy(failure);
  }

  /**
   * Goes on reading after a failed write, to the end: what the other side sent before it closed is still in the kernel,
   * and may be the answer (an upload that was refused) or its last words. Closes then.
   */
  protected readToEnd(failure: Error): void {
    this.#failure ??= failure;
  }

  #giveAway(chunk: Chunk): void {
    if (this.#chunk !== chunk) return;
    this.#chunk = null;
    chunk.release();
  }

  /** Sends the end behind what waits here; the other side may go on. */
  endWriting(): void {
    this.transport.end();
  }

  /**
   * Sends what waits here and then the end; an open-ended body gets a reset instead. Until the other side closes too,
   * what it still sends is read: a socket that closes with unread bytes resets the connection, and the kernel forgets
   * what the other side has not taken. A reset does the same, so it comes some time after the last byte.
   * The subclass throws away what is read, and closes at the `deadline`.
   * @param flushMs how long the other side may take for what waits
   */
  finish(flushMs: number): void {
    if (this.isClosed) return;
    this.#isFinishing = true;
    this.source = null;
    this.deadline = this.#clock.now() + (this.#waitingBytes === 0 ? LINGER_MS : flushMs);
    if (!this.isOpenEnded) this.transport.end();
    this.resume();
    this.expectBody(0);
  }

  /** Cuts the connection now; what was not sent yet is lost. An open-ended body is not completed by that (RST). */
  destroy(): void {
    if (this.isClosed) return;
    if (this.isOpenEnded) this.transport.reset();
    else this.transport.destroy(null);
  }
}
