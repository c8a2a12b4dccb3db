import type { Clock, Timer } from '../core/clock.js';
import type { Log } from '../core/log.js';
import type { WorkerReport } from '../metrics/counters.js';
import { Condition } from './condition.js';
import type { HandleChannel } from './handle-channel.js';
import type { ListeningSocket } from './listening-socket.js';
import { DRAIN_MARGIN_MS } from './messages.js';
import { identityOf, isAlive, killProcess, type ProcessIdentity } from './process-identity.js';
import { type FromOrphan, type FromPrimary, fromOrphan, MAX_ORPHAN_DRAIN_MS } from './succession.js';

/** One that lives looks for a primary twenty times a second; one that does not answer for so long hangs. */
const SILENCE_MS = 5_000;
const LOOK_EVERY_MS = 50;

interface OrphansOptions {
  /** Workers of the last primary that are alive. */
  readonly expected: readonly ProcessIdentity[];
  readonly clock: Clock;
  readonly log: Log;
  /** A listening socket that serves; takes it over, or closes it. */
  readonly onSocket: (port: number, socket: ListeningSocket) => void;
  readonly onCounted: (counters: WorkerReport) => void;
  /** One is gone. */
  readonly onGone: () => void;
}

type Hello = Extract<FromOrphan, { readonly type: 'orphan' }>;

/** One worker of the last primary. */
interface KnownOrphan {
  identity: ProcessIdentity | null;
  channel: HandleChannel | null;
  ports: readonly number[];
  /** Its sockets are here, or it has none to give. */
  isTaken: boolean;
  timer: Timer | null;
}

/** The workers that a primary left behind when it died, as the next one sees them. */
export class Orphans {
  readonly #options: OrphansOptions;
  readonly #known = new Set<KnownOrphan>();
  readonly #taken = new Set<number>();
  readonly #waiting: KnownOrphan[] = [];
  #asked: KnownOrphan | null = null;
  #drainMs: number | null = null;
  /** Rechecked whenever one has given its sockets or is gone. */
  readonly #condition = new Condition();

  constructor(options: OrphansOptions) {
    this.#options = options;
    for (const identity of options.expected) {
      const orphan: KnownOrphan = { identity, channel: null, ports: [], isTaken: false, timer: null };
      this.#known.add(orphan);
      this.#killAfter(orphan, SILENCE_MS, 'it did not answer');
    }
    if (this.#known.size > 0) this.#watchDeaths();
  }

  /** Those that are still there. */
  identities(): readonly ProcessIdentity[] {
    return [...this.#known].flatMap(({ identity }) => identity ?? []);
  }

  /** Somebody has connected; most only want to know who is here. */
  onPeer(channel: HandleChannel): void {
    let orphan: KnownOrphan | null = null;
    channel.read({
      onMessage: (raw, socket) => {
        const message = fromOrphan(raw);
        if (message?.type === 'orphan') orphan = this.#onOrphan(channel, message);
        else if (message?.type === 'socket' && socket !== null) this.#onSocket(message.port, socket);
        else if (message?.type === 'given' && orphan !== null) this.#onGiven(orphan);
        else if (message?.type === 'counted') this.#options.onCounted(message.counters);
        if (socket !== null && message?.type !== 'socket') socket.close();
      },
      onEnd: () => {
        if (orphan !== null) this.#onChannelEnd(orphan);
      },
    });
  }

  /** Resolves when the sockets of all are here, or it is known that no more come. */
  whenTaken(): Promise<void> {
    return this.#condition.until(() => [...this.#known].every(({ isTaken }) => isTaken));
  }

  /** Our own workers serve, or the node stops: the orphans that gave their sockets drain. */
  release(drainMs: number): void {
    this.#drainMs = drainMs;
    for (const orphan of this.#known) if (orphan.isTaken) this.#drain(orphan);
  }

  #onOrphan(channel: HandleChannel, { pid, ports, isDraining }: Hello): KnownOrphan {
    const known = [...this.#known].find(({ identity }) => identity?.pid === pid);
    const orphan = known ?? { identity: identityOf(pid), channel, ports, isTaken: false, timer: null };
    orphan.channel = channel;
    orphan.ports = ports;
    this.#known.add(orphan);
    this.#options.log.warn({ pid, ports: ports.length, isDraining }, 'a worker of a primary that died is still there');
    this.#killAfter(orphan, SILENCE_MS, 'it did not give its sockets');
    if (isDraining) this.#onGiven(orphan);
    else if (ports.length > 0) {
      this.#waiting.push(orphan);
      this.#askNext();
    }
    return orphan;
  }

  /** One after another: all have the same sockets, so the first gives nearly all of them. */
  #askNext(): void {
    if (this.#asked !== null) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#asked = next;
    this.#send(next, { type: 'give', ports: next.ports.filter((port) => !this.#taken.has(port)) });
  }

  #onSocket(port: number, socket: ListeningSocket): void {
    if (this.#taken.has(port)) {
      socket.close();
      return;
    }
    this.#taken.add(port);
    this.#options.onSocket(port, socket);
  }

  #onGiven(orphan: KnownOrphan): void {
    if (this.#asked === orphan) this.#asked = null;
    orphan.isTaken = true;
    orphan.timer?.cancel();
    orphan.timer = null;
    // It drains already, by its own deadline.
    if (orphan.ports.length === 0) this.#killAfter(orphan, MAX_ORPHAN_DRAIN_MS + DRAIN_MARGIN_MS, 'it did not end');
    else if (this.#drainMs !== null) this.#drain(orphan);
    this.#askNext();
    this.#condition.recheck();
  }

  #drain(orphan: KnownOrphan): void {
    if (orphan.ports.length === 0 || this.#drainMs === null) return;
    this.#send(orphan, { type: 'drain', deadlineMs: this.#drainMs });
    this.#killAfter(orphan, this.#drainMs + DRAIN_MARGIN_MS, 'it did not end');
  }

  #killAfter(orphan: KnownOrphan, delayMs: number, reason: string): void {
    const { clock, log } = this.#options;
    orphan.timer?.cancel();
    orphan.timer = clock.setTimer(delayMs, () => {
      if (orphan.identity !== null && killProcess(orphan.identity))
        log.error({ pid: orphan.identity.pid, reason }, 'a worker of a primary that died is killed');
      orphan.channel?.close();
      this.#onGone(orphan);
    });
  }

  #onChannelEnd(orphan: KnownOrphan): void {
    orphan.channel = null;
    this.#onGone(orphan);
  }

  #onGone(orphan: KnownOrphan): void {
    if (!this.#known.delete(orphan)) return;
    orphan.timer?.cancel();
    this.#waiting.splice(0, this.#waiting.length, ...this.#waiting.filter((other) => other !== orphan));
    if (this.#asked === orphan) this.#asked = null;
    this.#options.log.info({ pid: orphan.identity?.pid }, 'a worker of a primary that died has ended');
    this.#options.onGone();
    this.#askNext();
    this.#condition.recheck();
  }

  /** One that is expected and has not connected may end without a word. */
  #watchDeaths(): void {
    this.#options.clock.setTimer(LOOK_EVERY_MS, () => {
      const silent = [...this.#known].filter(({ channel }) => channel === null);
      for (const orphan of silent) if (orphan.identity === null || !isAlive(orphan.identity)) this.#onGone(orphan);
      if (silent.length > 0) this.#watchDeaths();
    });
  }

  #send(orphan: KnownOrphan, message: FromPrimary): void {
    orphan.channel?.send(message);
  }
}
