import type { ErrorCode } from '../../core/errors.js';
import type { ClientIdentity } from '../client/client-identity.js';
import { markFor, outgoingHeader } from '../client/outgoing-header.js';
import { ByteConnection } from '../io/byte-connection.js';
import type { Connecting, InstanceConnection } from '../roles/instance-connection.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';
import { BLEED_REQUEST, BleedCall, REFUSED, UNDECIDED } from './bleed-call.js';

/** The client of a TCP relay, as the instance's side sees it. */
export interface TcpClient {
  readonly slot: Slot;
  readonly identity: ClientIdentity;
  /** When it connected, by the monotonic clock. */
  readonly startedAt: number;
  /** The instance takes the client. */
  onConnected(upstream: TcpUpstream): void;
  onInstanceBytes(from: TcpUpstream, bytes: Buffer, length: number): void;
  /** The instance has finished sending. */
  onInstanceEnd(from: TcpUpstream): void;
  /** The connection to the instance is closed, after it was open. */
  onInstanceClosed(from: TcpUpstream): void;
}

/** The client's way to its instance, which hears what came of the connection. */
export interface TcpRoute extends Connecting {
  onConnectFailed(code: ErrorCode, error: Error | null): void;
  /** The connection to the instance is closed, after it was open. */
  release(): void;
}

/** The instance's side of a TCP relay; never pooled, never shared. */
export class TcpUpstream extends ByteConnection implements InstanceConnection {
  readonly instance: Instance;
  readonly #route: TcpRoute;
  readonly #worker: WorkerContext;
  #client: TcpClient | null;
  #isConnected = false;
  /** The neighbor is asked whether it takes the client; null: it has agreed, or is not asked. */
  #call: BleedCall | null = null;
  #refusal: Error | null = null;
  #code: ErrorCode = 'CONNECT_FAILED';

  constructor(instance: Instance, client: TcpClient, route: TcpRoute, worker: WorkerContext) {
    super(worker);
    this.instance = instance;
    this.#route = route;
    this.#client = client;
    this.#worker = worker;
    this.#call = instance.hasBleedDoor ? new BleedCall() : null;
  }

  /** Opens the connection; the route hears what comes of it. */
  connect({ slot }: TcpClient): void {
    const { instance } = this;
    const worker = this.#worker;
    this.deadline = worker.clock.now() + slot.config.timeouts.connectMs;
    worker.deadlines.add(this);
    instance.connections.add(this);
    worker.upstreams.add();
    const { host, port, localAddress } = instance;
    const to = { host, port: this.#call === null ? port : port + 1, localAddress };
    this.open(worker.transports.connect(to, this));
  }

  override onConnect(): void {
    super.onConnect();
    const client = this.#client;
    if (client === null) return;
    const { slot, identity } = client;
    const { instance } = this;
    const version = this.#call === null ? instance.proxyVersion : 'v2';
    const header = outgoingHeader(version, identity, this.transport, markFor(slot, instance));
    if (header !== null) this.writeCopy(header, 0, header.length);
    if (this.#call === null) this.#onTaken();
    else this.writeText(BLEED_REQUEST);
  }

  #onTaken(): void {
    this.#isConnected = true;
    this.#call = null;
    this.deadline = Number.POSITIVE_INFINITY;
    this.instance.noteConnected();
    this.#client?.onConnected(this);
  }

  get isIdle(): boolean {
    return false;
  }

  get busySince(): number {
    return this.#client === null ? Number.POSITIVE_INFINITY : this.#client.startedAt;
  }

  get connecting(): Connecting | null {
    return this.#isConnected || this.#client === null ? null : this.#route;
  }

  discard(): void {
    this.destroy();
  }

  /** The client no longer waits, so a connect that fails from now on does not count against the instance. */
  letGo(): void {
    this.#client = null;
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
    this.#onTaken();
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
      this.#route.release();
      client.onInstanceClosed(this);
    } else {
      this.#route.onConnectFailed(this.#code, error ?? this.#refusal);
    }
  }

  onDeadline(): void {
    if (!this.#isConnected) this.#code = 'CONNECT_TIMEOUT';
    this.destroy();
  }
}
