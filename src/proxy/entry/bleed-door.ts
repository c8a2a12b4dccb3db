import { INCOMPLETE } from '../../http1/fields.js';
import { readMonitorRequest } from '../../http1/monitor-request.js';
import { decodeHeader } from '../../proxy-protocol/decode.js';
import { NO_EXTRAS, type ProxyHeader, V2_SIGNATURE } from '../../proxy-protocol/header.js';
import { renderError, renderHealth } from '../exchange/responses.js';
import type { Transport, TransportOwner } from '../io/transport.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';
import { BLEED_ACCEPTED, BLEED_PATH } from '../tcp/bleed-call.js';
import { FirstBytes } from './first-bytes.js';

/** A neighbor sends its whole call in its first packet. */
const CALL_MS = 5_000;

/** Why a neighbor could not bring a client. */
export interface BleedRefusal {
  readonly peer: string;
  readonly reason: string;
}

export interface DoorListener {
  /** Another client may come in. */
  readonly hasRoom: boolean;
  /** A checker asks for the health of the slot. @returns its owner from now on */
  onChecker(door: BleedDoor, transport: Transport): TransportOwner;
  /** A neighbor brings a client. @returns its owner from now on */
  onBled(door: BleedDoor, transport: Transport, header: ProxyHeader): TransportOwner;
  /** The connection is closed. @param refusal why, when a neighbor was refused */
  onDoorClosed(door: BleedDoor, refusal: BleedRefusal | null): void;
}

/**
 * A connection to the health port of a TCP slot, before its first bytes tell a checker from a neighbor with a client (see
 * tcp/bleed-call.ts).
 *
 *   START ──header with a mark, GET /bleed──► JUDGED ──► (the slot serves it) or (refused)
 *     └──anything else──► (a checker)
 */
export class BleedDoor extends FirstBytes {
  readonly #listener: DoorListener;

  constructor(transport: Transport, slot: Slot, worker: WorkerContext, listener: DoorListener) {
    super(transport, slot, worker, CALL_MS);
    this.#listener = listener;
  }

  protected read(unread: Buffer): void {
    const header = this.#markedHeader(unread);
    if (header === INCOMPLETE) {
      this.keep(unread);
      return;
    }
    if (header === null) {
      this.#handOver((transport) => this.#listener.onChecker(this, transport), unread);
      return;
    }
    const request = readMonitorRequest(unread, header.length, unread.length, this.slot.node.head);
    if (request === INCOMPLETE) {
      this.keep(unread);
    } else if (typeof request === 'string' || request.path !== BLEED_PATH) {
      this.#handOver((transport) => this.#listener.onChecker(this, transport), unread);
    } else {
      this.#judge(header, unread.subarray(header.length + request.bytes));
    }
  }

  /** @returns the header that the bytes begin with, when it has a mark; null when they begin with none */
  #markedHeader(bytes: Buffer): ProxyHeader | typeof INCOMPLETE | null {
    if (bytes[0] !== V2_SIGNATURE[0]) return null;
    const decoded = decodeHeader(bytes, 0, bytes.length);
    if (decoded.state === 'incomplete') return INCOMPLETE;
    return decoded.state === 'complete' && decoded.header.extras.bledBy !== null ? decoded.header : null;
  }

  #judge(header: ProxyHeader, rest: Buffer): void {
    const { config, node, trusted, hasUsableInstance, isClosing } = this.slot;
    const peer = this.transport.peer().address;
    const isProven = node.marks.proves(header.extras.bledBy ?? '', peer);
    const isTrusted = isProven || trusted.contains(peer);
    // A sender whose header is not believed at the slot's own port may not come by this one either.
    if (!isTrusted && (config.acceptProxy || !node.peers.has(peer))) {
      const reason = "the sender's address is outside trusted_proxies";
      this.#refuse(renderError('FORBIDDEN', { isHead: false, isReusable: false }).text, { peer, reason });
    } else if (!hasUsableInstance || isClosing || !this.#listener.hasRoom) {
      this.#refuse(renderHealth(false, { isHead: false, minor: 1, closes: true, nodeId: node.id }), null);
    } else {
      // Where a slot demands no header, an unproven one would be a way around `internal`: the sender is the client.
      const believed = config.acceptProxy || isProven ? header : withoutClient(header);
      this.transport.writeText(BLEED_ACCEPTED);
      this.#handOver((transport) => this.#listener.onBled(this, transport, believed), rest);
    }
  }

  #handOver(to: (transport: Transport) => TransportOwner, unread: Buffer): void {
    this.isDone = true;
    const owner = to(this.release());
    if (unread.length > 0) owner.onBytes(unread, unread.length);
  }

  #refuse(answer: string, refusal: BleedRefusal | null): void {
    // In the kernel at once: it is the first that goes out here.
    this.transport.writeText(answer);
    this.transport.destroy(null);
    this.#finish(refusal);
  }

  onPeerEnd(): void {
    this.destroy();
  }

  onDeadline(): void {
    this.destroy();
  }

  destroy(): void {
    this.transport.destroy(null);
    this.#finish(null);
  }

  #finish(refusal: BleedRefusal | null): void {
    if (this.markDone()) this.#listener.onDoorClosed(this, refusal);
  }
}

/** The mark alone. */
function withoutClient(header: ProxyHeader): ProxyHeader {
  const { bledBy } = header.extras;
  return { ...header, source: null, destination: null, extras: { ...NO_EXTRAS, bledBy } };
}
