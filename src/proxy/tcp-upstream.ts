import type { ErrorCode } from '../core/errors.js';
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
    const socket = connectSocket(this, instance, worker.io);
    socket.once('connect', () => {
      this.#isConnected = true;
      this.deadline = Number.POSITIVE_INFINITY;
      instance.noteConnected();
      if (this.#client === null) return;
      const { slot, identity } = client;
      const bledBy = instance.isNeighbor ? slot.node.name : null;
      const header = outgoingHeader(slot.proxyVersionTo(instance), identity, socket, bledBy);
      if (header !== null) this.writeCopy(header, 0, header.length);
      this.#client.onConnected(this);
    });
    this.open(socket);
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
    this.#client?.onInstanceBytes(this, bytes, length);
  }

  protected onEnd(): void {
    this.#client?.onInstanceEnd(this);
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
      this.#dispatch.onConnectFailed(this.#code, error);
    }
  }

  onDeadline(): void {
    if (!this.#isConnected) this.#code = 'CONNECT_TIMEOUT';
    this.destroy();
  }
}
