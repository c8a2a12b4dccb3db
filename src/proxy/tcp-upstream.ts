import type { ErrorCode } from '../core/errors.js';
import { BLEED_REQUEST, BleedCall, REFUSED, UNDECIDED } from './bleed-call.js';
import { ByteConnection } from './byte-connection.js';
import type { Instance } from './instance.js';
import type { WorkerContext } from './node-context.js';
import { connectSocket } from './onread-socket.js';
import { outgoingHeader } from './outgoing-header.js';
import type { TcpDispatch, TcpDownstream } from './tcp-downstream.js';

/** The instance's side of a TCP relay; never pooled, never shared. */
export class TcpUpstream extends ByteConnection {
  readonly instance: Instance;
  readonly #dispatch: TcpDispatch;
  readonly #worker: WorkerContext;
  #client: TcpDownstream | null;
  #isConnected = false;
  /** The neighbor is asked whether it takes the client; null: nothing is asked, or it does. */
  #call: BleedCall | null = null;
  #refusal: Error | null = null;
  #code: ErrorCode = 'CONNECT_FAILED';

  constructor(instance: Instance, client: TcpDownstream, dispatch: TcpDispatch, worker: WorkerContext) {
    super(worker);
    this.instance = instance;
    this.#dispatch = dispatch;
    this.#client = client;
    this.#worker = worker;
    this.deadline = worker.clock.now() + client.slot.config.timeouts.connectMs;
    worker.deadlines.add(this);
    instance.connections.add(this);
    worker.upstreams.add();
    const { slot } = client;
    this.#call = slot.usesBleedDoor(instance) ? new BleedCall() : null;
    const { host, port, localAddress } = instance;
    const socket = connectSocket(this, { host, port: this.#call === null ? port : port + 1, localAddress }, worker.io);
    socket.once('connect', () => {
      const bledBy = instance.isNeighbor ? slot.node.marks.markFor(instance.node) : null;
      const version = this.#call === null ? slot.proxyVersionTo(instance) : 'v2';
      const header = outgoingHeader(version, client.identity, socket, bledBy);
      if (header !== null) this.writeCopy(header, 0, header.length);
      if (this.#call === null) this.#onConnected();
      else this.writeText(BLEED_REQUEST);
    });
    this.open(socket);
  }

  #onConnected(): void {
    this.#isConnected = true;
    this.#call = null;
    this.deadline = Number.POSITIVE_INFINITY;
    this.instance.noteConnected();
    this.#client?.onConnected(this);
  }

  get isIdle(): boolean {
    return false;
  }

  get connecting(): TcpDispatch | null {
    return this.#isConnected || this.#client === null ? null : this.#dispatch;
  }

  discard(): void {
    this.destroy();
  }

  /** Nobody waits for the instance any more: that it does not accept says nothing of it. */
  cancel(): void {
    this.#client = null;
    this.destroy();
  }

  onBytes(bytes: Buffer, length: number): void {
    if (this.#call === null) this.#client?.onInstanceBytes(this, bytes, length);
    else this.#readAnswer(this.#call, bytes, length);
  }

  /** Of the neighbor; what stands behind it comes from its instance. */
  #readAnswer(call: BleedCall, bytes: Buffer, length: number): void {
    const start = call.read(bytes, length);
    if (start === UNDECIDED) return;
    if (start === REFUSED) {
      this.#refusal = new Error(`the neighbor refused the bleed: ${call.answer}`);
      this.destroy();
      return;
    }
    this.#onConnected();
    if (start < length) this.#client?.onInstanceBytes(this, bytes.subarray(start, length), length - start);
  }

  protected onEnd(): void {
    if (this.#isConnected) this.#client?.onInstanceEnd(this);
    else this.destroy();
  }

  protected override onWriteFailed(failure: Error): void {
    this.readToEnd(failure);
  }

  protected onClosed(error: Error | null): void {
    const client = this.#client;
    this.#worker.deadlines.remove(this);
    this.instance.connections.delete(this);
    this.#worker.upstreams.remove();
    if (client === null) return;
    if (this.#isConnected) {
      this.#dispatch.release();
      client.onInstanceClosed(this);
    } else {
      this.#dispatch.onConnectFailed(this.#code, error ?? this.#refusal);
    }
  }

  onDeadline(): void {
    if (!this.#isConnected) this.#code = 'CONNECT_TIMEOUT';
    this.destroy();
  }
}
