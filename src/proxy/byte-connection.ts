import type { Socket } from 'node:net';
import type { BufferPool, Chunk } from './buffers.js';
import type { Deadlined } from './deadlines.js';
import { type ByteReader, hasLostPeer } from './onread-socket.js';

/** From here on a body is large: a connection that carried one reads the next bytes into a chunk of its own. */
const LARGE_BYTES = 16_384;

/**
 * One socket, client's or instance's: reading without streams, writing without copies, back-pressure towards a source.
 * What the bytes mean is the subclass's concern.
 */
export abstract class ByteConnection implements ByteReader, Deadlined {
  deadline = Number.POSITIVE_INFINITY;
  isPaused = false;
  isClosed = false;
  /** Whose bytes are written here, while they are: it is paused when this side is slow. */
  source: ByteConnection | null = null;
  /** Set by `open`, before anything else is called. */
  socket!: Socket;
  readonly #buffers: BufferPool;
  #chunk: Chunk | null = null;
  #wantsChunk = false;

  constructor(buffers: BufferPool) {
    this.#buffers = buffers;
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
    socket.on('drain', () => this.onDrained());
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
    if (!this.socket.write(text, 'latin1')) this.onCongested();
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
    chunk.countWrite();
    if (!this.socket.write(bytes.subarray(start, end), chunk.onWritten)) this.onCongested();
    if (this.socket.writableLength > 0) {
      // Later pieces of the same read are still in it: it stays readable, only the next read goes elsewhere.
      from.#giveAway(chunk);
    }
  }

  writeCopy(bytes: Buffer, start: number, end: number): void {
    const copy = Buffer.allocUnsafe(end - start);
    bytes.copy(copy, 0, start, end);
    if (!this.socket.write(copy)) this.onCongested();
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
