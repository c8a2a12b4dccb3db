import { decodeHeader, refuseSecondHeader } from '../../proxy-protocol/decode.js';
import { type Decoded, HEADER_PROBLEMS, type ProxyHeader } from '../../proxy-protocol/header.js';
import type { Accepted } from '../io/onread-socket.js';
import { clientAddressOf } from '../io/peer-address.js';
import type { ByteReader } from '../io/socket-io.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';
import { FirstBytes } from './first-bytes.js';

/** Enough for a sender that is configured correctly; HAProxy's old default for the same (`client-hs`). */
const HEADER_MS = 3_000;
/** Of what came instead of a header, for the log. */
const SHOWN_BYTES = 32;
const EMPTY = Buffer.alloc(0);
const UNTRUSTED = "the sender's address is outside trusted_proxies";

export interface PrefaceListener {
  /** @returns the reader of the connection from now on */
  onHeader(preface: ProxyPreface, accepted: Accepted, header: ProxyHeader): ByteReader;
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
 * A connection to a slot that demands a PROXY header (`accept-proxy`):
 *
 *   HEADER ──whole──► START ──no second header──► (its reader has it)
 *      └──refused, or 3 s──► (closed) ◄──a second header
 *
 * With the header the socket goes to the slot's protocol, which may speak at once. The client's first bytes, which may come at any
 * time, are looked at here once more. A refusal is not answered: the sender may speak any protocol.
 */
export class ProxyPreface extends FirstBytes {
  readonly #listener: PrefaceListener;
  /** The reader that serves the connection; null until the header is whole. */
  #reader: ByteReader | null = null;

  constructor(accepted: Accepted, slot: Slot, worker: WorkerContext, listener: PrefaceListener) {
    super(accepted, slot, worker, HEADER_MS);
    this.#listener = listener;
  }

  protected read(unread: Buffer): void {
    if (this.#reader === null) this.#readHeader(unread);
    else this.#judgeStart(this.#reader, unread);
  }

  protected onEnd(): void {
    // Heard before the reader's own: what was kept back comes before the end.
    if (this.#reader === null) this.#finish(null);
    else this.#passOn(this.#reader, this.kept);
  }

  #readHeader(unread: Buffer): void {
    const peer = clientAddressOf(this.socket);
    // Asked with the newest table, and where no key can prove more, before a byte is looked at.
    const isTrusted = this.slot.trusted.contains(peer);
    if (!isTrusted && !this.slot.node.marks.canProve) {
      this.#refuse(UNTRUSTED, unread);
      return;
    }
    const decoded = decodeHeader(unread, 0, unread.length);
    if (!isTrusted && decoded.state !== 'incomplete' && !this.#isProven(decoded, peer)) {
      this.#refuse(UNTRUSTED, unread);
      return;
    }
    if (decoded.state === 'incomplete') this.keep(unread);
    else if (decoded.state === 'refused') this.#refuse(reasonOf(decoded), unread);
    else this.#handOver(decoded.header, unread.subarray(decoded.header.length));
  }

  /** A node of the pod may send a header from any address. */
  #isProven(decoded: Decoded, peer: string): boolean {
    const mark = decoded.state === 'complete' ? decoded.header.extras.bledBy : null;
    return mark !== null && this.slot.node.marks.proves(mark, peer);
  }

  #handOver(header: ProxyHeader, rest: Buffer): void {
    const reader = this.#listener.onHeader(this, this.release(), header);
    this.#reader = reader;
    this.relay.reader = this;
    if (rest.length > 0) this.#judgeStart(reader, rest);
  }

  /** A balancer too many in front, and its header would be the beginning of the first request. */
  #judgeStart(reader: ByteReader, start: Buffer): void {
    const verdict = refuseSecondHeader(start, 0, start.length);
    if (verdict === null) this.#passOn(reader, start);
    else if (verdict.state === 'refused') this.#refuse(reasonOf(verdict), start);
    else this.keep(start);
  }

  #passOn(reader: ByteReader, start: Buffer | null): void {
    this.isDone = true;
    this.kept = null;
    this.stopHearingEnd();
    this.relay.reader = reader;
    if (start !== null) reader.onBytes(start, start.length);
  }

  #refuse(reason: string, bytes: Buffer): void {
    this.#finish({ peer: clientAddressOf(this.socket), reason, firstBytes: firstOf(bytes) });
  }

  onDeadline(): void {
    this.#refuse('no complete PROXY header arrived within 3 s', this.kept ?? EMPTY);
  }

  destroy(): void {
    this.#finish(null);
  }

  #finish(refusal: Refusal | null): void {
    if (!this.markDone()) return;
    this.#listener.onRefused(this, refusal);
    this.socket.destroy();
  }
}

function reasonOf({ problem, likelyCause }: Extract<Decoded, { readonly state: 'refused' }>): string {
  return likelyCause === null ? HEADER_PROBLEMS[problem] : `${HEADER_PROBLEMS[problem]}: ${likelyCause}`;
}

function firstOf(bytes: Buffer): string {
  const text = bytes.latin1Slice(0, Math.min(bytes.length, SHOWN_BYTES));
  return text.replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
