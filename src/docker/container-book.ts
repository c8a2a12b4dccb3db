import type { Clock } from '../core/clock.js';
import { SHORT_ID_DIGITS } from '../model/container-words.js';
import type { Container, ContainerHealth } from './container.js';
import { ContainerLife, type Remark } from './container-life.js';
import { networkWords } from './container-view.js';
import type { EngineEvent } from './events.js';
import type { ContainerFacts, ContainerSummary } from './facts.js';

/** What a person should know of a container. */
export interface ContainerRemark extends Remark {
  readonly id: string;
  readonly name: string;
}

/** How long the addresses of what has ended are known as its own: catalogues forget it in this time. */
const KEEP_ENDED_MS = 600_000;
/** Lives that are over, the newest: a container that crashes again and again has a new one each time. */
const MAX_ENDED = 1_000;
/** Of those that had ended before they were first seen: they have no address, and are shown to people only. */
const MAX_ENDED_AT_FIRST = 100;
/** Of one life: some programs get a signal for each change of their files. */
const MAX_SIGNALS = 10;
/** An age below a minute: since the last list it may have had an end and a start that nobody told. */
const YOUNG = /\bsecond/;
const LIVING = new Set(['running', 'paused']);

/** An inspection that is under way. */
interface Look {
  /** The last start that was told before it was asked for. */
  readonly startToldMs: number;
  /** What was told since. */
  readonly events: EngineEvent[];
}

/**
 * What is known of the containers of one engine, from its lists, inspections and events. Pure: it speaks to nobody, and
 * says which container is to be inspected.
 *
 * A list only shows where to look: engines keep it apart from the containers themselves, and write it later. An
 * inspection decides. Events that come while it is under way are applied to what it says.
 */
export class ContainerBook {
  readonly #clock: Clock;
  /** The newest life of each container, by its id. */
  readonly #lives = new Map<string, ContainerLife>();
  /** Ended lives of containers that have begun another one; the oldest first. */
  #past: ContainerLife[] = [];
  readonly #looks = new Map<string, Look>();
  /** When the stream last told of a start, by the clock of the engine. */
  readonly #startsTold = new Map<string, number>();
  /** Signals since then: no inspection shows them, so a life that is inspected later takes them from here. */
  readonly #signals = new Map<string, EngineEvent[]>();
  /** Why the last inspection of a container failed, in words. */
  readonly #unread = new Map<string, string>();
  #revision = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Another number whenever `containers` or `remarks` say something else. */
  get revision(): number {
    return this.#revision;
  }

  /** @returns whether this container is to be inspected */
  onEvent(event: EngineEvent): boolean {
    this.#looks.get(event.id)?.events.push(event);
    this.#remember(event);
    const life = this.#lives.get(event.id);
    return life === undefined ? event.action === 'start' : life.onEvent(event);
  }

  /**
   * @param isNewStream events may have been lost before it: all that lives is inspected
   * @returns ids of containers to inspect: the living first, and those that should be there and are not
   */
  onList(summaries: readonly ContainerSummary[], isNewStream: boolean): readonly string[] {
    const listed = new Set(summaries.map(({ id }) => id));
    this.#forgetOld(listed);
    const [living, ended]: [string[], string[]] = [[], []];
    let newEnded = 0;
    for (const summary of summaries) {
      const life = this.#lives.get(summary.id);
      const isLiving = LIVING.has(summary.state);
      const isUnread = this.#unread.has(summary.id);
      if (isLiving && (isNewStream || isUnread || life === undefined || differs(life, summary, this.#clock)))
        living.push(summary.id);
      if (isLiving || summary.state === 'created') continue;
      if (life === undefined) newEnded += 1;
      if (life === undefined ? newEnded <= MAX_ENDED_AT_FIRST : !life.isOver) ended.push(summary.id);
    }
    const missing = [...this.#lives.values()].filter(
      ({ id, container }) => container.phase !== 'removed' && !listed.has(id),
    );
    return [...living, ...missing.map(({ id }) => id), ...ended];
  }

  /** Before an inspection is asked for. */
  beginLook(id: string): void {
    this.#looks.set(id, { startToldMs: this.#startsTold.get(id) ?? 0, events: [] });
  }

  /** The inspection failed: what is known stays, and the next list shows that it is wanted still. */
  abandonLook(id: string, why: string): void {
    this.#looks.delete(id);
    if (this.#unread.get(id) !== why) this.#revision += 1;
    this.#unread.set(id, why);
  }

  /**
   * @param facts null: there is no such container
   * @returns whether it has to be inspected again, since something began meanwhile
   */
  endLook(id: string, facts: ContainerFacts | null): boolean {
    const { events, startToldMs } = this.#looks.get(id) ?? { events: [], startToldMs: 0 };
    this.#looks.delete(id);
    if (this.#unread.delete(id)) this.#revision += 1;
    if (facts === null) this.#lives.get(id)?.onGone();
    else if (facts.startedAt !== null) this.#takeFacts(facts, facts.startedAt, startToldMs);
    const isWanted = events.map((event) => this.#lives.get(id)?.onEvent(event) ?? event.action === 'start');
    return isWanted.includes(true);
  }

  /** All lives, the running ones first; an address stands at one of them only. */
  containers(): readonly Container[] {
    const lives = [...this.#lives.values()];
    const living = lives.filter(({ isOver }) => !isOver).map(({ container }) => container);
    const taken = new Set(living.flatMap(({ networks }) => networks.map(({ address }) => address)));
    const over: Container[] = [];
    // Of two that ended, the later one had the address last.
    const ended = [...lives.filter(({ isOver }) => isOver), ...this.#past].sort(
      (a, b) => b.container.since - a.container.since,
    );
    for (const life of ended) {
      const networks = life.container.networks.filter(({ address }) => !taken.has(address));
      for (const { address } of networks) taken.add(address);
      // An earlier life is known for the sake of its addresses alone.
      if (networks.length === 0 && this.#lives.get(life.id) !== life) continue;
      const isSame = networks.length === life.container.networks.length;
      over.push(isSame ? life.container : { ...life.container, networks });
    }
    return [...living, ...over];
  }

  remarks(): readonly ContainerRemark[] {
    const unread = [...this.#unread].map(([id, message]) => {
      const hint = `docker inspect ${id.slice(0, SHORT_ID_DIGITS)} shows whether Docker itself can read it`;
      return { id, name: this.#nameOf(id), message, hint };
    });
    const lives = [...this.#lives.values()].flatMap(({ id, remark, isOver }) =>
      remark === null || isOver ? [] : [{ id, name: this.#nameOf(id), ...remark }],
    );
    return [...unread, ...lives];
  }

  /** How the life of a container stands, to see whether it changed; null for one that is not known. */
  standingOf(id: string): string | null {
    const life = this.#lives.get(id);
    return life === undefined ? null : `${life.container.life} ${life.container.phase}`;
  }

  /** The next container that is to be inspected at a certain time; null: none. */
  nextLook(): { readonly id: string; readonly at: number } | null {
    let next: { readonly id: string; readonly at: number } | null = null;
    for (const { id, lookAt } of this.#lives.values()) {
      if (lookAt !== null && (next === null || lookAt < next.at)) next = { id, at: lookAt };
    }
    return next;
  }

  #remember(event: EngineEvent): void {
    const { id, action } = event;
    if (action === 'start') {
      this.#startsTold.set(id, event.atMs);
      this.#signals.delete(id);
    } else if (action === 'kill') {
      this.#signals.set(id, [...(this.#signals.get(id) ?? []), event].slice(-MAX_SIGNALS));
    } else if (action === 'die' || action === 'destroy') {
      this.#signals.delete(id);
    }
  }

  #nameOf(id: string): string {
    return this.#lives.get(id)?.container.name ?? id.slice(0, SHORT_ID_DIGITS);
  }

  #takeFacts(facts: ContainerFacts, startedAt: string, startToldMs: number): void {
    const known = this.#lives.get(facts.id);
    if (known?.startedAt === startedAt) {
      known.onFacts(facts);
      return;
    }
    if (known !== undefined) {
      known.onReplaced();
      this.#past.push(known);
    }
    const onChange = (): void => {
      this.#revision += 1;
    };
    onChange();
    const life = new ContainerLife({ facts, startedAt, startToldMs }, { clock: this.#clock, onChange });
    this.#lives.set(facts.id, life);
    for (const signal of this.#signals.get(facts.id) ?? []) life.onEvent(signal);
  }

  #forgetOld(listed: ReadonlySet<string>): void {
    const oldest = this.#clock.now() - KEEP_ENDED_MS;
    for (const id of this.#unread.keys()) if (!listed.has(id)) this.#unread.delete(id);
    for (const told of [this.#startsTold, this.#signals]) {
      for (const id of told.keys()) if (!listed.has(id)) told.delete(id);
    }
    this.#past = this.#past.filter(({ container }) => container.since > oldest).slice(-MAX_ENDED);
    const over = [...this.#lives.values()]
      .filter(({ isOver }) => isOver)
      .sort((a, b) => a.container.since - b.container.since);
    over.forEach((life, index) => {
      const isOne = over.length - index > MAX_ENDED;
      if (life.container.since > oldest && !isOne) return;
      life.forgetNetworks();
      if (life.container.phase !== 'removed' && !isOne) return;
      this.#lives.delete(life.id);
      this.#revision += 1;
    });
  }
}

/** The list tells the health in words alone, such as `Up 7 seconds (health: starting)`. */
function isOtherHealth(status: string, health: ContainerHealth): boolean {
  const told = /\((?:health: )?(starting|healthy|unhealthy)\)/.exec(status)?.[1] ?? health;
  return told !== health;
}

/** Whether the list says something else of a living container than the book, or too little. */
function differs(life: ContainerLife, { state, status, name, networks }: ContainerSummary, clock: Clock): boolean {
  const { container, lookAt } = life;
  if (YOUNG.test(status) || (lookAt !== null && lookAt <= clock.now())) return true;
  const isSamePhase = container.phase === state || (container.phase === 'stopping' && LIVING.has(state));
  if (!isSamePhase || container.name !== name || isOtherHealth(status, container.health)) return true;
  return networkWords(container.networks) !== networkWords(networks);
}
