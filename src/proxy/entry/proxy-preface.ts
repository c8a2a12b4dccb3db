import { decodeHeader, refuseSecondHeader } from '../../proxy-protocol/decode.js';
import { type Decoded, HEADER_PROBLEMS, type ProxyHeader } from '../../proxy-protocol/header.js';
import type { Transport, TransportOwner } from '../io/transport.js';
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
  /** @returns the owner of the connection from now on */
  onHeader(preface: ProxyPreface, transport: Transport, header: ProxyHeader): TransportOwner;
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
 *   HEADER ──whole──► START ──no second header──► (its owner has it)
 *      └──refused, or 3 s──► (closed) ◄──a second header
 *
 * With the header the connection goes to the slot's protocol, which may speak at once. The client's first bytes, which may come at any
 * time, are looked at here once more. A refusal is not answered: the sender may speak any protocol.
 */
export class ProxyPreface extends FirstBytes {
  readonly #listener: PrefaceListener;

  constructor(transport: Transport, slot: Slot, worker: WorkerContext, listener: PrefaceListener) {
    super(transport, slot, worker, HEADER_MS);
    this.#listener = listener;
  }

  protected read(unread: Buffer): void {
    if (this.next === null) this.#readHeader(unread);
    else this.#judgeStart(this.next, unread);
  }

  onPeerEnd(): void {
    if (this.next === null) {
      this.#finish(null);
      return;
    }
    // What was kept back comes before the end.
    this.#passOn(this.next, this.kept);
    this.next.onPeerEnd();
  }

  #readHeader(unread: Buffer): void {
    const peer = this.transport.peer().address;
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
    const next = this.#listener.onHeader(this, this.release(), header);
    this.next = next;
    this.transport.owner = this;
    if (rest.length > 0) this.#judgeStart(next, rest);
  }

  /** A balancer too many in front, and its header would be the beginning of the first request. */
  #judgeStart(next: TransportOwner, start: Buffer): void {
    const verdict = refuseSecondHeader(start, 0, start.length);
    if (verdict === null) this.#passOn(next, start);
    else if (verdict.state === 'refused') this.#refuse(reasonOf(verdict), start);
    else this.keep(start);
  }

  #passOn(next: TransportOwner, start: Buffer | null): void {
    this.isDone = true;
    this.kept = null;
    this.transport.owner = next;
    if (start !== null) next.onBytes(start, start.length);
  }

  #refuse(reason: string, bytes: Buffer): void {
    this.#finish({ peer: this.transport.peer().address, reason, firstBytes: firstOf(bytes) });
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
    this.transport.destroy(null);
  }
}

function reasonOf({ problem, likelyCause }: Extract<Decoded, { readonly state: 'refused' }>): string {
  return likelyCause === null ? HEADER_PROBLEMS[problem] : `${HEADER_PROBLEMS[problem]}: ${likelyCause}`;
}

function firstOf(bytes: Buffer): string {
  const text = bytes.latin1Slice(0, Math.min(bytes.length, SHOWN_BYTES));
  return text.replace(/[^\x20-\x7e]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
