import type { Clock } from '../core/clock.js';
import { SHORT_ID_DIGITS } from '../model/container-words.js';
import type { Container, ContainerHealth, ContainerNetwork, ContainerPhase } from './container.js';
import type { ContainerFacts } from './facts.js';

/** Of one life; some programs move their container from network to network. */
const MAX_LOST = 20;

interface ViewOptions {
  readonly clock: Clock;
  /** `container` is another one than before. */
  readonly onChange: () => void;
}

/** How one life looks to others. It changes when something else is said of it, and only then. */
export class ContainerView {
  readonly #made: Pick<Container, 'id' | 'life' | 'image' | 'labels' | 'env' | 'ports' | 'isHostNetwork' | 'networkOf'>;
  readonly #clock: Clock;
  readonly #onChange: () => void;
  #name: string;
  #networks: readonly ContainerNetwork[];
  #lostAddresses: readonly string[] = [];
  #health: ContainerHealth;
  #phase: ContainerPhase = 'running';
  #since: number;
  /** Signal, exit code and lack of memory, as they became known. */
  #signal = '';
  #exit = '';
  #isOutOfMemory = false;
  #container: Container | null = null;

  constructor(facts: ContainerFacts, startedAt: string, { clock, onChange }: ViewOptions) {
    const { id, image, labels, env, ports, isHostNetwork, networkOf } = facts;
    const life = `${id.slice(0, SHORT_ID_DIGITS)}@${startedAt}`;
    this.#made = { id, life, image, labels, env, ports, isHostNetwork, networkOf };
    this.#clock = clock;
    this.#onChange = onChange;
    this.#name = facts.name;
    this.#networks = facts.networks;
    this.#health = facts.health;
    this.#since = clock.now();
  }

  get phase(): ContainerPhase {
    return this.#phase;
  }

  get since(): number {
    return this.#since;
  }

  get networks(): readonly ContainerNetwork[] {
    return this.#networks;
  }

  get signal(): string {
    return this.#signal;
  }

  /** The same object until it says something else: what others make of it they may keep. */
  get container(): Container {
    const standing = { phase: this.#phase, health: this.#health, since: this.#since, why: this.#why() };
    const places = { networks: this.#networks, lostAddresses: this.#lostAddresses };
    this.#container ??= { ...this.#made, name: this.#name, ...places, ...standing };
    return this.#container;
  }

  enter(phase: ContainerPhase): void {
    if (this.#phase === phase) return;
    this.#phase = phase;
    this.#since = this.#clock.now();
    this.#changed();
  }

  setName(name: string): void {
    if (this.#name === name) return;
    this.#name = name;
    this.#changed();
  }

  setHealth(health: ContainerHealth): void {
    if (this.#health === health) return;
    this.#health = health;
    this.#changed();
  }

  setNetworks(networks: readonly ContainerNetwork[]): void {
    if (networkWords(this.#networks) === networkWords(networks)) return;
    const has = new Set(networks.map(({ address }) => address));
    const had = new Set([...this.#lostAddresses, ...this.#networks.map(({ address }) => address)]);
    this.#lostAddresses = [...had].filter((address) => !has.has(address)).slice(-MAX_LOST);
    this.#networks = networks;
    this.#changed();
  }

  /** @param signal `signal 15`; empty: it was survived */
  noteSignal(signal: string): void {
    if (this.#signal === signal) return;
    this.#signal = signal;
    this.#changed();
  }

  /** @param exit `exit code 1` */
  noteExit(exit: string): void {
    if (this.#exit === exit) return;
    this.#exit = exit;
    this.#changed();
  }

  noteOutOfMemory(): void {
    if (this.#isOutOfMemory) return;
    this.#isOutOfMemory = true;
    this.#changed();
  }

  #why(): string {
    if (this.#phase === 'running' || this.#phase === 'paused') return '';
    const parts = [this.#signal, this.#exit, this.#isOutOfMemory ? 'out of memory' : ''];
    return parts.filter((part) => part !== '').join(', ');
  }

  #changed(): void {
    this.#container = null;
    this.#onChange();
  }
}

/** Equal for equal networks. */
export function networkWords(networks: readonly ContainerNetwork[]): string {
  return networks.map(({ name, address }) => `${name} ${address}`).join();
}
