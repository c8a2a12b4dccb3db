import type { SlotCounters } from '../../metrics/counters.js';
import type { ProxyHeader } from '../../proxy-protocol/header.js';
import type { ClientConnection } from '../client/client-connection.js';
import { ForwardedFields } from '../client/forwarded-fields.js';
import type { ExchangePool } from '../exchange/exchange-pool.js';
import { Downstream } from '../http/downstream.js';
import type { HttpParts } from '../http/kept-client.js';
import { Listener } from '../io/listener.js';
import type { Transport } from '../io/transport.js';
import { ClientLimit, type Gate, shareOf } from '../limits/client-limit.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';
import { TcpDownstream } from '../tcp/tcp-downstream.js';
import { BleedDoor, type BleedRefusal, type DoorListener } from './bleed-door.js';
import { EntryLog } from './entry-log.js';
import { HealthConnection } from './health-connection.js';
import { type PrefaceListener, ProxyPreface, type Refusal } from './proxy-preface.js';

export type ListenTarget = { readonly handle: object } | { readonly host: string; readonly port: number };

/** Shares of the time of a drain: before, clients may end by themselves; after, what was ended closes in order. */
const TUNNELS_END = { first: 0.5, last: 0.9 };

/** A slot with its two listeners and all connections that came in by them. */
export class ServedSlot implements PrefaceListener, DoorListener, Gate {
  readonly slot: Slot;
  readonly #worker: WorkerContext;
  readonly #traffic: Listener;
  readonly #health: Listener;
  readonly #clients: ClientLimit;
  readonly #clientParts: HttpParts;
  readonly #served = new Set<ClientConnection>();
  readonly #healthConnections = new Set<HealthConnection>();
  /** Connections whose PROXY header is not whole yet. */
  readonly #prefaces = new Set<ProxyPreface>();
  /** Connections to the health port of a TCP slot that have not said yet what they are. */
  readonly #doors = new Set<BleedDoor>();
  readonly #log: EntryLog;
  /** Without a primary: this worker can't serve the slot, while others may. */
  #isStranded = false;
  #onEmpty: (() => void) | null = null;
  #ended: Promise<void> | null = null;

  constructor(slot: Slot, worker: WorkerContext, exchanges: ExchangePool) {
    this.slot = slot;
    this.#worker = worker;
    this.#log = new EntryLog(slot, worker);
    const onGone = (client: ClientConnection): void => {
      this.#served.delete(client);
      this.#onClientGone();
    };
    const forwarded = new ForwardedFields(slot.config.port);
    this.#clientParts = { slot, worker, onGone, exchanges, forwarded };
    const { log, clock } = worker;
    const toDo = 'raise limits.clients of the app if the node has room for more';
    this.#clients = new ClientLimit(clock, log, { app: slot.app, port: slot.config.port, toDo });
    this.#clients.addGate(this);
    worker.clients.addGate(this);
    this.#traffic = new Listener(
      worker.transports,
      (transport) => this.#acceptClient(transport),
      (error) => this.#log.noteAcceptError(error),
    );
    this.#health = new Listener(
      worker.transports,
      (transport) => this.#acceptAtHealthPort(transport),
      (error) => this.#log.noteAcceptError(error),
    );
  }

  /** The configuration of its slot has changed. */
  onConfigured(): void {
    const { maxClients } = this.slot.config;
    this.#clients.limit = maxClients > 0 ? shareOf(maxClients, this.#worker) : Number.POSITIVE_INFINITY;
    this.onRoomChanged();
  }

  onRoomChanged(): void {
    if (this.#isStranded || this.#clients.isFull || this.#worker.clients.isFull) this.#traffic.pause();
    else this.#traffic.resume();
  }

  onPrimaryGone(): void {
    this.slot.onPrimaryGone();
    this.#acceptIfServing();
  }

  /** As `Slot.settleLeases`. */
  settleLeases(): void {
    this.slot.settleLeases();
    this.#acceptIfServing();
  }

  /**
   * Without a permit of any of its instances this worker could only refuse clients. It leaves them to the workers that hold
   * permits, on the same sockets, and to those of the next primary.
   */
  #acceptIfServing(): void {
    this.#isStranded = this.slot.isStranded;
    this.onRoomChanged();
    if (this.#isStranded) this.#health.pause();
    else this.#health.resume();
  }

  get clients(): Iterable<ClientConnection> {
    return this.#served;
  }

  /** The counters of its slot as they are now. */
  readCounters(): SlotCounters {
    const counters = this.slot.readCounters();
    const { limit, reached, fullMs } = this.#clients;
    counters.clientLimit = Number.isFinite(limit) ? limit : null;
    counters.clientLimitReached = reached;
    counters.clientLimitMs = fullMs;
    return counters;
  }

  async listen(traffic: ListenTarget, health: ListenTarget): Promise<void> {
    await Promise.all([this.#traffic.listen(traffic), this.#health.listen(health)]);
  }

  #acceptClient(transport: Transport): void {
    this.#clients.enter();
    this.#worker.clients.enter();
    if (this.slot.config.acceptProxy) this.#prefaces.add(new ProxyPreface(transport, this.slot, this.#worker, this));
    else this.#serve(transport, null, this.#worker.clock.now());
  }

  #serve(transport: Transport, header: ProxyHeader | null, acceptedAt: number): ClientConnection {
    const client =
      this.slot.config.protocol === 'tcp'
        ? new TcpDownstream(transport, header, this.#clientParts)
        : new Downstream(transport, header, acceptedAt, this.#clientParts);
    this.#served.add(client);
    client.begin();
    return client;
  }

  onHeader(preface: ProxyPreface, transport: Transport, header: ProxyHeader): ClientConnection {
    this.#prefaces.delete(preface);
    return this.#serve(transport, header, preface.acceptedAt);
  }

  onRefused(preface: ProxyPreface, refusal: Refusal | null): void {
    this.#prefaces.delete(preface);
    if (refusal !== null) {
      this.slot.countError('PROXY_HEADER_REFUSED');
      this.#log.notePreface(refusal);
    }
    this.#onClientGone();
  }

  #onClientGone(): void {
    this.#clients.leave();
    this.#worker.clients.leave();
    this.#noteEmpty();
  }

  #noteEmpty(): void {
    if (this.#served.size === 0 && this.#prefaces.size === 0) this.#onEmpty?.();
  }

  #acceptAtHealthPort(transport: Transport): void {
    if (this.slot.config.protocol !== 'tcp') {
      this.#serveChecker(transport);
      return;
    }
    const door = new BleedDoor(transport, this.slot, this.#worker, this);
    this.#doors.add(door);
    this.#worker.checkers.enter(door);
  }

  /** A client that comes by the health port passes the traffic listener, which a limit closes. */
  get hasRoom(): boolean {
    return !this.#clients.isFull && !this.#worker.clients.isFull;
  }

  onChecker(door: BleedDoor, transport: Transport): HealthConnection {
    this.#forgetDoor(door);
    return this.#serveChecker(transport);
  }

  onBled(door: BleedDoor, transport: Transport, header: ProxyHeader): ClientConnection {
    this.#forgetDoor(door);
    this.#clients.enter();
    this.#worker.clients.enter();
    return this.#serve(transport, header, this.#worker.clock.now());
  }

  #forgetDoor(door: BleedDoor): void {
    this.#doors.delete(door);
    this.#worker.checkers.leave(door);
  }

  onDoorClosed(door: BleedDoor, refusal: BleedRefusal | null): void {
    this.#forgetDoor(door);
    if (refusal !== null) this.#log.noteBleed(refusal);
  }

  #serveChecker(transport: Transport): HealthConnection {
    const onGone = (connection: HealthConnection): void => {
      this.#healthConnections.delete(connection);
      this.#worker.checkers.leave(connection);
    };
    const connection = new HealthConnection(transport, this.slot, this.#worker, onGone);
    this.#healthConnections.add(connection);
    this.#worker.checkers.enter(connection);
    return connection;
  }

  /** Its listening sockets by port, as handles of libuv; those that it has. */
  sockets(): readonly (readonly [port: number, socket: object])[] {
    const { port } = this.slot.config;
    const [traffic, health] = [this.#traffic.socket, this.#health.socket];
    return traffic === null || health === null
      ? []
      : [
          [port, traffic],
          [port + 1, health],
        ];
  }

  /** Stops accepting. Resolves when the last client is gone. */
  stopAccepting(): Promise<void> {
    this.#ended ??= new Promise((resolve) => {
      this.slot.isClosing = true;
      this.#traffic.close();
      this.#health.close();
      this.#worker.clients.removeGate(this);
      this.#onEmpty = resolve;
      this.#noteEmpty();
    });
    return this.#ended;
  }

  /** Closes the clients that have no request. */
  closeIdle(): void {
    for (const client of this.#served) client.closeIdle();
  }

  /**
   * Tunnels that go through `instance`, or all of them: each is ended at a time of its own within `TUNNELS_END`, unless the
   * instance is ready again by then.
   */
  finishTunnels(windowMs: number, instance: Instance | null): void {
    for (const client of this.#served) {
      if (!client.isTunnel || (instance !== null && client.instance !== instance)) continue;
      const share = TUNNELS_END.first + this.#worker.random() * (TUNNELS_END.last - TUNNELS_END.first);
      this.#worker.clock.setTimer(windowMs * share, () => {
        if (instance === null || instance.isRemoved || instance.state !== 'ready') client.finishTunnel();
      });
    }
  }

  /** @returns how many clients had something under way. */
  cutAll(): number {
    let cut = 0;
    for (const client of this.#served) {
      if (!client.isIdle && (client.isTunnel || !client.hasFinished)) cut += 1;
      client.cut();
    }
    for (const preface of this.#prefaces) preface.destroy();
    for (const connection of this.#healthConnections) connection.destroy();
    for (const door of this.#doors) door.destroy();
    this.slot.closeIdle();
    return cut;
  }
}
