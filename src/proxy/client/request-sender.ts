import type { Clock } from '../../core/clock.js';
import type { RequestHead } from '../../http1/request-head.js';
import type { Transport } from '../io/transport.js';
import { ProvenMark } from '../slot/bleed-marks.js';
import type { Slot } from '../slot/slot.js';
import type { ClientIdentity } from './client-identity.js';

/** The other end of a client's connection, as far as it decides which fields of a request are believed. */
export class RequestSender {
  /** Its fields of forwarding are believed, in each request. */
  readonly isTrusted: boolean;
  readonly #slot: Slot;
  readonly #transport: Transport;
  readonly #head: RequestHead;
  readonly #clock: Clock;
  /** Made for connections that ever bring a mark. */
  #proven: ProvenMark | null = null;

  /** @param head of the request that is asked about */
  constructor(slot: Slot, identity: ClientIdentity, transport: Transport, head: RequestHead, clock: Clock) {
    this.isTrusted = identity.isTrusted;
    this.#slot = slot;
    this.#transport = transport;
    this.#head = head;
    this.#clock = clock;
  }

  /** A node that holds the pod's key bled the request. */
  get isProven(): boolean {
    const { marks } = this.#slot.node;
    if (!marks.canProve) return false;
    this.#proven ??= new ProvenMark();
    return this.#proven.isProof(this.#head.bledBy, marks, this.#transport, this.#clock);
  }
}
