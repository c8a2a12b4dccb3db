import type { ProxyHeader } from '../../proxy-protocol/header.js';
import { ClientConnection, type ClientParts } from '../client/client-connection.js';
import type { ForwardedFields } from '../client/forwarded-fields.js';
import type { ExchangePool } from '../exchange/exchange-pool.js';
import type { Transport } from '../io/transport.js';
import type { InstanceSide } from '../roles/instance-side.js';
import { ProvenMark } from '../slot/bleed-marks.js';
import { IdlePool } from '../slot/idle-pool.js';

/** The surroundings of all clients of an HTTP slot. */
export interface HttpParts extends ClientParts {
  /** Of the worker. */
  readonly exchanges: ExchangePool;
  readonly forwarded: ForwardedFields;
}

/** What the connection of an HTTP client knows from one request to the next. */
export abstract class KeptClient extends ClientConnection {
  readonly forwarded: ForwardedFields;
  readonly handshakeMs: number;
  idleSince: number;
  /** Bytes behind the request that is served. */
  protected ahead: Buffer | null = null;
  /** Made for clients whose PROXY header goes on to the instances. */
  #ownIdle: IdlePool<InstanceSide> | null = null;
  /** Made for connections that ever bring a mark. */
  #proven: ProvenMark | null = null;

  /** @param acceptedAt when, on the monotonic clock; it is `idleSince` less `handshakeMs` until it has asked */
  constructor(transport: Transport, header: ProxyHeader | null, acceptedAt: number, parts: HttpParts) {
    super(transport, header, parts);
    this.forwarded = parts.forwarded;
    this.idleSince = header === null ? acceptedAt : parts.worker.clock.now();
    this.handshakeMs = Math.round(this.idleSince - acceptedAt);
  }

  get ownIdle(): IdlePool<InstanceSide> {
    this.#ownIdle ??= new IdlePool();
    return this.#ownIdle;
  }

  proves(mark: string): boolean {
    const { marks } = this.slot.node;
    if (!marks.canProve) return false;
    this.#proven ??= new ProvenMark();
    return this.#proven.isProof(mark, marks, this.transport, this.worker.clock);
  }

  keepAhead(bytes: Buffer, start: number, end: number): void {
    const piece = Buffer.from(bytes.subarray(start, end));
    this.ahead = this.ahead === null ? piece : Buffer.concat([this.ahead, piece]);
    this.pause();
  }

  protected onGone(): void {
    this.ahead = null;
    this.#ownIdle?.closeIdle();
  }
}
