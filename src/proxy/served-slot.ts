import { Downstream } from './downstream.js';
import { HealthConnection } from './health-connection.js';
import type { Instance } from './instance.js';
import { Listener } from './listener.js';
import type { WorkerContext } from './node-context.js';
import type { Accepted } from './onread-socket.js';
import type { Slot } from './slot.js';
import { TcpDownstream } from './tcp-relay.js';

/** Accept errors come in bursts (out of descriptors); one line a second says enough. */
const ACCEPT_LOG_INTERVAL_MS = 1_000;

export type ListenTarget = { readonly handle: object } | { readonly host: string; readonly port: number };

/** A slot with its two listeners and all connections that came in by them. */
export class ServedSlot {
  readonly slot: Slot;
  readonly #worker: WorkerContext;
  readonly #traffic: Listener;
  readonly #health: Listener;
  readonly #downstreams = new Set<Downstream | TcpDownstream>();
  readonly #healthConnections = new Set<HealthConnection>();
  #onEmpty: (() => void) | null = null;
  #lastAcceptErrorAt = Number.NEGATIVE_INFINITY;

  constructor(slot: Slot, worker: WorkerContext) {
    this.slot = slot;
    this.#worker = worker;
    this.#traffic = new Listener(
      (accepted) => this.#acceptClient(accepted),
      (error) => this.#onAcceptError(error),
    );
    this.#health = new Listener(
      (accepted) => this.#acceptChecker(accepted),
      (error) => this.#onAcceptError(error),
    );
  }

  async listen(traffic: ListenTarget, health: ListenTarget): Promise<void> {
    await Promise.all([this.#traffic.listen(traffic), this.#health.listen(health)]);
  }

  #acceptClient(accepted: Accepted): void {
    const onGone = (downstream: Downstream | TcpDownstream): void => {
      this.#downstreams.delete(downstream);
      if (this.#downstreams.size === 0) this.#onEmpty?.();
    };
    this.#downstreams.add(
      this.slot.config.protocol === 'tcp'
        ? new TcpDownstream(accepted, this.slot, this.#worker, onGone)
        : new Downstream(accepted, this.slot, this.#worker, onGone),
    );
  }

  #acceptChecker(accepted: Accepted): void {
    const onGone = (connection: HealthConnection): void => {
      this.#healthConnections.delete(connection);
    };
    this.#healthConnections.add(new HealthConnection(accepted, this.slot, this.#worker, onGone));
  }

  #onAcceptError(error: Error): void {
    const now = this.#worker.clock.now();
    if (now - this.#lastAcceptErrorAt < ACCEPT_LOG_INTERVAL_MS) return;
    this.#lastAcceptErrorAt = now;
    this.#worker.log.error(
      { app: this.slot.app, port: this.slot.config.port, err: error },
      'a connection was not accepted',
    );
  }

  /** Stops accepting. Resolves when the last client is gone. */
  stopAccepting(): Promise<void> {
    this.slot.isClosing = true;
    this.#traffic.close();
    this.#health.close();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      if (this.#downstreams.size === 0) resolve();
    });
  }

  /** Closes connections on which nothing is asked. */
  closeIdle(): void {
    for (const downstream of this.#downstreams) {
      if (downstream instanceof Downstream && downstream.isIdle) downstream.closeAfterWrite();
    }
  }

  /**
   * Tunnels that go through `instance`, or all of them: each is cut at a time of its own within the window, unless the
   * instance is ready again by then.
   */
  cutTunnels(windowMs: number, instance: Instance | null): void {
    for (const downstream of this.#downstreams) {
      if (!downstream.isTunnel || (instance !== null && downstream.instance !== instance)) continue;
      this.#worker.clock.setTimer(windowMs * (0.5 + this.#worker.random() / 2), () => {
        if (instance === null || instance.isRemoved || instance.state !== 'ready') downstream.cutTunnel();
      });
    }
  }

  /** @returns how many clients had something under way. */
  cutAll(): number {
    let cut = 0;
    for (const downstream of this.#downstreams) {
      if (!(downstream instanceof Downstream) || !downstream.isIdle) cut += 1;
      downstream.destroy();
    }
    for (const connection of this.#healthConnections) connection.destroy();
    this.slot.closeIdle();
    return cut;
  }
}
