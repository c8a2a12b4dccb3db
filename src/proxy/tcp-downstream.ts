import type { ErrorCode } from '../core/errors.js';
import type { ProxyHeader } from '../proxy-protocol/header.js';
import { formatTcpAccess } from './access-log.js';
import { ByteConnection } from './byte-connection.js';
import { type ClientIdentity, identifyClient } from './client-identity.js';
import type { Instance } from './instance.js';
import type { WorkerContext } from './node-context.js';
import { type Accepted, openAccepted } from './onread-socket.js';
import { FULL, type Slot, type SlotRequest } from './slot.js';
import { TcpUpstream } from './tcp-upstream.js';
import { Tunnel } from './tunnel.js';
import type { Waiter } from './wait-queue.js';

const EMPTY = Buffer.alloc(0);

/**
 * A client of a TCP slot. Nothing is read from it before an instance has accepted:
 *
 *   CHOOSING ──instance──► CONNECTING ──connected──► RELAYING ──either side closed──► (closed)
 *      ▲ └─full─ (queued)      │
 *      └─────── retry ◄────────┘
 */
export class TcpDownstream extends ByteConnection implements SlotRequest, Waiter {
  readonly slot: Slot;
  readonly identity: ClientIdentity;
  readonly clientAddress: string;
  readonly stickyId = '';
  readonly mayBleed: boolean;
  isQueued = false;
  tried: Instance[] | null = null;
  readonly startedAt: number;
  /** When an instance had accepted; 0 before. */
  connectedAt = 0;
  retries = 0;
  bytesOut = 0;
  readonly #worker: WorkerContext;
  readonly #onGone: (downstream: TcpDownstream) => void;
  #upstream: TcpUpstream | null = null;
  #tunnel: Tunnel | null = null;
  /** The last instance that was tried. */
  #instanceId = '';
  /** Why it ended, when it was not as it should be. */
  #code: ErrorCode | null = null;
  /** What came with the PROXY header; it waits for an instance. */
  #early: Buffer | null = null;

  /** @param header what the connection began with, where the slot demands it; else null */
  constructor(
    accepted: Accepted,
    header: ProxyHeader | null,
    slot: Slot,
    worker: WorkerContext,
    onGone: (downstream: TcpDownstream) => void,
  ) {
    super(worker);
    this.slot = slot;
    this.startedAt = worker.clock.now();
    this.#worker = worker;
    this.#onGone = onGone;
    this.open(openAccepted(accepted, this, worker.io));
    this.identity = identifyClient(slot, this.socket, header);
    this.clientAddress = this.identity.source.address;
    this.mayBleed = !this.identity.isBled;
    if (this.identity.isBled) slot.counters.bledIn += 1;
    slot.counters.connections += 1;
    slot.counters.openConnections += 1;
    slot.counters.inFlight += 1;
    worker.deadlines.add(this);
    // Sockets read from the start: what came before there is an instance would be lost.
    this.pause();
    if (this.identity.isAllowed) this.#dispatch();
    else this.#fail('FORBIDDEN');
  }

  get isTunnel(): boolean {
    return this.#tunnel !== null;
  }

  get instance(): Instance | null {
    return this.#upstream?.instance ?? null;
  }

  onTurn(): void {
    this.#dispatch();
  }

  #dispatch(): void {
    const { slot } = this;
    const choice = slot.choose(this);
    if (choice === FULL) {
      if (slot.queue.length >= slot.config.limits.queue) {
        this.#fail('QUEUE_FULL');
        return;
      }
      slot.queue.add(this);
      this.deadline = this.#worker.clock.now() + slot.config.timeouts.queueMs;
    } else if (choice === null) {
      this.#fail(this.tried === null ? 'NO_INSTANCE' : 'CONNECT_FAILED');
    } else {
      this.#connect(choice);
    }
  }

  #connect(instance: Instance): void {
    if (instance.isNeighbor) this.slot.counters.bled += 1;
    this.deadline = Number.POSITIVE_INFINITY;
    this.#instanceId = instance.id;
    this.#upstream = new TcpUpstream(instance, this, this.#worker);
  }

  onConnected(upstream: TcpUpstream): void {
    const { slot } = this;
    slot.counters.tunnels += 1;
    this.connectedAt = this.#worker.clock.now();
    this.#tunnel = new Tunnel(this, upstream, this.#worker.clock, slot.config.timeouts.tunnelMs, () => {
      slot.counters.tunnels -= 1;
    });
    const early = this.#early;
    this.#early = null;
    if (early !== null) this.#tunnel.onBytes(this, early, early.length);
    this.resume();
  }

  onConnectFailed(instance: Instance, code: ErrorCode): void {
    const { slot } = this;
    this.#upstream = null;
    this.tried ??= [];
    this.tried.push(instance);
    if (this.retries >= slot.config.retries) {
      this.#fail(code);
      return;
    }
    this.retries += 1;
    slot.counters.retries += 1;
    slot.counters.redispatches += 1;
    const neighbor = this.retries === slot.config.retries && this.mayBleed ? slot.chooseNeighbor(this) : null;
    if (neighbor !== null) this.#connect(neighbor);
    else this.#dispatch();
  }

  /** TCP has no words for an error: the connection is reset. */
  #fail(code: ErrorCode): void {
    this.#countError(code);
    this.socket.resetAndDestroy();
  }

  #countError(code: ErrorCode): void {
    const { errors } = this.slot.counters;
    errors[code] = (errors[code] ?? 0) + 1;
    this.#code = code;
  }

  onBytes(bytes: Buffer, length: number): void {
    this.slot.counters.bytesIn += length;
    if (this.#tunnel !== null) this.#tunnel.onBytes(this, bytes, length);
    else this.#early = Buffer.concat([this.#early ?? EMPTY, bytes.subarray(0, length)]);
  }

  onInstanceBytes(from: TcpUpstream, bytes: Buffer, length: number): void {
    this.slot.counters.bytesOut += length;
    this.bytesOut += length;
    this.#tunnel?.onBytes(from, bytes, length);
  }

  onInstanceEnd(from: TcpUpstream): void {
    this.#tunnel?.onEnd(from);
  }

  onInstanceClosed(from: TcpUpstream): void {
    this.#tunnel?.onClosed(from);
  }

  cutTunnel(): void {
    this.#tunnel?.cut();
  }

  protected onEnd(): void {
    this.#tunnel?.onEnd(this);
  }

  protected onClosed(): void {
    const { slot } = this;
    this.#worker.deadlines.remove(this);
    slot.queue.leave(this);
    const { accessLog, clock } = this.#worker;
    if (accessLog !== null && slot.config.accessLog) {
      accessLog(formatTcpAccess(this, this.#instanceId, clock, this.#code));
    }
    slot.counters.openConnections -= 1;
    slot.counters.inFlight -= 1;
    if (this.#tunnel !== null) this.#tunnel.onClosed(this);
    else this.#upstream?.abandon();
    this.#onGone(this);
  }

  onDeadline(): void {
    if (this.isQueued) {
      this.slot.queue.leave(this);
      this.#fail('QUEUE_TIMEOUT');
    } else if (this.#tunnel !== null) {
      this.#countError('TUNNEL_TIMEOUT');
      this.#tunnel.cut();
    } else {
      this.destroy();
    }
  }
}
