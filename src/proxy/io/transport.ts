import type { Server } from 'node:net';
import type { Endpoint } from '../../core/networks.js';

/** Memory that a write reads from until the kernel has it. */
export interface LentMemory {
  onWritten(): void;
}

/** Who reads a connection and hears what becomes of it. Its methods are called from the event loop. */
export interface TransportOwner {
  /** A connection that this side asked for is open. */
  onConnect(): void;
  /** @param bytes valid until this returns. */
  onBytes(bytes: Buffer, length: number): void;
  /** Where the next bytes go; asked before the first read, and after each. */
  nextBuffer(): Buffer;
  /** The other side has finished sending. */
  onPeerEnd(): void;
  /**
   * A write that had to wait is done, or a write has failed.
   * @param bytes of what had to wait; 0 when it failed at once
   * @param failure null: the kernel has them
   */
  onWritten(bytes: number, failure: Error | null): void;
  /** The connection is gone, once. @param failure why, with the `code` of the system; null: an orderly close */
  onDestroyed(failure: Error | null): void;
}

/** One TCP connection. It reads from the first `resume` on; it closes when both sides have said all. */
export interface Transport {
  /** Set before the first `resume` or `connect`; another one may take over between two calls. */
  owner: TransportOwner;
  /** Since it was opened. */
  readonly bytesRead: number;
  /** This side has said that no more comes. */
  readonly hasEndedWriting: boolean;
  /** The other end, IPv4 without the mapping of a dual-stack socket; asked of the kernel once. Empty when the connection was gone by then. */
  peer(): Endpoint;
  /** This end, in the same way. */
  local(): Endpoint;
  resume(): void;
  pause(): void;
  /**
   * @param text latin1
   * @returns whether nothing waits: the kernel has taken all, or the write has failed. If not, `owner.onWritten` is
   * called later
   */
  writeText(text: string): boolean;
  /**
   * @param bytes must stay as they are until they are taken
   * @param memory is told when they are, where they had to wait
   * @returns as `writeText`
   */
  writeBytes(bytes: Buffer, memory: LentMemory | null): boolean;
  /** Sends the end behind what waits; the other side may go on. */
  end(): void;
  /** Closes now; what waits is lost. The owner hears of it later. @param failure what it hears */
  destroy(failure: Error | null): void;
  /** As `destroy`, by a reset (RST). */
  reset(): void;
  /** Has the kernel ask a silent peer whether it is there (TCP keep-alive). @param afterMs of silence */
  probe(afterMs: number): void;
  /**
   * Whether the reading ended by a reset. When a reset comes together with the last bytes, libuv reports only the end of
   * the stream (uv__stream_io, POLLHUP after a partial read): a client that gave up would look like one that waits
   * half-closed. A connection that was reset has lost its peer.
   */
  hasLostPeer(): boolean;
}

/** Where a connection leads, and from where. */
export interface Destination {
  readonly host: string;
  readonly port: number;
  /** Null: the kernel chooses. */
  readonly localAddress: string | null;
}

/** A listening server's connections, and new ones to instances. */
export interface Transports {
  /** Whether it goes past `net.Socket`. */
  readonly isDirect: boolean;
  /** Has `onAccept` called for each connection of a server that is listening; its `owner` is set there. */
  acceptFrom(server: Server, onAccept: (transport: Transport) => void, onError: (error: Error) => void): void;
  /** Opens a connection; `owner` hears `onConnect`, or `onDestroyed`. Neither is called before this returns. */
  connect(to: Destination, owner: TransportOwner): Transport;
}

/** IPv4 clients of a dual-stack socket are IPv4 clients. */
export function addressWithoutMapping(address: string): string {
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
