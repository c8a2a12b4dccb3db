/** One life of a container, as the book keeps it: what was told of it, by inspections and by events. */
import type { Clock } from '../core/clock.js';
import {
  type Container,
  type ContainerHealth,
  type ContainerNetwork,
  type ContainerPhase,
  SHORT_ID_DIGITS,
} from './container.js';
import type { EngineEvent } from './events.js';
import type { ContainerFacts } from './facts.js';

const SIGKILL = 9;
const SIGTERM = 15;
/** What SIGKILL leaves is gone soon, and is looked at after this time. */
const KILL_MS = 10_000;
/** Beyond the time that a container has to end: its end is told late on a busy machine. */
const STOP_MARGIN_MS = 1_000;
/** A container without a network is at its end, or somebody moves it to another one: then the engine says that it runs. */
const DISCONNECTED_MS = 2_000;

interface LifeBegin {
  readonly facts: ContainerFacts;
  readonly startedAt: string;
  /** When the stream told of a start of this container before it was asked about, by the clock of the engine; 0: never. */
  readonly startToldMs: number;
}

/**
 *   running ◄─unpause── paused
 *      │ ◄──survived──┐   │
 *      ├──its signal──► stopping
 *      └──die, stop, its last disconnect──► ended ──destroy──► removed
 *
 * Engines order these events differently, so the first that means the end counts. An inspection that was asked for after
 * an event knows more than the event.
 */
export class ContainerLife {
  readonly id: string;
  /** When it began, as the engine writes it. */
  readonly startedAt: string;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #facts: ContainerFacts;
  #name: string;
  #networks: readonly ContainerNetwork[];
  #health: ContainerHealth;
  #phase: ContainerPhase = 'running';
  #since: number;
  /** Signal, exit code and lack of memory, as they became known. */
  #signal = '';
  #exit = '';
  #isOutOfMemory = false;
  /** Its own start was told by the stream: what comes after it can not belong to an earlier life. */
  #isStartTold: boolean;
  #lookAt: number | null = null;
  /** When it has to have ended, after a signal that means its end; null: it may run. */
  #endBy: number | null = null;
  #survived: string | null = null;

  /** @param onChange what `container` or `remark` say is another thing than before */
  constructor(
    { facts, startedAt, startToldMs }: LifeBegin,
    { clock, onChange }: { readonly clock: Clock; readonly onChange: () => void },
  ) {
    this.id = facts.id;
    this.startedAt = startedAt;
    this.#clock = clock;
    this.#onChange = onChange;
    this.#facts = facts;
    this.#name = facts.name;
    this.#networks = facts.networks;
    this.#health = facts.health;
    this.#since = clock.now();
    this.#isStartTold = startToldMs >= facts.startedAtMs;
    this.#takeState(facts);
  }

  get phase(): ContainerPhase {
    return this.#phase;
  }

  get isOver(): boolean {
    return this.#phase === 'ended' || this.#phase === 'removed';
  }

  get since(): number {
    return this.#since;
  }

  /** When the engine is to be asked about it, by the clock of the node; null: there is no need. */
  get lookAt(): number | null {
    return this.#lookAt;
  }

  /** What a person should know of it; null: nothing. */
  get remark(): string | null {
    return this.#survived ?? this.#facts.labelExcess;
  }

  get container(): Container {
    const { image, labels, env, ports, isHostNetwork } = this.#facts;
    const life = `${this.id.slice(0, SHORT_ID_DIGITS)}@${this.startedAt}`;
    const made = { id: this.id, life, image, labels, env, ports, isHostNetwork };
    const why = this.#why();
    const standing = { phase: this.#phase, health: this.#health, since: this.#since, why };
    return { ...made, name: this.#name, networks: this.#networks, ...standing };
  }

  /** @returns whether the engine should be asked about it now */
  onEvent(event: EngineEvent): boolean {
    if (event.action === 'start') {
      if (event.atMs >= this.#facts.startedAtMs) this.#isStartTold = true;
      return true;
    }
    if (!this.#isStartTold && event.atMs < this.#facts.startedAtMs) return false;
    switch (event.action) {
      case 'kill':
        this.#onSignal(event.signal);
        return false;
      case 'oom':
        this.#isOutOfMemory = true;
        return false;
      case 'die':
        this.#end(`exit code ${event.exitCode}`);
        return false;
      case 'stop':
        this.#end();
        return false;
      case 'disconnect':
        this.#onDisconnect(event.network);
        return false;
      case 'connect':
        return !this.isOver || this.#lookAt !== null;
      case 'destroy':
        this.onGone();
        return false;
      case 'pause':
        if (this.#phase === 'running') this.#enter('paused');
        return false;
      case 'unpause':
        if (this.#phase === 'paused') this.#enter('running');
        return false;
      case 'rename':
        this.#setName(event.name);
        return false;
      case 'health_status':
        if (!this.isOver) this.#setHealth(event.health);
        return false;
    }
  }

  /** The engine said this of the same life, after all events that came before it was asked. */
  onFacts(facts: ContainerFacts): void {
    this.#facts = facts;
    this.#setName(facts.name);
    this.#takeState(facts);
    if (this.isOver) return;
    this.#setNetworks(facts.networks);
    this.#setHealth(facts.health);
  }

  /** The engine does not have it any more. */
  onGone(): void {
    if (this.#phase === 'removed') return;
    this.#lookAt = null;
    this.#enter('removed');
  }

  /** The container has begun another life, so this one is over, whatever was told of it. */
  onReplaced(): void {
    this.#end();
  }

  /** Its addresses belong to others now, or to nobody. */
  forgetNetworks(): void {
    this.#setNetworks([]);
  }

  #onSignal(signal: number): void {
    const means = signal === SIGKILL || signal === SIGTERM || signal === this.#facts.stopSignal;
    const isCertainlyOver = this.isOver && this.#lookAt === null;
    if (!means || isCertainlyOver) return;
    this.#signal = `signal ${signal}`;
    if (this.#survived !== null) this.#onChange();
    this.#survived = null;
    this.#endBy = this.#clock.now() + (signal === SIGKILL ? KILL_MS : this.#facts.stopTimeoutMs) + STOP_MARGIN_MS;
    if (!this.isOver) this.#enterStopping();
  }

  #onDisconnect(network: string): void {
    if (this.isOver) return;
    const rest = this.#networks.filter(({ name }) => name !== network);
    if (rest.length > 0 || this.#networks.length === 0) {
      this.#setNetworks(rest);
      return;
    }
    // Its addresses stay, so that it is known whose they were.
    this.#end();
    this.#lookAt = this.#clock.now() + DISCONNECTED_MS;
  }

  #end(exit = this.#exit): void {
    this.#lookAt = null;
    if (this.#exit !== exit) this.#onChange();
    this.#exit = exit;
    if (!this.isOver) this.#enter('ended');
  }

  #takeState(facts: ContainerFacts): void {
    if (!facts.isRunning) {
      this.#isOutOfMemory ||= facts.isOutOfMemory;
      this.#end(`exit code ${facts.exitCode}`);
      return;
    }
    const now = this.#clock.now();
    if (this.#endBy !== null && now < this.#endBy) {
      this.#enterStopping();
      return;
    }
    if (this.#endBy !== null) {
      const seconds = Math.round((now - this.#since) / 1_000);
      this.#survived = `it got ${this.#signal} and still runs ${seconds} s later, so it gets requests again`;
      this.#signal = '';
      this.#endBy = null;
    }
    this.#lookAt = null;
    const phase = facts.isPaused ? 'paused' : 'running';
    if (this.#phase !== phase) this.#enter(phase);
  }

  #enterStopping(): void {
    this.#lookAt = this.#endBy;
    if (this.#phase !== 'stopping') this.#enter('stopping');
  }

  #enter(phase: ContainerPhase): void {
    this.#phase = phase;
    this.#since = this.#clock.now();
    this.#onChange();
  }

  #setName(name: string): void {
    if (this.#name !== name) this.#onChange();
    this.#name = name;
  }

  #setHealth(health: ContainerHealth): void {
    if (this.#health !== health) this.#onChange();
    this.#health = health;
  }

  #setNetworks(networks: readonly ContainerNetwork[]): void {
    if (networkWords(this.#networks) !== networkWords(networks)) this.#onChange();
    this.#networks = networks;
  }

  #why(): string {
    if (this.#phase === 'running' || this.#phase === 'paused') return '';
    const parts = [this.#signal, this.#exit, this.#isOutOfMemory ? 'out of memory' : ''];
    return parts.filter((part) => part !== '').join(', ');
  }
}

/** Equal for equal networks. */
export function networkWords(networks: readonly ContainerNetwork[]): string {
  return networks.map(({ name, address }) => `${name} ${address}`).join();
}
