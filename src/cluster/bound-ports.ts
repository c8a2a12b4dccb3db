import { Backoff } from '../core/backoff.js';
import type { Clock, Random, Timer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { SlotSnapshot, Snapshot } from '../snapshot/snapshot.js';
import { BindError, bindSocket, isBoundOn, type ListeningSocket } from './listening-socket.js';
import { findPortHolder } from './port-holder.js';

const RETRY_FIRST_MS = 250;
/** The kernel refuses the clients of a port that is free and not bound yet; a try takes 10 µs (AMD EPYC). */
const RETRY_MAX_MS = 1_000;

interface BoundPortsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** A slot that could not be bound is bound now: the workers are to get it. */
  readonly onRecovered: () => void;
  /** The slot of `app` is bound (null) or why it is not; called when that changes. */
  readonly onBindResult: (app: string, error: string | null) => void;
}

interface BindFailure {
  readonly slot: SlotSnapshot;
  readonly bind: string;
  readonly code: string;
  readonly backoff: Backoff;
  text: string;
  timer: Timer | null;
}

/** The listening sockets of this node by port, and the slots that could not have theirs. */
export class BoundPorts {
  readonly #options: BoundPortsOptions;
  readonly #sockets = new Map<number, ListeningSocket>();
  /** Listening sockets of the workers of a primary that died, until the first slot that needs the port. */
  readonly #inherited = new Map<number, ListeningSocket>();
  /** By app. */
  readonly #failures = new Map<string, BindFailure>();
  /** Bound, but no worker could listen on them: closed with the next ones that no slot needs. */
  readonly #refused: ListeningSocket[] = [];

  constructor(options: BoundPortsOptions) {
    this.#options = options;
  }

  socketOf(port: number): ListeningSocket | undefined {
    return this.#sockets.get(port);
  }

  bindErrorOf(app: string): string | null {
    return this.#failures.get(app)?.text ?? null;
  }

  /** Takes over a socket that listens already; the next slot of the port has it, one that waits for it at once. */
  inherit(port: number, socket: ListeningSocket): void {
    this.#inherited.get(port)?.close();
    this.#inherited.set(port, socket);
    for (const failure of this.#failures.values()) {
      if (!portsOf(failure.slot).includes(port)) continue;
      if (this.#bindSlot(failure.slot, failure.bind)) this.#options.onRecovered();
      return;
    }
  }

  /** No slot needs what was inherited and not taken. */
  closeInherited(): void {
    for (const socket of this.#inherited.values()) socket.close();
    this.#inherited.clear();
  }

  /** Binds what is new, both ports of a slot or none. @returns the slots that have theirs. */
  acquire({ slots, bind }: Snapshot): readonly SlotSnapshot[] {
    const wanted = new Map(slots.map((slot) => [slot.app, slot]));
    for (const [app, failure] of this.#failures) {
      if (wanted.get(app)?.port !== failure.slot.port) this.#forget(app);
    }
    return slots.filter((slot) => this.#bindSlot(slot, bind));
  }

  /** A worker could not listen on the slot: another process did so between our bind and its listen. */
  refuse(slot: SlotSnapshot, bind: string): void {
    for (const port of portsOf(slot)) {
      const socket = this.#sockets.get(port);
      if (socket !== undefined) this.#refused.push(socket);
      this.#sockets.delete(port);
    }
    this.#fail(slot, bind, new BindError('EADDRINUSE', slot.port));
  }

  /** Call it only when no message that carries one of them is on its way: a closed handle can't be sent. */
  closeAllBut(slots: readonly SlotSnapshot[]): void {
    const needed = new Set(slots.flatMap(portsOf));
    for (const [port, socket] of this.#sockets) {
      if (needed.has(port)) continue;
      socket.close();
      this.#sockets.delete(port);
    }
    for (const socket of this.#refused.splice(0)) socket.close();
  }

  /** Tries no more. What is bound stays so until `closeAllBut`. */
  stop(): void {
    for (const app of [...this.#failures.keys()]) this.#forget(app);
  }

  #bindSlot(slot: SlotSnapshot, bind: string): boolean {
    const fresh: number[] = [];
    try {
      for (const port of portsOf(slot)) {
        if (this.#sockets.has(port)) continue;
        this.#sockets.set(port, this.#takeInherited(bind, port) ?? bindSocket(bind, port));
        fresh.push(port);
      }
    } catch (error) {
      if (!(error instanceof BindError)) throw error;
      for (const port of fresh) {
        this.#sockets.get(port)?.close();
        this.#sockets.delete(port);
      }
      this.#fail(slot, bind, error);
      return false;
    }
    if (this.#failures.has(slot.app)) {
      this.#forget(slot.app);
      this.#options.log.info({ app: slot.app, port: slot.port }, 'slot is bound now');
    }
    if (fresh.length > 0) this.#options.onBindResult(slot.app, null);
    return true;
  }

  /** Only one that is bound on the very address: `--bind` may have changed from one start to the next. */
  #takeInherited(bind: string, port: number): ListeningSocket | null {
    const socket = this.#inherited.get(port);
    if (socket === undefined) return null;
    this.#inherited.delete(port);
    if (isBoundOn(socket, bind, port)) return socket;
    socket.close();
    return null;
  }

  #fail(slot: SlotSnapshot, bind: string, { code, port, message }: BindError): void {
    const { clock, random } = this.#options;
    const known = this.#failures.get(slot.app);
    if (known?.code === code) return;
    known?.timer?.cancel();
    const backoff = known?.backoff ?? new Backoff({ firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS, random });
    const failure: BindFailure = { slot, bind, code, backoff, text: message, timer: null };
    this.#failures.set(slot.app, failure);
    const schedule = (): void => {
      failure.timer = clock.setTimer(backoff.next(), () => {
        if (this.#failures.get(slot.app) !== failure) return;
        let isBound = false;
        try {
          isBound = this.#bindSlot(slot, bind);
        } finally {
          if (!isBound && this.#failures.get(slot.app) === failure) schedule();
        }
        if (isBound) this.#options.onRecovered();
      });
    };
    schedule();
    void this.#report(failure, port);
  }

  async #report(failure: BindFailure, port: number): Promise<void> {
    const { app } = failure.slot;
    const holder = failure.code === 'EADDRINUSE' ? await findPortHolder(failure.bind, port) : null;
    if (this.#failures.get(app) !== failure) return;
    if (holder !== null) failure.text = `${failure.code}: port ${port} is held by ${holder}`;
    const { code, text: reason } = failure;
    this.#options.log.error({ app, port, code, holder, reason }, 'binding the slot failed; it is retried');
    this.#options.onBindResult(app, failure.text);
  }

  #forget(app: string): void {
    this.#failures.get(app)?.timer?.cancel();
    this.#failures.delete(app);
  }
}

/** The traffic port and the health port. */
export function portsOf({ port }: SlotSnapshot): readonly [number, number] {
  return [port, port + 1];
}
