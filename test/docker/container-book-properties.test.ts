/** Lives of containers in any interleaving: the stream lags behind the engine, inspections overlap with both, lists come at any time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ContainerBook } from '../../src/docker/container-book.js';
import type { EngineEvent } from '../../src/docker/events.js';
import type { ContainerFacts, ContainerSummary } from '../../src/docker/facts.js';
import { FakeClock } from '../support/fake-clock.js';
import { holds } from '../support/properties.js';
import { factsOf, idOf, STARTED_MS, summaryOf } from './made-facts.js';

const CONTAINERS = 3;
const ACTIONS = ['start', 'stop', 'kill', 'crash', 'pause', 'unpause', 'remove', 'signal', 'move', 'healthy'] as const;

type Step =
  | {
      readonly kind: 'act';
      readonly action: (typeof ACTIONS)[number];
      readonly number: number;
      readonly isOld: boolean;
    }
  /** The stream comes so many events nearer to the present. */
  | { readonly kind: 'deliver'; readonly count: number }
  | { readonly kind: 'ask' | 'serve' | 'return'; readonly index: number }
  | { readonly kind: 'list' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('act' as const),
    action: fc.constantFrom(...ACTIONS),
    number: fc.integer({ min: 1, max: CONTAINERS }),
    isOld: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constantFrom('ask' as const, 'serve' as const, 'return' as const), index: fc.nat(2) }),
  fc.constant({ kind: 'list' as const }),
);

test('when all events were told and all inspections answered, the book says what the engine says', async () => {
  await holds(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const world = new World();
      for (const one of steps) world.take(one);
      world.settle();
      assert.deepEqual(world.living(), world.truth());
    }),
    2_000,
  );
});

test('after a stream that lost what it had, the first list ends in what the engine says', async () => {
  await holds(
    fc.property(fc.array(step, { maxLength: 60 }), fc.array(step, { maxLength: 20 }), (before, after) => {
      const world = new World();
      for (const one of before) world.take(one);
      world.loseStream();
      for (const one of after) world.take(one);
      world.settle();
      assert.deepEqual(world.living(), world.truth());
    }),
    2_000,
  );
});

test('an event of an earlier life changes nothing, in any order and any number', async () => {
  const late = fc.constantFrom<EngineEvent['action']>(
    'kill',
    'die',
    'stop',
    'disconnect',
    'oom',
    'pause',
    'destroy',
    'health_status',
  );
  await holds(
    fc.property(fc.array(fc.tuple(late, fc.integer({ min: 1, max: 900 })), { maxLength: 10 }), (events) => {
      const book = new ContainerBook(new FakeClock());
      book.beginLook(idOf(1));
      book.endLook(idOf(1), factsOf(1));
      const before = book.containers();
      for (const [action, agoMs] of events) {
        const more = { signal: 15, exitCode: '0', network: 'bridge', health: 'unhealthy' };
        assert.equal(book.onEvent({ ...more, action, id: idOf(1), atMs: STARTED_MS - agoMs } as EngineEvent), false);
      }
      assert.deepEqual(book.containers(), before);
    }),
    500,
  );
});

interface Real {
  readonly number: number;
  state: 'running' | 'paused' | 'exited' | 'gone';
  startedAtMs: number;
  address: string;
  health: 'starting' | 'healthy';
  /** A signal that means its end has come and it has not ended yet. */
  isAsked: boolean;
  /** And the stream told of it. */
  isTold: boolean;
}

interface Look {
  readonly id: string;
  facts: ContainerFacts | null | 'unserved';
}

/** An engine, its stream, and what the watch does with both. */
class World {
  readonly #clock = new FakeClock();
  readonly #book = new ContainerBook(this.#clock);
  readonly #real: Real[] = [];
  #stream: EngineEvent[] = [];
  #wanted: string[] = [];
  #looks: Look[] = [];
  #nowMs = STARTED_MS;
  #addresses = 1;

  constructor() {
    for (let number = 1; number <= CONTAINERS; number += 1) {
      this.#real.push({
        number,
        state: 'exited',
        startedAtMs: 0,
        address: '',
        health: 'starting',
        isAsked: false,
        isTold: false,
      });
    }
  }

  take(step: Step): void {
    if (step.kind === 'act') this.#act(step.action, step.number, step.isOld);
    else if (step.kind === 'deliver') this.#deliver(step.count);
    else if (step.kind === 'list') this.#list(false);
    else if (step.kind === 'ask') this.#ask(step.index);
    else if (step.kind === 'serve') this.#serve(step.index);
    else this.#return(step.index);
  }

  /** What was not told yet is never told, and a new stream begins. */
  loseStream(): void {
    this.#stream = [];
    // Nobody can know of a signal that was not told.
    for (const real of this.#real) real.isAsked = real.isTold;
    for (const { id } of this.#looks) this.#book.abandonLook(id, 'cut');
    this.#looks = [];
    this.#wanted = [];
    this.#list(true);
  }

  settle(): void {
    for (let round = 0; this.#stream.length + this.#wanted.length + this.#looks.length > 0; round += 1) {
      assert.ok(round < 1_000, 'it comes to rest');
      this.#deliver(1_000);
      this.#ask(0);
      this.#serve(0);
      this.#return(0);
    }
  }

  living(): readonly string[] {
    const all = this.#book.containers().filter(({ phase }) => phase !== 'ended' && phase !== 'removed');
    return all.map((one) => `${one.life} ${one.phase} ${one.networks[0]?.address} ${one.health}`).sort();
  }

  truth(): readonly string[] {
    const all = this.#real.filter(({ state }) => state === 'running' || state === 'paused');
    return all
      .map((one) => {
        const life = `${idOf(one.number).slice(0, 12)}@${timeText(one.startedAtMs)}`;
        return `${life} ${one.isAsked ? 'stopping' : one.state} ${one.address} ${one.health}`;
      })
      .sort();
  }

  #act(action: (typeof ACTIONS)[number], number: number, isOld: boolean): void {
    const real = this.#real[number - 1];
    if (real === undefined || real.state === 'gone') return;
    const isLiving = real.state === 'running' || real.state === 'paused';
    if (action === 'start' && !isLiving) this.#start(real);
    if (!isLiving) {
      if (action === 'remove') this.#remove(real);
      return;
    }
    if (action === 'stop' || action === 'kill' || action === 'crash' || action === 'remove') {
      this.#end(real, action, isOld);
      if (action === 'remove') this.#remove(real);
    } else if (action === 'signal') {
      real.isAsked = true;
      this.#tell(real, { action: 'kill', signal: 15 });
    } else if (action === 'healthy') {
      real.health = 'healthy';
      this.#tell(real, { action: 'health_status', health: 'healthy' });
    } else if (action === 'move') {
      this.#tell(real, { action: 'disconnect', network: 'bridge' });
      real.address = this.#address();
      this.#tell(real, { action: 'connect', network: 'bridge' });
    } else if (action === 'pause' && real.state === 'running' && !real.isAsked) {
      real.state = 'paused';
      this.#tell(real, { action: 'pause' });
    } else if (action === 'unpause' && real.state === 'paused') {
      real.state = 'running';
      this.#tell(real, { action: 'unpause' });
    }
  }

  #start(real: Real): void {
    Object.assign(real, {
      state: 'running',
      isAsked: false,
      isTold: false,
      health: 'starting',
      address: this.#address(),
    });
    this.#tell(real, { action: 'connect', network: 'bridge' });
    this.#nowMs += 1;
    real.startedAtMs = this.#nowMs;
    this.#tell(real, { action: 'start' });
  }

  #end(real: Real, how: string, isOld: boolean): void {
    if (how !== 'crash') this.#tell(real, { action: 'kill', signal: how === 'stop' ? 15 : 9 });
    real.state = 'exited';
    const steps: readonly object[] = [
      { action: 'die', exitCode: '1' },
      { action: 'disconnect', network: 'bridge' },
      ...(how === 'stop' ? [{ action: 'stop' }] : []),
    ];
    const [die, ...others] = steps;
    for (const one of isOld ? steps : [...others, die]) if (one !== undefined) this.#tell(real, one);
  }

  #remove(real: Real): void {
    real.state = 'gone';
    this.#tell(real, { action: 'destroy' });
  }

  #tell(real: Real, event: object): void {
    this.#nowMs += 1;
    this.#stream.push({ ...event, id: idOf(real.number), atMs: this.#nowMs } as EngineEvent);
  }

  #address(): string {
    this.#addresses += 1;
    return `172.17.0.${this.#addresses}`;
  }

  #deliver(count: number): void {
    for (const event of this.#stream.splice(0, count)) {
      const real = this.#real.find(({ number }) => idOf(number) === event.id);
      if (real !== undefined && event.action === 'kill' && event.atMs >= real.startedAtMs) real.isTold = true;
      if (this.#book.onEvent(event)) this.#want(event.id);
    }
  }

  #want(id: string): void {
    if (!this.#wanted.includes(id)) this.#wanted.push(id);
  }

  #list(isNewStream: boolean): void {
    for (const id of this.#book.onList(this.#summaries(), isNewStream)) this.#want(id);
  }

  #summaries(): ContainerSummary[] {
    return this.#real
      .filter(({ state, startedAtMs }) => state !== 'gone' && startedAtMs > 0)
      .map((real) => summaryOf(real.number, { state: real.state, status: 'Up 5 minutes', networks: networksOf(real) }));
  }

  /** One look at one container at a time. */
  #ask(index: number): void {
    const free = this.#wanted.filter((id) => !this.#looks.some((look) => look.id === id));
    const id = free[index % Math.max(1, free.length)];
    if (id === undefined) return;
    this.#wanted = this.#wanted.filter((one) => one !== id);
    this.#book.beginLook(id);
    this.#looks.push({ id, facts: 'unserved' });
  }

  #serve(index: number): void {
    const look = this.#looks[index % Math.max(1, this.#looks.length)];
    if (look === undefined || look.facts !== 'unserved') return;
    const real = this.#real.find(({ number }) => idOf(number) === look.id);
    assert.ok(real);
    look.facts = real.state === 'gone' ? null : realFacts(real);
  }

  #return(index: number): void {
    const served = this.#looks.filter(({ facts }) => facts !== 'unserved');
    const look = served[index % Math.max(1, served.length)];
    if (look === undefined || look.facts === 'unserved') return;
    this.#looks = this.#looks.filter((one) => one !== look);
    if (this.#book.endLook(look.id, look.facts)) this.#want(look.id);
  }
}

function networksOf(real: Real): { readonly name: string; readonly address: string }[] {
  return real.state === 'exited' ? [] : [{ name: 'bridge', address: real.address }];
}

function realFacts(real: Real): ContainerFacts {
  const isRunning = real.state === 'running' || real.state === 'paused';
  const startedAt = real.startedAtMs === 0 ? null : timeText(real.startedAtMs);
  const standing = { isRunning, isPaused: real.state === 'paused', health: real.health, networks: networksOf(real) };
  return factsOf(real.number, { ...standing, startedAt });
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
