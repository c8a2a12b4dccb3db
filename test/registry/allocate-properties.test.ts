/** Any history of slots that are taken and given back: no two in each other's way, and none before its quarantine is over. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { allocateSlot, type Chances, claimSlot } from '../../src/registry/allocate.js';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import { RegistryFailure, type SlotStore } from '../../src/registry/registry.js';
import type { SlotRules } from '../../src/registry/slot-rules.js';
import { temporaryFolder } from '../support/at-end.js';
import { holds } from '../support/properties.js';
import { SeededRandom } from '../support/seeded-random.js';

/** Small, so that apps are in each other's way: seven slots, of which one is reserved and one is in the kernel's hands. */
const RULES: SlotRules = {
  range: { from: 10_001, to: 10_016 },
  reserved: [10_005],
  ephemeral: [{ from: 10_014, to: 10_014 }],
  quarantineMs: 1_000,
};
const USABLE = [10_002, 10_006, 10_008, 10_010, 10_012] as const;
const APPS = ['a', 'b', 'c', 'd', 'e', 'f', 'g'] as const;

const app = fc.constantFrom(...APPS);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('allocate' as const), app }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('claim' as const), app, port: fc.integer({ min: 10_000, max: 10_017 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('free' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('comeBack' as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 400, 999, 1_000) }) },
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

interface Freed {
  readonly app: string;
  readonly at: number;
}

/** What should stand in the registry, kept beside it in two maps. */
class Model {
  readonly slots = new Map<number, string>();
  readonly freed = new Map<number, Freed>();
  now = 1_000_000;

  isInQuarantine(port: number, name: string | null): boolean {
    const freed = this.freed.get(port);
    return freed !== undefined && freed.at + RULES.quarantineMs > this.now && freed.app !== name;
  }

  /** Whether the app may have it; null: an app that chooses nothing. */
  mayHave(port: number, name: string | null): boolean {
    const near = [port - 1, port, port + 1];
    if (near.some((one) => this.slots.has(one) || this.isInQuarantine(one, name))) return false;
    return [port, port + 1].every((one) => one !== 10_005 && one !== 10_014);
  }

  claim(port: number, name: string): void {
    this.slots.set(port, name);
    this.freed.delete(port);
  }
}

async function live(store: SlotStore, steps: readonly Step[]): Promise<void> {
  const model = new Model();
  const random = new SeededRandom(13);
  const chances: Chances = { random: () => random.next(), wallTime: () => model.now };
  for (const next of steps) {
    await take(next, store, model, chances);
    const { slots, freed, problems } = await store.list();
    assert.deepEqual(problems, []);
    assert.deepEqual(new Map(slots.map(({ port, app: owner }) => [port, owner])), new Map([...model.slots].sort()));
    const inForce = freed.filter(({ freedAt }) => freedAt + RULES.quarantineMs > model.now).map(({ port }) => port);
    assert.deepEqual(inForce, [...model.freed.keys()].filter((port) => model.isInQuarantine(port, null)).sort());
  }
}

async function take(next: Step, store: SlotStore, model: Model, chances: Chances): Promise<void> {
  switch (next.kind) {
    case 'allocate': {
      const free = USABLE.filter((port) => model.mayHave(port, null));
      const given = await orRefused(allocateSlot(store, next.app, RULES, chances, await store.list(), []));
      if (given === null) return assert.deepEqual(free, [], 'a slot is free, and was not given');
      assert.ok(free.includes(given.port as (typeof USABLE)[number]), `${given.port} was given, and ${free} are free`);
      model.claim(given.port, next.app);
      break;
    }
    case 'claim':
      await claim(next.port, next.app, store, model, chances);
      break;
    case 'comeBack': {
      const [port, freed] = [...model.freed][next.which % Math.max(1, model.freed.size)] ?? [];
      if (port !== undefined && freed !== undefined) await claim(port, freed.app, store, model, chances);
      break;
    }
    case 'free': {
      const [port, owner] = [...model.slots][next.which % Math.max(1, model.slots.size)] ?? [];
      if (port === undefined || owner === undefined) return;
      assert.equal(await store.free(port, 'another', model.now), false, 'nobody frees what is not his');
      assert.equal(await store.free(port, owner, model.now), true);
      model.slots.delete(port);
      model.freed.set(port, { app: owner, at: model.now });
      break;
    }
    case 'wait':
      model.now += next.ms;
      break;
  }
}

async function claim(port: number, name: string, store: SlotStore, model: Model, chances: Chances): Promise<void> {
  const given = await orRefused(claimSlot(store, port, name, RULES, chances, await store.list()));
  const isHad = model.slots.get(port) === name;
  assert.equal(given !== null, model.mayHave(port, name) && !isHad, `slot ${port} for ${name}`);
  if (given !== null) model.claim(port, name);
}

async function orRefused<T>(claim: Promise<T>): Promise<T | null> {
  try {
    return await claim;
  } catch (error) {
    assert.ok(error instanceof RegistryFailure);
    return null;
  }
}

test('directory: one allocator, any history, beside a model of two maps', async (context) => {
  await holds(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => live(storeOf(context), steps)),
    25,
  );
});

function storeOf(context: TestContext): SlotStore {
  return new DirectoryRegistry(temporaryFolder(context, 'registry')).slots;
}

test('directory: several at once, each with an old book, some of whom choose: no two in the way of another', async (context) => {
  const wish = fc.option(fc.integer({ min: 10_000, max: 10_013 }));
  await holds(
    fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: APPS.length }), fc.nat(), async (wishes, seed) => {
      const store = storeOf(context);
      const random = new SeededRandom(seed);
      const chances: Chances = { random: () => random.next(), wallTime: () => 1_000_000 };
      const book = await store.list();
      const claims = wishes.map((port, index) => {
        const name = APPS[index] ?? '';
        return orRefused(
          port === null
            ? allocateSlot(store, name, RULES, chances, book, [])
            : claimSlot(store, port, name, RULES, chances, book),
        );
      });
      const ports = (await Promise.all(claims)).flatMap((claimed) => (claimed === null ? [] : [claimed.port])).sort();
      for (const [index, port] of ports.entries()) {
        assert.ok(index === 0 || port - (ports[index - 1] ?? 0) > 1, `${ports}`);
      }
      assert.deepEqual(
        (await store.list()).slots.map(({ port }) => port),
        ports,
        'who was refused left nothing behind',
      );
      const isFree = wishes.every((port) => port === null);
      if (isFree) assert.equal(ports.length, Math.min(wishes.length, USABLE.length), 'as many as there is room for');
    }),
    25,
  );
});
