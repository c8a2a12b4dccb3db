import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { App } from '../../src/model/app.js';
import { RemovalGuard } from '../../src/state/removal-guard.js';
import { FakeClock } from '../support/fake-clock.js';
import { appInstance, appOf } from '../support/node/apps.js';

function appsOf(count: number): App[] {
  return Array.from({ length: count }, (_, index) => appOf(`app-${index}`, 9000 + 2 * index));
}

/** A source with its guard: what was let through is what the next answer is held against. */
class Guarded {
  readonly clock = new FakeClock();
  readonly guard = new RemovalGuard({ clock: this.clock });
  apps: readonly App[];

  constructor(apps: readonly App[]) {
    this.apps = apps;
  }

  /** How many apps are let through. */
  answer(next: readonly App[]): number {
    this.apps = this.guard.check('directory', this.apps, next).apps;
    return this.apps.length;
  }
}

test('a source that is suddenly empty is not believed for a minute, then it is', () => {
  const source = new Guarded(appsOf(10));
  const { apps, problem, recheckInMs } = source.guard.check('directory', source.apps, []);
  assert.equal(apps.length, 10);
  assert.equal(recheckInMs, 60_000);
  assert.match(problem?.message ?? '', /10 of 10 apps vanished from source directory at once \(app-0, .* and 5 more\)/);
  source.clock.jump(59_999);
  assert.equal(source.answer([]), 10);
  source.clock.jump(1);
  assert.deepEqual(source.guard.check('directory', source.apps, []), { apps: [], problem: null, recheckInMs: null });
});

test('half may go at once, one more may not', () => {
  assert.equal(new Guarded(appsOf(10)).answer(appsOf(5)), 5);
  assert.equal(new Guarded(appsOf(10)).answer(appsOf(4)), 10);
});

test('less than four apps may always go', () => {
  assert.equal(new Guarded(appsOf(3)).answer([]), 0);
  assert.equal(new Guarded(appsOf(4)).answer([]), 4);
});

test('what is new or changed goes through while the loss is held', () => {
  const source = new Guarded(appsOf(8));
  const changed = appOf('app-0', 9000, { retries: 1 });
  assert.equal(source.answer([changed, appOf('new', 9500)]), 9);
  assert.equal(
    source.apps.find(({ name }) => name === 'app-0'),
    changed,
  );
});

test('all that comes back ends the doubt; the next loss has a minute of its own', () => {
  const source = new Guarded(appsOf(8));
  source.answer([]);
  source.clock.jump(50_000);
  const { problem, recheckInMs } = source.guard.check('directory', source.apps, appsOf(8));
  assert.equal(problem, null);
  assert.equal(recheckInMs, null);
  source.clock.jump(50_000);
  assert.equal(source.answer([]), 8);
});

test('what is still missing when the rest has come back stays for its time, then goes', () => {
  const source = new Guarded(appsOf(8));
  source.answer([]);
  source.clock.jump(10_000);
  assert.equal(source.answer(appsOf(6)), 8);
  source.clock.jump(50_000);
  assert.equal(source.answer(appsOf(6)), 6);
});

test('a loss that grows is held longer for those that went later', () => {
  const source = new Guarded(appsOf(10));
  source.answer(appsOf(4));
  source.clock.jump(30_000);
  source.answer(appsOf(2));
  source.clock.jump(30_000);
  assert.equal(source.answer(appsOf(2)), 4, 'two of four are an everyday change, but they were held');
  source.clock.jump(30_000);
  assert.equal(source.answer(appsOf(2)), 2);
});

test('a person says that it is meant', () => {
  const source = new Guarded(appsOf(10));
  source.guard.accept();
  assert.equal(source.answer([]), 10, 'nothing was held yet: nothing was accepted');
  source.guard.accept();
  assert.equal(source.answer([]), 0);
});

test('accepting one loss does not accept the next', () => {
  const source = new Guarded(appsOf(20));
  source.answer(appsOf(8));
  source.guard.accept();
  assert.equal(source.answer([]), 8);
});

test('100 % turns it off', () => {
  const guard = new RemovalGuard({ clock: new FakeClock(), maxRemovalShare: 1 });
  assert.deepEqual(guard.check('directory', appsOf(10), []).apps, []);
});

test('the problem says how many of how many went, which, why it is doubted, and what to do', () => {
  const problemOf = (before: readonly App[], next: readonly App[], said = {}) => {
    const { problem } = new RemovalGuard({ clock: new FakeClock() }).check('consul', before, next, said);
    return problem;
  };
  const apps = appsOf(5);
  assert.deepEqual(problemOf(apps, []), {
    severity: 'warning',
    app: null,
    file: 'consul',
    line: null,
    col: null,
    message:
      '5 of 5 apps vanished from source consul at once (app-0, app-1, app-2, app-3, app-4); they are still served',
    hint: 'accept the removal if it is meant; it takes effect anyway when it lasts 60 s',
  });
  const doubted = problemOf(apps, apps.slice(1), { doubt: 'Consul had failed' });
  assert.equal(
    doubted?.message,
    '1 of 5 apps vanished from source consul (Consul had failed) (app-0); they are still served',
  );
  const [first = appOf('app-0', 9000)] = apps;
  const half = [appOf('app-0', 9000, { instances: [appInstance(80), appInstance(81)] }), ...apps.slice(1)];
  const fewer = [{ ...first, instances: [appInstance(80)] }, ...apps.slice(1)];
  assert.equal(
    problemOf(half, fewer, { doubt: 'Consul had failed' })?.message,
    '1 of 5 apps lost instances in source consul (Consul had failed) (app-0); they are still served',
  );
  assert.equal(
    problemOf(half, fewer.slice(0, 4), { doubt: 'Consul had failed' })?.message,
    '2 of 5 apps vanished from source consul (Consul had failed) (app-0, app-4); they are still served',
    'one lost an instance, another one all',
  );
});
