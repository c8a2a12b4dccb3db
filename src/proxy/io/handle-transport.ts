import { isIPv6 } from 'node:net';
import { type Endpoint, hostPort } from '../../core/networks.js';
import { systemError } from './system-error.js';
import type { DoneRequest, NameOfEnd, TcpBinding, TcpHandle, WriteRequest } from './tcp-binding.js';
import {
  addressWithoutMapping,
  type Destination,
  type LentMemory,
  type Transport,
  type TransportOwner,
} from './transport.js';

/** End of the stream, in the numbers of libuv. */
const UV_EOF = -4095;

/** What all connections share. */
export class HandleParts {
  readonly binding: TcpBinding;
  /** What the last call left behind: how many bytes it read, and whether its write waits. */
  readonly state: Int32Array;
  readonly readBytes: number;
  readonly lastWriteWaits: number;
  /** A write that is done at once does not touch it, so the next one can have it too. */
  request: WriteRequest;

  constructor(binding: TcpBinding) {
    this.binding = binding;
    this.state = binding.streamBaseState;
    this.readBytes = binding.kReadBytesOrError;
    this.lastWriteWaits = binding.kLastWriteWasAsync;
    this.request = createWriteRequest(binding);
  }
}

/**
 * A connection on its handle of libuv alone. `net.Socket` is most of what a connection costs, and `Writable` most of what
 * a write costs; nearly every write is taken by the kernel at once, and leaves nothing behind here. Measured:
 * bench/README.md, "What was tried".
 *
 *   CONNECTING ──► OPEN ──both sides have said all, destroy, reset or an error──► CLOSING ──► (gone)
 */
export class HandleTransport implements Transport {
  owner: TransportOwner;
  bytesRead = 0;
  hasEndedWriting = false;
  readonly #parts: HandleParts;
  /** Null once it is closing. */
  #handle: TcpHandle | null;
  /** Where libuv writes the next bytes; null before the first read. */
  #into: Buffer | null = null;
  #isReading = false;
  #hasPeerEnded = false;
  /** The end of this side is with the kernel. */
  #hasShutDown = false;
  #failure: Error | null = null;
  /** Null before it was asked for; each question is a kernel call. */
  #peer: Endpoint | null = null;
  /** Null: it was accepted. */
  #to: Destination | null = null;

  /** @param owner of an accepted connection is set before it reads */
  constructor(handle: TcpHandle, parts: HandleParts, owner: TransportOwner) {
    this.#handle = handle;
    this.#parts = parts;
    this.owner = owner;
    handle.transport = this;
  }

  peer(): Endpoint {
    if (this.#peer !== null) return this.#peer;
    const name: NameOfEnd = {};
    this.#handle?.getpeername(name);
    this.#peer = endpointOf(name);
    return this.#peer;
  }

  local(): Endpoint {
    const name: NameOfEnd = {};
    this.#handle?.getsockname(name);
    return endpointOf(name);
  }

  hasLostPeer(): boolean {
    return this.#handle !== null && this.#handle.getpeername({}) !== 0;
  }

  probe(afterMs: number): void {
    this.#handle?.setKeepAlive(true, Math.ceil(afterMs / 1_000));
  }

  /** @param to with an IP address as its host */
  connect(to: Destination): void {
    const handle = this.#handle;
    if (handle === null) return;
    this.#to = to;
    const { host: address, port, localAddress } = to;
    if (localAddress !== null) {
      const bound = isIPv6(localAddress) ? handle.bind6(localAddress, 0, 0) : handle.bind(localAddress, 0);
      if (bound !== 0) {
        this.destroy(systemError(bound, 'bind', ` ${localAddress}`));
        return;
      }
    }
    const request = new this.#parts.binding.TCPConnectWrap();
    request.oncomplete = HandleTransport.#onConnectDone;
    request.transport = this;
    const status = isIPv6(address) ? handle.connect6(request, address, port) : handle.connect(request, address, port);
    if (status !== 0) this.#failToConnect(status);
  }

  #failToConnect(status: number): void {
    const { host = '', port = 0 } = this.#to ?? {};
    this.destroy(systemError(status, 'connect', ` ${hostPort(host, port)}`));
  }

  #onConnected(status: number): void {
    if (this.#handle === null) return;
    if (status !== 0) {
      this.#failToConnect(status);
      return;
    }
    this.#handle.setNoDelay(true);
    this.owner.onConnect();
  }

  resume(): void {
    const handle = this.#handle;
    if (handle === null || this.#isReading || this.#hasPeerEnded) return;
    this.#isReading = true;
    if (this.#into === null) {
      this.#into = this.owner.nextBuffer();
      handle.useUserBuffer(this.#into);
      handle.onread = HandleTransport.#onRead;
    }
    const status = handle.readStart();
    if (status !== 0) this.destroy(systemError(status, 'read'));
  }

  pause(): void {
    if (!this.#isReading) return;
    this.#isReading = false;
    this.#handle?.readStop();
  }

  #onReadEnd(status: number): void {
    this.#isReading = false;
    if (status !== UV_EOF) {
      this.destroy(systemError(status, 'read'));
      return;
    }
    this.#hasPeerEnded = true;
    this.owner.onPeerEnd();
    this.#closeIfOver();
  }

  writeText(text: string): boolean {
    // Destroyed: its owner hears of that by `onDestroyed`.
    if (this.#handle === null) return true;
    const { request, state, lastWriteWaits } = this.#parts;
    const status = this.#handle.writeLatin1String(request, text);
    if (status === 0 && state[lastWriteWaits] === 0) return true;
    return this.#onUndone(status, text.length, null, null);
  }

  writeBytes(bytes: Buffer, memory: LentMemory | null): boolean {
    if (this.#handle === null) return true;
    const { request, state, lastWriteWaits } = this.#parts;
    const status = this.#handle.writeBuffer(request, bytes);
    if (status === 0 && state[lastWriteWaits] === 0) return true;
    return this.#onUndone(status, bytes.length, bytes, memory);
  }

  /** The write has failed, or waits for the kernel. @returns as `writeText` */
  #onUndone(status: number, length: number, bytes: Buffer | null, memory: LentMemory | null): boolean {
    if (status !== 0) {
      this.owner.onWritten(0, systemError(status, 'write'));
      return true;
    }
    const parts = this.#parts;
    const { request } = parts;
    request.transport = this;
    request.length = length;
    request.memory = memory;
    request.bytes = bytes;
    parts.request = createWriteRequest(parts.binding);
    return false;
  }

  end(): void {
    if (this.hasEndedWriting || this.#handle === null) return;
    this.hasEndedWriting = true;
    const request = new this.#parts.binding.ShutdownWrap();
    request.oncomplete = HandleTransport.#onShutdownDone;
    request.transport = this;
    const status = this.#handle.shutdown(request);
    if (status !== 0) this.destroy(systemError(status, 'shutdown'));
  }

  #onShutDown(status: number): void {
    if (this.#handle === null) return;
    if (status !== 0) {
      this.destroy(systemError(status, 'shutdown'));
      return;
    }
    this.#hasShutDown = true;
    this.#closeIfOver();
  }

  #closeIfOver(): void {
    if (this.#hasPeerEnded && this.#hasShutDown) this.destroy(null);
  }

  destroy(failure: Error | null): void {
    const handle = this.#handle;
    if (handle === null) return;
    this.#leave(failure);
    handle.close(() => this.#onClosed());
  }

  reset(): void {
    const handle = this.#handle;
    if (handle === null) return;
    this.#leave(null);
    // libuv refuses a reset while a shutdown waits behind writes, or before the connection is open.
    if (handle.reset(() => this.#onClosed()) !== 0) handle.close(() => this.#onClosed());
  }

  #leave(failure: Error | null): void {
    this.#failure = failure;
    this.#handle = null;
    this.#isReading = false;
  }

  #onClosed(): void {
    this.owner.onDestroyed(this.#failure);
  }

  // libuv calls these with the handle, or with the request: one function each for all connections. Nothing stands between
  // a read and its owner, since each call costs a hundredth of a small request.

  /** @returns where the next bytes go; undefined: where these went */
  static readonly #onRead = function (this: TcpHandle): Buffer | undefined {
    const transport = this.transport as HandleTransport;
    const { state, readBytes } = transport.#parts;
    const length = state[readBytes] ?? 0;
    const into = transport.#into;
    if (into === null || transport.#handle === null) return undefined;
    if (length <= 0) {
      if (length < 0) transport.#onReadEnd(length);
      return undefined;
    }
    transport.bytesRead += length;
    transport.owner.onBytes(into, length);
    const next = transport.owner.nextBuffer();
    if (next === into) return undefined;
    transport.#into = next;
    return next;
  };

  static readonly #onConnectDone = function (this: DoneRequest, status: number): void {
    (this.transport as HandleTransport).#onConnected(status);
  };

  static readonly #onShutdownDone = function (this: DoneRequest, status: number): void {
    (this.transport as HandleTransport).#onShutDown(status);
  };
}

function onWritten(this: WriteRequest, status: number): void {
  const transport = this.transport as HandleTransport;
  const { memory } = this;
  this.transport = null;
  this.memory = null;
  this.bytes = null;
  memory?.onWritten();
  transport.owner.onWritten(this.length, status === 0 ? null : systemError(status, 'write'));
}

function createWriteRequest({ WriteWrap }: TcpBinding): WriteRequest {
  const request = new WriteWrap();
  request.oncomplete = onWritten;
  request.transport = null;
  request.length = 0;
  request.memory = null;
  request.bytes = null;
  return request;
}

function endpointOf({ address = '', port = 0 }: NameOfEnd): Endpoint {
  return { address: addressWithoutMapping(address), port };
}
