import type { Socket } from 'node:net';
import type { BufferPool, Chunk } from './buffers.js';
import type { Deadlined } from './deadlines.js';
import { hasLostPeer } from './onread-socket.js';
import type { ByteReader, SocketIo, Writer } from './socket-io.js';

/** From here on a body is large: a connection that carried one reads the next bytes into a chunk of its own. */
const LARGE_BYTES = 16_384;
/** Bytes that may wait here before the source is paused; what a slow reader costs at most, beside a chunk. */
const PATIENCE_BYTES = 131_072;

/** What all connections of a worker read into and write with. */
export interface ByteParts {
  readonly buffers: BufferPool;
  readonly io: SocketIo;
}

/**
 * One socket, client's or instance's: reading without streams, writing without copies, back-pressure towards a source.
 * What the bytes mean is the subclass's concern.
 */
export abstract class ByteConnection implements ByteReader, Deadlined, Writer {
  deadline = Number.POSITIVE_INFINITY;
  isPaused = false;
  isClosed = false;
  /** More waits here than a slow reader may have. */
  isCongested = false;
  /** Whose bytes are written here, while they are: it is paused when this side is slow. */
  source: ByteConnection | null = null;
  /** Set by `open`, before anything else is called. */
  socket!: Socket;
  readonly #buffers: BufferPool;
  readonly #io: SocketIo;
  #chunk: Chunk | null = null;
  #wantsChunk = false;
  /** Bytes of writes that the kernel has not taken whole. */
  #waitingBytes = 0;

  constructor({ buffers, io }: ByteParts) {
    this.#buffers = buffers;
    this.#io = io;
  }

  abstract onBytes(bytes: Buffer, length: number): void;
  /** The other side has finished sending. */
  protected abstract onEnd(): void;
  /** The socket is gone, once; `error` says why when it was no orderly close. */
  protected abstract onClosed(error: Error | null): void;
  abstract onDeadline(): void;

  protected open(socket: Socket): void {
    this.socket = socket;
    let failure: Error | null = null;
    socket.on('error', (error) => {
      failure = error;
    });
    socket.on('end', () => {
      if (this.isClosed) return;
      // Behind our own end there is no peer either, after an orderly one.
      if (!socket.writableEnded && hasLostPeer(socket)) socket.destroy(new Error('the connection was reset'));
      else this.onEnd();
    });
    socket.on('close', () => {
      this.isClosed = true;
      this.#chunk?.release();
      this.#chunk = null;
      this.onClosed(failure);
    });
  }

  /** All that waited here has been taken by the kernel. */
  protected onDrained(): void {
    this.source?.resume();
  }

  /** More waits here than a slow reader may have. */
  protected onCongested(): void {
    this.source?.pause();
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
    this.socket.pause();
  }

  resume(): void {
    if (!this.isPaused || this.isClosed) return;
    this.isPaused = false;
    this.socket.resume();
  }

  /** One packet of text; for heads and small bodies. */
  writeText(text: string): void {
    if (!this.#io.writeText(this.socket, text, this)) this.#onWaiting(text.length);
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
    if (this.#io.writeBytes(this.socket, bytes.subarray(start, end), chunk, this)) return;
    chunk.countWrite();
    // Later pieces of the same read are still in it: it stays readable, only the next read goes elsewhere.
    from.#giveAway(chunk);
    this.#onWaiting(end - start);
  }

  writeCopy(bytes: Buffer, start: number, end: number): void {
    const copy = Buffer.allocUnsafe(end - start);
    bytes.copy(copy, 0, start, end);
    if (!this.#io.writeBytes(this.socket, copy, null, this)) this.#onWaiting(copy.length);
  }

  #onWaiting(bytes: number): void {
    this.#waitingBytes += bytes;
    if (this.#waitingBytes < PATIENCE_BYTES) return;
    this.isCongested = true;
    this.onCongested();
  }

  onWritten(bytes: number, isTaken: boolean): void {
    this.#waitingBytes -= bytes;
    if (!isTaken) this.destroy();
    if (this.#waitingBytes > 0 || !this.isCongested || this.isClosed) return;
    this.isCongested = false;
    this.onDrained();
  }

  #giveAway(chunk: Chunk): void {
    if (this.#chunk !== chunk) return;
    this.#chunk = null;
    chunk.release();
  }

  /** Cuts the connection so that the other side can not take it for an end (RST). */
  reset(): void {
    if (!this.isClosed) this.socket.resetAndDestroy();
  }

  /** Cuts the connection now; what was not sent yet is lost. */
  destroy(): void {
    if (!this.isClosed) this.socket.destroy();
  }
}
