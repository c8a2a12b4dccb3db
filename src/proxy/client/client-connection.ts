import type { ProxyHeader } from '../../proxy-protocol/header.js';
import { ByteConnection } from '../io/byte-connection.js';
import type { Transport } from '../io/transport.js';
import type { Tunnel } from '../io/tunnel.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { UnderWay } from '../slot/under-way.js';
import type { WorkerContext } from '../slot/worker-context.js';
import { type ClientIdentity, identifyClient } from './client-identity.js';

/** The surroundings of all clients of a slot. */
export interface ClientParts {
  readonly slot: Slot;
  readonly worker: WorkerContext;
  readonly onGone: (client: ClientConnection) => void;
}

/** The connection of a client of an HTTP or TCP slot: who the client is, that it is counted, and how it ends. */
export abstract class ClientConnection extends ByteConnection {
  readonly slot: Slot;
  readonly identity: ClientIdentity;
  protected readonly worker: WorkerContext;
  /** Null before its bytes belong to one. */
  protected tunnel: Tunnel | null = null;
  readonly #onGone: (client: ClientConnection) => void;

  /** @param header what the connection began with, where the slot demands it; else null */
  constructor(transport: Transport, header: ProxyHeader | null, { slot, worker, onGone }: ClientParts) {
    super(worker);
    this.slot = slot;
    this.worker = worker;
    this.#onGone = onGone;
    this.open(transport);
    this.identity = identifyClient(slot, transport.peer(), header);
  }

  /** Counts the client, and serves it from now on. */
  begin(): void {
    const { counters, peaks } = this.slot;
    counters.connections += 1;
    counters.openConnections += 1;
    peaks.openConnections = Math.max(peaks.openConnections, counters.openConnections);
    this.worker.deadlines.add(this);
    this.onBegin();
  }

  protected abstract onBegin(): void;
  /** It is gone, and still counted. */
  protected abstract onGone(): void;

  /** The instance that serves it now. */
  abstract get instance(): Instance | null;

  /** It has no request. A TCP slot can't tell, so its clients are never idle. */
  get isIdle(): boolean {
    return false;
  }

  get isTunnel(): boolean {
    return this.tunnel !== null;
  }

  /** Ends its tunnel; what was read from one side still reaches the other. */
  finishTunnel(): void {
    this.tunnel?.finish(null);
  }

  /** Closes it if it is idle. */
  closeIdle(): void {}

  /** Closes at once; what is under way is cut. */
  abstract cut(): void;

  /** For people who ask; null: nothing. */
  abstract underWay(): UnderWay | null;

  /** An operator ends what is under way. */
  abstract kill(): void;

  override onSecond(): void {
    this.watchForReset();
  }

  protected onClosed(): void {
    this.worker.deadlines.remove(this);
    this.onGone();
    this.slot.counters.openConnections -= 1;
    this.#onGone(this);
  }

  /** No byte has passed for too long; or the instance's side is gone, and the client does not take the rest. */
  protected onTunnelDeadline(): void {
    if (this.tunnel === null || this.tunnel.isGone) this.destroy();
    else this.tunnel.finish('TUNNEL_TIMEOUT');
  }
}
