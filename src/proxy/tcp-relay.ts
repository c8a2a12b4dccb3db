import type { ErrorCode } from '../core/errors.js';
import { refuseSecondHeader } from '../proxy-protocol/decode.js';
import type { ProxyHeader } from '../proxy-protocol/header.js';
import { ByteConnection } from './byte-connection.js';
import { type ClientIdentity, identifyClient } from './client-identity.js';
import type { Instance } from './instance.js';
import type { WorkerContext } from './node-context.js';
import { type Accepted, connectSocket, openAccepted } from './onread-socket.js';
import { outgoingHeader } from './outgoing-header.js';
import { FULL, type Slot, type SlotRequest } from './slot.js';
import { Tunnel } from './tunnel.js';
import type { Waiter } from './wait-queue.js';

/**
 * A client of a TCP slot. Nothing is read from it before an instance has accepted:
 *
 *   CHOOSING ──instance──► CONNECTING ──connected──► RELAYING ──either side closed──► (closed)
 *      ▲ └─full─ (queued)      │
 *      └─────── retry ◄────────┘
 */
export class TcpDownstream extends ByteConnection implements SlotRequest, Waiter {
  readonly slot: Slot;
  readonly client: ClientIdentity;
  readonly clientAddress: string;
  readonly stickyId = '';
  readonly mayBleed: boolean;
  isQueued = false;
  tried: Instance[] | null = null;
  readonly #worker: WorkerContext;
  readonly #onGone: (downstream: TcpDownstream) => void;
  #upstream: TcpUpstream | null = null;
  #tunnel: Tunnel | null = null;
  #retries = 0;
  /** What came with the PROXY header; it waits for an instance. */
  #early: Buffer | null = null;
  /** The bytes that come next could be a header once more: a balancer too many in front. */
  #mayRepeatHeader: boolean;

  /** @param header what the connection began with, where the slot demands it; else null */
  constructor(
    accepted: Accepted,
    header: ProxyHeader | null,
    slot: Slot,
    worker: WorkerContext,
    onGone: (downstream: TcpDownstream) => void,
  ) {
    super(worker.buffers);
    this.slot = slot;
    this.#worker = worker;
    this.#onGone = onGone;
    this.open(openAccepted(accepted, this));
    this.client = identifyClient(slot, this.socket, header);
    this.clientAddress = this.client.source.address;
    this.mayBleed = !this.client.isBled;
    this.#mayRepeatHeader = header !== null;
    if (this.client.isBled) slot.counters.bledIn += 1;
    slot.counters.connections += 1;
    slot.counters.openConnections += 1;
    slot.counters.inFlight += 1;
    worker.deadlines.add(this);
    // Sockets read from the start: what came before there is an instance would be lost.
    this.pause();
    if (this.client.isAllowed) this.#dispatch();
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
    this.#upstream = new TcpUpstream(instance, this, this.#worker);
  }

  onConnected(upstream: TcpUpstream): void {
    const { slot } = this;
    slot.counters.tunnels += 1;
    this.#tunnel = new Tunnel(this, upstream, this.#worker.clock, slot.config.timeouts.tunnelMs, () => {
      slot.counters.tunnels -= 1;
    });
    if (!this.#mayRepeatHeader) this.#relayEarly();
    this.resume();
  }

  onConnectFailed(instance: Instance, code: ErrorCode): void {
    const { slot } = this;
    this.#upstream = null;
    this.tried ??= [];
    this.tried.push(instance);
    if (this.#retries >= slot.config.retries) {
      this.#fail(code);
      return;
    }
    this.#retries += 1;
    slot.counters.retries += 1;
    slot.counters.redispatches += 1;
    const neighbor = this.#retries === slot.config.retries && this.mayBleed ? slot.chooseNeighbor(this) : null;
    if (neighbor !== null) this.#connect(neighbor);
    else this.#dispatch();
  }

  /** TCP has no words for an error: the connection is reset. */
  #fail(code: ErrorCode): void {
    const { errors } = this.slot.counters;
    errors[code] = (errors[code] ?? 0) + 1;
    this.socket.resetAndDestroy();
  }

  onBytes(bytes: Buffer, length: number): void {
    this.slot.counters.bytesIn += length;
    if (this.#mayRepeatHeader) this.#judgeStart(bytes, length);
    else if (this.#tunnel === null) this.#keepEarly(bytes.subarray(0, length));
    else this.#relay(bytes, length);
  }

  /** Nothing goes on before it is known that no second header begins here. */
  #judgeStart(bytes: Buffer, length: number): void {
    const piece = bytes.subarray(0, length);
    const start = this.#early === null ? piece : Buffer.concat([this.#early, piece]);
    const verdict = refuseSecondHeader(start, 0, start.length);
    if (verdict?.state === 'refused') {
      this.#fail('PROXY_HEADER_REFUSED');
      return;
    }
    if (verdict === null) this.#mayRepeatHeader = false;
    if (verdict !== null || this.#tunnel === null) {
      this.#early = Buffer.from(start);
      return;
    }
    this.#early = null;
    this.#relay(start, start.length);
  }

  #keepEarly(bytes: Buffer): void {
    this.#early = this.#early === null ? Buffer.from(bytes) : Buffer.concat([this.#early, bytes]);
  }

  #relayEarly(): void {
    const early = this.#early;
    this.#early = null;
    if (early !== null) this.#relay(early, early.length);
  }

  #relay(bytes: Buffer, length: number): void {
    this.#tunnel?.onBytes(this, bytes, length);
  }

  onInstanceBytes(from: TcpUpstream, bytes: Buffer, length: number): void {
    this.slot.counters.bytesOut += length;
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
    this.#relayEarly();
    this.#tunnel?.onEnd(this);
  }

  protected onClosed(): void {
    const { slot } = this;
    this.#worker.deadlines.remove(this);
    slot.queue.leave(this);
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
      this.#tunnel.cut();
    } else {
      this.destroy();
    }
  }
}

/** The instance's side of a TCP relay; never pooled, never shared. */
class TcpUpstream extends ByteConnection {
  readonly instance: Instance;
  readonly #slot: Slot;
  readonly #worker: WorkerContext;
  #client: TcpDownstream | null;
  #isConnected = false;
  #code: ErrorCode = 'CONNECT_FAILED';

  constructor(instance: Instance, client: TcpDownstream, worker: WorkerContext) {
    super(worker.buffers);
    this.instance = instance;
    this.#slot = client.slot;
    this.#client = client;
    this.#worker = worker;
    instance.inFlight += 1;
    instance.counters.requests += 1;
    this.deadline = worker.clock.now() + client.slot.config.timeouts.connectMs;
    worker.deadlines.add(this);
    const socket = connectSocket(this, instance, instance.isNeighbor ? client.slot.node.localAddress : null);
    socket.once('connect', () => {
      this.#isConnected = true;
      this.deadline = Number.POSITIVE_INFINITY;
      instance.connectFailures = 0;
      instance.counters.connections += 1;
      const header = this.#client === null ? null : outgoingHeader(client.slot, instance, client.client, socket);
      if (header !== null) socket.write(header);
      this.#client?.onConnected(this);
    });
    this.open(socket);
  }

  /** The client went away before there was a connection. */
  abandon(): void {
    this.#client = null;
    this.destroy();
  }

  onBytes(bytes: Buffer, length: number): void {
    this.#client?.onInstanceBytes(this, bytes, length);
  }

  protected onEnd(): void {
    this.#client?.onInstanceEnd(this);
  }

  protected onClosed(): void {
    const { instance } = this;
    const client = this.#client;
    this.#worker.deadlines.remove(this);
    instance.inFlight -= 1;
    this.#slot.wakeWaiting();
    if (client === null) return;
    if (this.#isConnected) {
      client.onInstanceClosed(this);
    } else {
      instance.connectFailures += 1;
      instance.counters.connectFailures += 1;
      if (!instance.isNeighbor) this.#worker.onConnectFailure(client.slot.app, instance.id, instance.connectFailures);
      client.onConnectFailed(instance, this.#code);
    }
  }

  onDeadline(): void {
    if (!this.#isConnected) this.#code = 'CONNECT_TIMEOUT';
    this.destroy();
  }
}
