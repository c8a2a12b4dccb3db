/** Several apps may list one address: each keeps it when it is held, and an address that is reused goes to its new app. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { App } from '../../src/model/app.js';
import { RemovalGuard } from '../../src/state/removal-guard.js';
import { FakeClock } from '../support/fake-clock.js';
import { appInstance, appOf } from '../support/node/apps.js';
import { holds } from '../support/properties.js';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'] as const;
const DOUBT = { doubt: 'it had failed' };

/** An app at these ports; the life of a port is that of the container there. */
function appAt(name: string, ports: readonly number[], lifeOf: (port: number) => string | null = () => null): App {
  const instances = ports.map((port) => ({ ...appInstance(port), life: lifeOf(port) }));
  return appOf(name, 26_000 + 2 * NAMES.indexOf(name as (typeof NAMES)[number]), { instances });
}

class Guarded {
  #guard = new RemovalGuard({ clock: new FakeClock() });
  apps: readonly App[];

  constructor(apps: readonly App[]) {
    this.apps = apps;
  }

  /** @returns what is served after this answer, as `name port port` */
  answer(next: readonly App[], said: { readonly doubt?: string } = {}): string[] {
    this.apps = this.#guard.check('directory', this.apps, next, said).apps;
    return written(this.apps);
  }

  /** What was let through is the last good state; since when it is held is forgotten. */
  restart(): void {
    this.#guard = new RemovalGuard({ clock: new FakeClock() });
  }
}

function written(apps: readonly App[]): string[] {
  return apps.map(({ name, instances }) => [name, ...instances.map(({ port }) => port).sort()].join(' ')).sort();
}

test('apps that share their addresses with those that stay are held with them, also over a restart', () => {
  const all = NAMES.map((name) => appAt(name, [9_001, 9_002]));
  const source = new Guarded(all);
  const served = written(all);
  assert.deepEqual(source.answer(all.slice(6)), served);
  assert.deepEqual(source.answer(all.slice(6)), served, 'and at the next answer');
  source.restart();
  assert.deepEqual(source.answer(all.slice(6)), served, 'and at the first answer of the next start');
});

test('an app that loses a part of its shared addresses keeps it while the source doubts itself', () => {
  const source = new Guarded([appAt('a', [9_001, 9_002]), appAt('b', [9_001, 9_002])]);
  const next = [appAt('a', [9_002]), appAt('b', [9_001, 9_002])];
  assert.deepEqual(source.answer(next, DOUBT), ['a 9001 9002', 'b 9001 9002']);
});

test('an address that a third app gets goes from all that have lost it', () => {
  const source = new Guarded([appAt('a', [9_001, 9_002]), appAt('b', [9_001, 9_002]), appAt('c', [9_003])]);
  const next = [appAt('b', [9_001, 9_002]), appAt('c', [9_001, 9_003])];
  assert.deepEqual(source.answer(next, DOUBT), ['a 9002', 'b 9001 9002', 'c 9001 9003']);
  assert.deepEqual(source.answer(next, DOUBT), ['a 9002', 'b 9001 9002', 'c 9001 9003'], 'and stays away');
});

test('a shared address where another container lives now goes from the app that has lost it', () => {
  const first = (port: number) => `${port}@1`;
  const second = (port: number) => (port === 9_001 ? '9001@2' : first(port));
  const source = new Guarded([appAt('a', [9_001, 9_002], first), appAt('b', [9_001, 9_002], first)]);
  assert.deepEqual(source.answer([appAt('b', [9_001, 9_002], second)], DOUBT), ['a 9002', 'b 9001 9002']);
});

test('an app that got the address of the same container does not take it', () => {
  const life = (port: number) => `${port}@1`;
  const source = new Guarded([appAt('a', [9_001], life), appAt('b', [], life)]);
  assert.deepEqual(source.answer([appAt('b', [9_001], life)], DOUBT), ['a 9001', 'b 9001']);
});

test('apps that are renamed are not held: their addresses all went to the new names', () => {
  const source = new Guarded(NAMES.slice(0, 4).map((name, index) => appAt(name, [9_001 + index])));
  const renamed = NAMES.slice(4).map((name, index) => appAt(name, [9_001 + index]));
  assert.deepEqual(source.answer(renamed), written(renamed));
});

const PORTS = [9_001, 9_002, 9_003, 9_004];
const answer = fc.record({
  /** The ports of each app; null: the app is not there. */
  apps: fc.array(fc.option(fc.subarray(PORTS), { freq: 2 }), { minLength: 4, maxLength: 4 }),
  /** Where another container lives since the answer before. */
  reborn: fc.subarray(PORTS, { maxLength: 2 }),
  isRestarted: fc.boolean(),
});

/** What a guard that doubts all losses serves, told from the whole history. */
class Model {
  readonly #hasLives: boolean;
  #turn = 0;
  /** `name port` → when the source said it last, and the life there at that time. */
  readonly #said = new Map<string, { readonly turn: number; readonly life: string | null }>();
  /** `name port` → since when it is served without a break. */
  #served = new Map<string, number>();

  constructor(hasLives: boolean) {
    this.#hasLives = hasLives;
  }

  answer(next: readonly App[]): string[] {
    this.#turn += 1;
    const now = next.flatMap(({ name, instances }) => instances.map(({ port, life }) => ({ name, port, life })));
    const keys = new Set(now.map(({ name, port }) => `${name} ${port}`));
    for (const { name, port, life } of now) this.#said.set(`${name} ${port}`, { turn: this.#turn, life });
    const isTaken = (key: string): boolean => {
      const lost = this.#said.get(key);
      return now.some(({ name, port, life }) => {
        if (!key.endsWith(` ${port}`)) return false;
        if (this.#hasLives) return life !== lost?.life;
        return (this.#served.get(`${name} ${port}`) ?? this.#turn) > (lost?.turn ?? 0);
      });
    };
    const held = [...this.#served.keys()].filter((key) => !keys.has(key) && !isTaken(key));
    this.#served = new Map([...keys, ...held].map((key) => [key, this.#served.get(key) ?? this.#turn]));
    return [...this.#served.keys()].sort();
  }
}

test('any history of shared addresses: what is held keeps them, and none is served that was given away', () =>
  holds(
    fc.property(fc.boolean(), fc.array(answer, { minLength: 1, maxLength: 10 }), (hasLives, history) => {
      const births = new Map<number, number>();
      const source = new Guarded([]);
      const model = new Model(hasLives);
      for (const { apps, reborn, isRestarted } of history) {
        for (const port of reborn) births.set(port, (births.get(port) ?? 0) + 1);
        const lifeOf = (port: number) => (hasLives ? `${port}@${births.get(port) ?? 0}` : null);
        const next = apps.flatMap((ports, index) => (ports === null ? [] : [appAt(NAMES[index] ?? '', ports, lifeOf)]));
        if (isRestarted) source.restart();
        source.answer(next, DOUBT);
        const served = source.apps.flatMap(({ name, instances }) => instances.map(({ port }) => `${name} ${port}`));
        assert.deepEqual(served.sort(), model.answer(next));
      }
    }),
    500,
  ));
