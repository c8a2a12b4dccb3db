/**
 * The other undocumented step of the data plane, kept alone: bytes that pass a socket's stream and go to its handle.
 *
 * Nearly every write is taken by the kernel at once. Writable makes a request object, its state and a turn of the tick
 * queue for each of them all the same; here a write that is done at once leaves nothing behind, and only one that has to
 * wait costs an object. Reads come to their reader without a stream between. Measured: bench/README.md, "What was tried".
 *
 * The handle's methods and the binding are what lib/internal/stream_base_commons.js uses, the same on Node 20, 24 and 26.
 * Where they are not as expected, `net.Socket` does it all.
 */
import type { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import type { ByteReader, LentMemory, SocketIo, Writer } from './socket-io.js';

interface Handle {
  /** Called for each read with the handle as `this`. @returns where the next bytes go; undefined: where these went */
  onread: (this: Handle, bytes: ArrayBuffer | undefined) => Buffer | undefined;
  /** The callback that net.Socket set. */
  rest?: Handle['onread'];
  reader?: ByteReader;
  /** Where libuv writes the next bytes. */
  bytes?: Buffer;
  writeLatin1String(request: WriteRequest, text: string): number;
  writeBuffer(request: WriteRequest, bytes: Buffer): number;
}

/** One write that the kernel has not taken yet. */
interface WriteRequest {
  oncomplete: ((this: WriteRequest, status: number) => void) | null;
  writer: Writer | null;
  length: number;
  memory: LentMemory | null;
  /** Kept here, since libuv reads from it and nothing else may refer to it. */
  bytes: Buffer | null;
}

export interface StreamBinding {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
  readonly kReadBytesOrError: number;
}

/** @returns null where this Node hides what is needed */
export function loadBinding(): StreamBinding | null {
  try {
    const { binding } = process as unknown as { binding?(name: string): Partial<StreamBinding> };
    const { WriteWrap, streamBaseState, kLastWriteWasAsync, kReadBytesOrError } = binding?.('stream_wrap') ?? {};
    if (typeof WriteWrap !== 'function' || !(streamBaseState instanceof Int32Array)) return null;
    if (typeof kLastWriteWasAsync !== 'number' || typeof kReadBytesOrError !== 'number') return null;
    return { WriteWrap, streamBaseState, kLastWriteWasAsync, kReadBytesOrError };
  } catch {
    return null;
  }
}

/** A socket with its handle of libuv; null once it is destroyed. */
interface HandleOwner {
  readonly _handle: Handle | null;
}

export class HandleIo implements SocketIo {
  readonly isDirect = true;
  readonly #binding: StreamBinding;
  readonly #state: Int32Array;
  readonly #lastWasAsync: number;
  readonly #onRead: Handle['onread'];
  /** A write that is done at once does not touch it, so the next one can have it too. */
  #request: WriteRequest;

  constructor(binding: StreamBinding) {
    this.#binding = binding;
    this.#state = binding.streamBaseState;
    this.#lastWasAsync = binding.kLastWriteWasAsync;
    this.#request = this.#createRequest();
    const { streamBaseState: state, kReadBytesOrError } = binding;
    this.#onRead = function (this: Handle, bytes) {
      const length = state[kReadBytesOrError] ?? 0;
      const { reader, bytes: into } = this;
      // Ends and errors are the stream's.
      if (length <= 0 || reader === undefined || into === undefined) return this.rest?.call(this, bytes);
      reader.onBytes(into, length);
      const next = reader.nextBuffer();
      if (next === into) return undefined;
      this.bytes = next;
      return next;
    };
  }

  readFor(socket: Socket, reader: ByteReader, first: Buffer): void {
    const { _handle: handle } = socket as unknown as HandleOwner;
    if (handle === null) return;
    handle.reader = reader;
    handle.bytes = first;
    handle.rest = handle.onread;
    handle.onread = this.#onRead;
  }

  writeText(socket: Socket, text: string, writer: Writer): boolean {
    const { _handle: handle } = socket as unknown as HandleOwner;
    // Destroyed: its owner hears of that by 'close'.
    if (handle === null) return true;
    const status = handle.writeLatin1String(this.#request, text);
    if (status === 0 && this.#state[this.#lastWasAsync] === 0) return true;
    return this.#onUndone(status, writer, text.length, null, null);
  }

  writeBytes(socket: Socket, bytes: Buffer, memory: LentMemory | null, writer: Writer): boolean {
    const { _handle: handle } = socket as unknown as HandleOwner;
    if (handle === null) return true;
    const status = handle.writeBuffer(this.#request, bytes);
    if (status === 0 && this.#state[this.#lastWasAsync] === 0) return true;
    return this.#onUndone(status, writer, bytes.length, bytes, memory);
  }

  /** The write has failed, or waits for the kernel. @returns as `writeText` */
  #onUndone(status: number, writer: Writer, length: number, bytes: Buffer | null, memory: LentMemory | null): boolean {
    if (status !== 0) {
      writer.onWritten(0, failureOf(status));
      return true;
    }
    const request = this.#request;
    request.writer = writer;
    request.length = length;
    request.memory = memory;
    request.bytes = bytes;
    this.#request = this.#createRequest();
    return false;
  }

  #createRequest(): WriteRequest {
    const request = new this.#binding.WriteWrap();
    request.oncomplete = onComplete;
    request.writer = null;
    request.length = 0;
    request.memory = null;
    request.bytes = null;
    return request;
  }
}

function onComplete(this: WriteRequest, status: number): void {
  const { writer, memory, length } = this;
  this.writer = null;
  this.memory = null;
  this.bytes = null;
  memory?.onWritten();
  writer?.onWritten(length, status === 0 ? null : failureOf(status));
}

function failureOf(status: number): Error {
  return new Error(`write ${getSystemErrorName(status)}`);
}
