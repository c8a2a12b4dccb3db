/** One life of a container, as the book keeps it: what was told of it, by inspections and by events. */
import type { Clock } from '../core/clock.js';
import type { Container } from './container.js';
import { ContainerView } from './container-view.js';
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

/** What a person should know, and what to do about it. */
export interface Remark {
  readonly message: string;
  readonly hint: string;
}

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
  readonly #view: ContainerView;
  #facts: ContainerFacts;
  /** Its own start was told by the stream: what comes after it cannot belong to an earlier life. */
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
    this.#view = new ContainerView(facts, startedAt, { clock, onChange });
    this.#facts = facts;
    this.#isStartTold = startToldMs >= facts.startedAtMs;
    this.#takeState(facts);
  }

  get container(): Container {
    return this.#view.container;
  }

  get isOver(): boolean {
    const { phase } = this.#view;
    return phase === 'ended' || phase === 'removed';
  }

  /** When the engine is to be asked about it, by the clock of the node; null: there is no need. */
  get lookAt(): number | null {
    return this.#lookAt;
  }

  get remark(): Remark | null {
    const { labelExcess } = this.#facts;
    if (this.#survived !== null) return { message: this.#survived, hint: 'if it was to end, stop it again' };
    return labelExcess === null ? null : { message: labelExcess, hint: 'put what is large into a file or a variable' };
  }

  /** @returns whether the engine should be asked about it now */
  onEvent(event: EngineEvent): boolean {
    if (event.action === 'start') {
      if (event.atMs >= this.#facts.startedAtMs) this.#isStartTold = true;
      return true;
    }
    if (!this.#isStartTold && event.atMs < this.#facts.startedAtMs) return false;
    const view = this.#view;
    switch (event.action) {
      case 'kill':
        this.#onSignal(event.signal);
        return false;
      case 'oom':
        view.noteOutOfMemory();
        return false;
      case 'die':
        view.noteExit(`exit code ${event.exitCode}`);
        this.#end();
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
        if (view.phase === 'running') view.enter('paused');
        return false;
      case 'unpause':
        if (view.phase === 'paused') view.enter('running');
        return false;
      case 'rename':
        view.setName(event.name);
        return false;
      case 'health_status':
        if (!this.isOver) view.setHealth(event.health);
        return false;
    }
  }

  /** The engine said this of the same life, after all events that came before it was asked. */
  onFacts(facts: ContainerFacts): void {
    this.#facts = facts;
    this.#view.setName(facts.name);
    this.#takeState(facts);
    if (this.isOver) return;
    this.#view.setNetworks(facts.networks);
    this.#view.setHealth(facts.health);
  }

  /** The engine does not have it any more. */
  onGone(): void {
    this.#lookAt = null;
    this.#view.enter('removed');
  }

  /** The container has begun another life, so this one is over, whatever was told of it. */
  onReplaced(): void {
    this.#end();
  }

  /** Its addresses belong to others now, or to nobody. */
  forgetNetworks(): void {
    this.#view.setNetworks([]);
  }

  #onSignal(signal: number): void {
    const means = signal === SIGKILL || signal === SIGTERM || signal === this.#facts.stopSignal;
    const isCertainlyOver = this.isOver && this.#lookAt === null;
    if (!means || isCertainlyOver) return;
    this.#view.noteSignal(`signal ${signal}`);
    if (this.#survived !== null) this.#setSurvived(null);
    this.#endBy = this.#clock.now() + (signal === SIGKILL ? KILL_MS : this.#facts.stopTimeoutMs) + STOP_MARGIN_MS;
    if (!this.isOver) this.#stop(this.#endBy);
  }

  #onDisconnect(network: string): void {
    if (this.isOver) return;
    const { networks } = this.#view;
    const rest = networks.filter(({ name }) => name !== network);
    if (rest.length > 0 || networks.length === 0) {
      this.#view.setNetworks(rest);
      return;
    }
    // Its addresses stay, so that it is known whose they were.
    this.#end();
    this.#lookAt = this.#clock.now() + DISCONNECTED_MS;
  }

  #end(): void {
    this.#lookAt = null;
    if (!this.isOver) this.#view.enter('ended');
  }

  #takeState(facts: ContainerFacts): void {
    if (!facts.isRunning) {
      if (facts.isOutOfMemory) this.#view.noteOutOfMemory();
      this.#view.noteExit(`exit code ${facts.exitCode}`);
      this.#end();
      return;
    }
    const now = this.#clock.now();
    if (this.#endBy !== null && now < this.#endBy) {
      this.#stop(this.#endBy);
      return;
    }
    if (this.#endBy !== null) {
      const seconds = Math.round((now - this.#view.since) / 1_000);
      this.#setSurvived(`it got ${this.#view.signal} and still runs ${seconds} s later, so it gets requests again`);
      this.#view.noteSignal('');
      this.#endBy = null;
    }
    this.#lookAt = null;
    this.#view.enter(facts.isPaused ? 'paused' : 'running');
  }

  #stop(endBy: number): void {
    this.#lookAt = endBy;
    this.#view.enter('stopping');
  }

  #setSurvived(words: string | null): void {
    this.#survived = words;
    this.#onChange();
  }
}
