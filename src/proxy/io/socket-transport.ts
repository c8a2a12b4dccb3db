import { connect, type NetConnectOpts, type Socket } from 'node:net';
import type { Endpoint } from '../../core/networks.js';
import {
  addressWithoutMapping,
  type Destination,
  type LentMemory,
  type Transport,
  type TransportOwner,
} from './transport.js';

/** The documented way. A socket whose write failed closes itself, with what it has not read yet. */
export class SocketTransport implements Transport {
  owner: TransportOwner;
  readonly #socket: Socket;
  #failure: Error | null = null;

  constructor(socket: Socket, owner: TransportOwner) {
    this.#socket = socket;
    this.owner = owner;
    socket.on('connect', () => this.owner.onConnect());
    socket.on('data', (bytes: Buffer) => this.owner.onBytes(bytes, bytes.length));
    // 'data' would let it read at once.
    socket.pause();
    socket.on('end', () => this.owner.onPeerEnd());
    socket.on('error', (error) => {
      this.#failure ??= error;
    });
    socket.on('close', () => this.owner.onDestroyed(this.#failure));
  }

  /** Opens a connection; by its name too. */
  static connect({ host, port, localAddress }: Destination, owner: TransportOwner): SocketTransport {
    const from = localAddress === null ? {} : { localAddress };
    const options = { host, port, ...from, allowHalfOpen: true, noDelay: true };
    return new SocketTransport(connect(options satisfies NetConnectOpts), owner);
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  get hasEndedWriting(): boolean {
    return this.#socket.writableEnded;
  }

  peer(): Endpoint {
    return { address: addressWithoutMapping(this.#socket.remoteAddress ?? ''), port: this.#socket.remotePort ?? 0 };
  }

  local(): Endpoint {
    return { address: addressWithoutMapping(this.#socket.localAddress ?? ''), port: this.#socket.localPort ?? 0 };
  }

  resume(): void {
    this.#socket.resume();
  }

  pause(): void {
    this.#socket.pause();
  }

  writeText(text: string): boolean {
    return this.writeBytes(Buffer.from(text, 'latin1'), null);
  }

  writeBytes(bytes: Buffer, memory: LentMemory | null): boolean {
    let hasWaited = false;
    this.#socket.write(bytes, (error) => {
      if (!hasWaited) return;
      memory?.onWritten();
      this.owner.onWritten(bytes.length, error ?? null);
    });
    hasWaited = this.#socket.writableLength > 0;
    return !hasWaited;
  }

  end(): void {
    this.#socket.end();
  }

  destroy(failure: Error | null): void {
    this.#socket.destroy(failure ?? undefined);
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  probe(afterMs: number): void {
    this.#socket.setKeepAlive(true, afterMs);
  }

  hasLostPeer(): boolean {
    return hasLostPeer(this.#socket);
  }
}

/** As `Transport.hasLostPeer`; false where this Node does not say. */
export function hasLostPeer(socket: Socket): boolean {
  const { _handle: handle } = socket as unknown as { readonly _handle?: { getpeername?(into: object): number } | null };
  return typeof handle?.getpeername === 'function' && handle.getpeername({}) !== 0;
}
