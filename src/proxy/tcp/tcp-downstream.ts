import type { ErrorCode } from '../../core/errors.js';
import type { ProxyHeader } from '../../proxy-protocol/header.js';
import { type ClientIdentity, identifyClient } from '../client/client-identity.js';
import { logTcpAccess } from '../exchange/access-log.js';
import { Dispatch } from '../exchange/dispatch.js';
import { ByteConnection } from '../io/byte-connection.js';
import { type Accepted, openAccepted } from '../io/onread-socket.js';
import { Tunnel } from '../io/tunnel.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';
import { type TcpClient, type TcpRoute, TcpUpstream } from './tcp-upstream.js';

const EMPTY = Buffer.alloc(0);

/** A client of a TCP slot. Nothing is read from it before an instance has accepted. */
export class TcpDownstream extends ByteConnection implements TcpClient {
  readonly slot: Slot;
  readonly identity: ClientIdentity;
  readonly dispatch: TcpDispatch;
  readonly startedAt: number;
  /** When an instance had accepted; 0 before. */
  connectedAt = 0;
  bytesOut = 0;
  readonly #worker: WorkerContext;
  readonly #onGone: (downstream: TcpDownstream) => void;
  #tunnel: Tunnel | null = null;
  /** Why it ended, when it was not as it should be. */
  #code: ErrorCode | null = null;
  /** Bytes that came with the PROXY header; they wait for an instance. */
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
    this.dispatch = new TcpDispatch(this, worker);
    if (this.identity.isBled) slot.counters.bledIn += 1;
    slot.counters.connections += 1;
    slot.counters.openConnections += 1;
    slot.counters.inFlight += 1;
    worker.deadlines.add(this);
    // Sockets read from the start: what came before there is an instance would be lost.
    this.pause();
    if (this.identity.isInternal || !slot.config.internal) this.dispatch.begin(!this.identity.isBled);
    else this.fail('FORBIDDEN');
  }

  get isTunnel(): boolean {
    return this.#tunnel !== null;
  }

  get instance(): Instance | null {
    return this.dispatch.instance;
  }

  onConnected(upstream: TcpUpstream): void {
    const { slot } = this;
    this.dispatch.onConnected(upstream.instance);
    slot.counters.tunnels += 1;
    this.connectedAt = this.#worker.clock.now();
    this.#tunnel = new Tunnel(this, upstream, this.#worker.clock, slot.config.timeouts.tunnelMs, (code) => {
      slot.counters.tunnels -= 1;
      this.#tunnel = null;
      if (code !== null) this.#countError(code);
    });
    const early = this.#early;
    this.#early = null;
    if (early !== null) this.#tunnel.onBytes(this, early, early.length);
    this.resume();
  }

  /** TCP has no words for an error: the connection is reset. */
  fail(code: ErrorCode): void {
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
    else if (this.connectedAt === 0) this.#early = Buffer.concat([this.#early ?? EMPTY, bytes.subarray(0, length)]);
  }

  onInstanceBytes(from: TcpUpstream, bytes: Buffer, length: number): void {
    if (this.#tunnel === null) return;
    this.slot.counters.bytesOut += length;
    this.bytesOut += length;
    this.#tunnel.onBytes(from, bytes, length);
  }

  onInstanceEnd(from: TcpUpstream): void {
    this.#tunnel?.onEnd(from);
  }

  onInstanceClosed(from: TcpUpstream): void {
    this.#tunnel?.onClosed(from);
  }

  cutTunnel(): void {
    this.#tunnel?.cut(null);
  }

  /** Closes at once; what is under way is cut. */
  cut(): void {
    if (this.#tunnel !== null) this.#tunnel.destroy('STOPPING');
    else if (this.#code === null && this.connectedAt === 0) this.#countError('STOPPING');
    this.destroy();
  }

  protected onEnd(): void {
    this.#tunnel?.onEnd(this);
  }

  protected override onWriteFailed(failure: Error): void {
    this.readToEnd(failure);
  }

  protected onClosed(): void {
    const { slot } = this;
    this.#worker.deadlines.remove(this);
    if (this.connectedAt === 0 && this.#code === null) this.#countError('CLIENT_ABORTED');
    if (slot.config.accessLog) logTcpAccess(this, this.dispatch, this.#worker, this.#code);
    slot.counters.openConnections -= 1;
    slot.counters.inFlight -= 1;
    if (this.#tunnel !== null) this.#tunnel.onClosed(this);
    else if (this.connectedAt === 0) this.dispatch.abandon();
    this.#onGone(this);
  }

  override onSecond(): void {
    this.watchForReset();
  }

  onDeadline(): void {
    if (this.dispatch.isQueued) {
      this.dispatch.endWait();
    } else if (this.#tunnel !== null) {
      this.#tunnel.cut('TUNNEL_TIMEOUT');
    } else {
      this.destroy();
    }
  }
}

/** The way of a client's connection to an instance. */
class TcpDispatch extends Dispatch implements TcpRoute {
  readonly #client: TcpDownstream;
  #upstream: TcpUpstream | null = null;

  constructor(client: TcpDownstream, worker: WorkerContext) {
    super(client.slot, worker, client.identity.source.address);
    this.#client = client;
  }

  begin(mayBleed: boolean): void {
    this.reset(mayBleed);
    this.start();
  }

  protected connect(instance: Instance): void {
    this.#upstream = new TcpUpstream(instance, this.#client, this, this.worker);
  }

  protected fail(code: ErrorCode): void {
    this.#client.fail(code);
  }

  protected setQueueDeadline(deadline: number): void {
    this.#client.deadline = deadline;
  }

  protected cancelConnect(): void {
    this.#upstream?.cancel();
  }

  onConnected(instance: Instance): void {
    this.countSent(instance);
  }

  /** The client went away; nothing was sent. */
  abandon(): void {
    this.leaveQueue();
    this.cancelConnect();
    this.release();
  }

  /** The connection to the instance is closed. */
  override release(): void {
    this.#upstream = null;
    super.release();
  }
}
