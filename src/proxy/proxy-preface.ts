import type { Socket } from 'node:net';
import { decodeHeader } from '../proxy-protocol/decode.js';
import { HEADER_PROBLEMS, type ProxyHeader } from '../proxy-protocol/header.js';
import type { Deadlined } from './deadlines.js';
import type { WorkerContext } from './node-context.js';
import { type Accepted, type ByteReader, clientAddressOf, openAccepted, ReaderRelay } from './onread-socket.js';
import type { Slot } from './slot.js';

/** What a sender that was configured rightly needs; HAProxy's old default for the same (`client-hs`). */
const HEADER_MS = 3_000;
/** Of what came instead of a header, for the log. */
const SHOWN_BYTES = 32;

export interface PrefaceListener {
  /** @param rest bytes behind the header; valid until this returns. */
  onHeader(preface: ProxyPreface, accepted: Accepted, header: ProxyHeader, rest: Buffer): void;
  /** The connection is closed. @param refusal why, in words; null when the sender itself went. */
  onRefused(preface: ProxyPreface, refusal: Refusal | null): void;
}

export interface Refusal {
  readonly peer: string;
  readonly reason: string;
  /** Escaped, as the log shows them. */
  readonly firstBytes: string;
}

/**
 * A connection to a slot that demands a PROXY header (`accept-proxy`), until the header is whole. Then the socket goes to
 * whoever serves it. Nothing is answered here, because nothing is known of who speaks.
 */
export class ProxyPreface implements ByteReader, Deadlined {
  deadline: number;
  readonly #slot: Slot;
  readonly #worker: WorkerContext;
  readonly #listener: PrefaceListener;
  readonly #relay: ReaderRelay;
  readonly #socket: Socket;
  #bytes: Buffer | null = null;
  #isDone = false;
  readonly #onClose = (): void => this.#finish(null);

  constructor(accepted: Accepted, slot: Slot, worker: WorkerContext, listener: PrefaceListener) {
    this.#slot = slot;
    this.#worker = worker;
    this.#listener = listener;
    this.#relay = new ReaderRelay(this);
    this.#socket = openAccepted(accepted, this.#relay);
    this.deadline = worker.clock.now() + HEADER_MS;
    worker.deadlines.add(this);
    // Why a connection without a header ended is nobody's concern; unheard, the event would end the process.
    this.#socket.on('error', ignoreError);
    this.#socket.on('end', this.#onClose);
    this.#socket.on('close', this.#onClose);
    this.#socket.resume();
  }

  nextBuffer(): Buffer {
    return this.#worker.buffers.shared;
  }

  onBytes(bytes: Buffer, length: number): void {
    if (this.#isDone) return;
    const piece = bytes.subarray(0, length);
    const unread = this.#bytes === null ? piece : Buffer.concat([this.#bytes, piece]);
    const peer = clientAddressOf(this.#socket);
    // Asked with the newest table, and before a byte is looked at.
    if (!this.#slot.trusted.contains(peer) && !this.#slot.node.peers.has(peer)) {
      this.#finish({ peer, reason: 'the sender is in no network of trusted_proxies', firstBytes: firstOf(unread) });
      return;
    }
    const decoded = decodeHeader(unread, 0, unread.length);
    if (decoded.state === 'incomplete') {
      this.#bytes = Buffer.from(unread);
    } else if (decoded.state === 'refused') {
      const { problem, likelyCause } = decoded;
      const reason = likelyCause === null ? HEADER_PROBLEMS[problem] : `${HEADER_PROBLEMS[problem]}: ${likelyCause}`;
      this.#finish({ peer, reason, firstBytes: firstOf(unread) });
    } else {
      this.#handOver(decoded.header, unread.subarray(decoded.header.length));
    }
  }

  #handOver(header: ProxyHeader, rest: Buffer): void {
    this.#isDone = true;
    this.#worker.deadlines.remove(this);
    this.#socket.removeListener('error', ignoreError);
    this.#socket.removeListener('end', this.#onClose);
    this.#socket.removeListener('close', this.#onClose);
    this.#listener.onHeader(this, { socket: this.#socket, relay: this.#relay }, header, rest);
  }

  onDeadline(): void {
    const firstBytes = this.#bytes === null ? '' : firstOf(this.#bytes);
    this.#finish({ peer: clientAddressOf(this.#socket), reason: 'no whole PROXY header came within 3 s', firstBytes });
  }

  destroy(): void {
    this.#finish(null);
  }

  #finish(refusal: Refusal | null): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#worker.deadlines.remove(this);
    this.#listener.onRefused(this, refusal);
    this.#socket.destroy();
  }
}

function ignoreError(): void {
  // The close that follows says all.
}

function firstOf(bytes: Buffer): string {
  const text = bytes.latin1Slice(0, Math.min(bytes.length, SHOWN_BYTES));
  return text.replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
