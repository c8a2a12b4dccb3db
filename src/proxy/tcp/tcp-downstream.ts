import type { ErrorCode } from '../../core/errors.js';
import { recordTimes } from '../../metrics/request-times.js';
import type { ProxyHeader } from '../../proxy-protocol/header.js';
import { ClientConnection, type ClientParts } from '../client/client-connection.js';
import { logTcpAccess } from '../exchange/access-log.js';
import { openCountedTunnel } from '../exchange/counted-tunnel.js';
import { Dispatch } from '../exchange/dispatch.js';
import type { Transport } from '../io/transport.js';
import type { Instance } from '../slot/instance.js';
import type { UnderWay } from '../slot/under-way.js';
import type { WorkerContext } from '../slot/worker-context.js';
import { type TcpClient, type TcpRoute, TcpUpstream } from './tcp-upstream.js';

const EMPTY = Buffer.alloc(0);

/** A client of a TCP slot. Nothing is read from it before an instance has accepted. */
export class TcpDownstream extends ClientConnection implements TcpClient {
  readonly dispatch: TcpDispatch;
  readonly startedAt: number;
  /** When an instance had accepted; 0 before. */
  connectedAt = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Why it failed; null: it did not. */
  #code: ErrorCode | null = null;
  /** Bytes that came with the PROXY header; they wait for an instance. */
  #early: Buffer | null = null;

  /** @param header what the connection began with, where the slot demands it; else null */
  constructor(transport: Transport, header: ProxyHeader | null, parts: ClientParts) {
    super(transport, header, parts);
    this.startedAt = parts.worker.clock.now();
    this.dispatch = new TcpDispatch(this, parts.worker);
  }

  protected onBegin(): void {
    const { slot, identity } = this;
    if (identity.isBled) slot.counters.bledIn += 1;
    slot.counters.inFlight += 1;
    slot.peaks.inFlight = Math.max(slot.peaks.inFlight, slot.counters.inFlight);
    // Where its first bytes were read already: what came before there is an instance would be lost.
    this.pause();
    if (identity.isInternal || !slot.config.internal) this.dispatch.begin(!identity.isBled);
    else this.fail('FORBIDDEN');
  }

  get instance(): Instance | null {
    return this.dispatch.instance;
  }

  onConnected(upstream: TcpUpstream): void {
    this.dispatch.onConnected(upstream.instance);
    this.connectedAt = this.worker.clock.now();
    const ends = { client: this, instance: upstream };
    this.tunnel = openCountedTunnel(this.slot, this.worker, ends, (code) => {
      this.#code = code;
    });
    const early = this.#early;
    this.#early = null;
    if (early !== null) this.tunnel.onBytes(this, early, early.length);
    this.resume();
  }

  /** TCP can't send an error, so the connection is reset. */
  fail(code: ErrorCode): void {
    this.#countError(code);
    this.transport.reset();
  }

  #countError(code: ErrorCode): void {
    this.slot.countError(code);
    this.#code = code;
  }

  onBytes(bytes: Buffer, length: number): void {
    this.slot.counters.bytesIn += length;
    this.bytesIn += length;
    const { instance } = this.dispatch;
    if (instance !== null) instance.counters.bytesIn += length;
    if (this.tunnel !== null) this.tunnel.onBytes(this, bytes, length);
    else if (this.connectedAt === 0) this.#early = Buffer.concat([this.#early ?? EMPTY, bytes.subarray(0, length)]);
  }

  onInstanceBytes(from: TcpUpstream, bytes: Buffer, length: number): void {
    if (this.tunnel === null || this.tunnel.isGone) return;
    this.slot.counters.bytesOut += length;
    this.bytesOut += length;
    from.instance.counters.bytesOut += length;
    this.tunnel.onBytes(from, bytes, length);
  }

  onInstanceEnd(from: TcpUpstream): void {
    this.tunnel?.onEnd(from);
  }

  onInstanceClosed(from: TcpUpstream): void {
    this.tunnel?.onClosed(from);
  }

  cut(): void {
    if (this.tunnel !== null) this.tunnel.destroy('STOPPING');
    else if (this.#code === null && this.connectedAt === 0) this.#countError('STOPPING');
    this.destroy();
  }

  underWay(): UnderWay {
    const { startedAt: since, bytesIn, bytesOut, instance } = this;
    const { isQueued, retries } = this.dispatch;
    const stage = isQueued ? 'queued' : this.connectedAt === 0 ? 'connecting' : 'tunnel';
    return { since, stage, instance, retries, bytesIn, bytesOut };
  }

  kill(): void {
    if (this.tunnel !== null) this.tunnel.destroy('KILLED');
    else this.fail('KILLED');
  }

  protected onEnd(): void {
    this.tunnel?.onEnd(this);
  }

  protected override onWriteFailed(failure: Error): void {
    this.readToEnd(failure);
  }

  protected onGone(): void {
    const { slot } = this;
    if (this.connectedAt === 0 && this.#code === null) this.#countError('CLIENT_ABORTED');
    if (slot.config.accessLog) logTcpAccess(this, this.dispatch, this.worker, this.#code);
    slot.counters.inFlight -= 1;
    if (this.connectedAt !== 0) this.#countTimes();
    if (this.tunnel !== null) this.tunnel.onClosed(this);
    else if (this.connectedAt === 0) this.dispatch.abandon();
  }

  /** Where HAProxy has the time to the response, TCP has none. */
  #countTimes(): void {
    const { waitedMs, lastInstance } = this.dispatch;
    const connectMs = this.connectedAt - this.startedAt - waitedMs;
    const totalMs = this.worker.clock.now() - this.startedAt;
    recordTimes(this.slot.counters.times, lastInstance?.counters.times ?? null, waitedMs, connectMs, 0, totalMs);
  }

  onDeadline(): void {
    if (this.dispatch.isQueued) this.dispatch.endWait();
    else this.onTunnelDeadline();
  }
}

/** The way of a client's connection to an instance. */
class TcpDispatch extends Dispatch implements TcpRoute {
  readonly client: TcpDownstream;
  #upstream: TcpUpstream | null = null;

  constructor(client: TcpDownstream, worker: WorkerContext) {
    super(client.slot, worker);
    this.client = client;
  }

  get clientAddress(): string {
    return this.client.identity.source.address;
  }

  begin(mayBleed: boolean): void {
    this.mayBleed = mayBleed;
    this.start();
  }

  protected connect(instance: Instance): void {
    const upstream = new TcpUpstream(instance, this.client, this, this.worker);
    this.#upstream = upstream;
    upstream.connect(this.client);
  }

  protected fail(code: ErrorCode): void {
    this.client.fail(code);
  }

  protected setQueueDeadline(deadline: number): void {
    this.client.deadline = deadline;
  }

  protected cancelConnect(): void {
    this.#upstream?.letGo();
    this.#upstream?.destroy();
  }

  onConnected(instance: Instance): void {
    this.slot.counters.connects += 1;
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
