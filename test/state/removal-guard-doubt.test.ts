/** A source that doubts itself loses nothing, however little it is; what it took out on purpose goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type App, type Instance, NO_CONTAINER } from '../../src/model/app.js';
import type { SourceReading } from '../../src/sources/source.js';
import { RemovalGuard } from '../../src/state/removal-guard.js';
import { FakeClock } from '../support/fake-clock.js';
import { appOf } from '../support/node/apps.js';

const DOUBT = { doubt: 'Consul had failed' };
const ONE = instance('127.0.0.2:80');
const TWO = instance('127.0.0.3:80');

function instance(id: string): Instance {
  const [host = '', port = ''] = id.split(':');
  return { id, ...NO_CONTAINER, host, port: Number(port), weight: 100, state: 'ready' };
}

function shop(...instances: readonly Instance[]): App {
  return appOf('shop', 9_000, { instances });
}

class Guarded {
  readonly clock = new FakeClock();
  readonly guard = new RemovalGuard({ clock: this.clock });
  apps: readonly App[];

  constructor(...apps: readonly App[]) {
    this.apps = apps;
  }

  /** @returns what is served after this answer: names with ids */
  answer(next: readonly App[], said: Pick<SourceReading, 'doubt' | 'withdrawn'> = {}): string[] {
    this.apps = this.guard.check('consul', this.apps, next, said).apps;
    return this.apps.map(({ name, instances }) => [name, ...instances.map(({ id }) => id).sort()].join(' '));
  }
}

const WHOLE = ['shop 127.0.0.2:80 127.0.0.3:80'];

test('one app and one instance are held where the source doubts itself, and go where it does not', () => {
  assert.deepEqual(new Guarded(shop(ONE, TWO)).answer([], DOUBT), WHOLE);
  assert.deepEqual(new Guarded(shop(ONE, TWO)).answer([shop(ONE)], DOUBT), WHOLE);
  assert.deepEqual(new Guarded(shop(ONE, TWO)).answer([]), []);
  assert.deepEqual(new Guarded(shop(ONE, TWO)).answer([shop(ONE)]), ['shop 127.0.0.2:80']);
});

test('what was taken out on purpose goes at once, doubt or not', () => {
  const withdrawn = [{ app: 'shop', instance: ONE.id }];
  assert.deepEqual(new Guarded(shop(ONE, TWO)).answer([shop(TWO)], { ...DOUBT, withdrawn }), ['shop 127.0.0.3:80']);
});

test('a loss stays held when its other side is seen: the app comes back without its instances, and they after it', () => {
  const source = new Guarded(shop(ONE, TWO));
  assert.deepEqual(source.answer([shop()], DOUBT), WHOLE, 'first its instances vanish');
  assert.deepEqual(source.answer([]), WHOLE, 'then the app');
  assert.deepEqual(source.answer([shop()]), WHOLE, 'which comes back with nothing');
  assert.deepEqual(source.answer([shop(TWO)], { withdrawn: [{ app: 'shop', instance: ONE.id }] }), [
    'shop 127.0.0.3:80',
  ]);
});

test('changing sides gives a loss no more time', () => {
  const source = new Guarded(shop(ONE, TWO));
  source.answer([], DOUBT);
  source.clock.jump(40_000);
  assert.deepEqual(source.answer([shop()]), WHOLE);
  source.clock.jump(20_000);
  assert.deepEqual(source.answer([shop()]), ['shop']);
});

test('an address that another app has now does not count as a loss of the first one', () => {
  const source = new Guarded(shop(ONE, TWO));
  const other = appOf('other', 9_100, { instances: [ONE] });
  assert.deepEqual(source.answer([shop(TWO), other], DOUBT), ['shop 127.0.0.3:80', 'other 127.0.0.2:80']);
});

test('an app that is held does not get back an address that another app has now', () => {
  const source = new Guarded(shop(ONE, TWO));
  const other = appOf('other', 9_100, { instances: [ONE] });
  assert.deepEqual(source.answer([other], DOUBT), ['other 127.0.0.2:80', 'shop 127.0.0.3:80']);
});

test('an address that another life has now, of this app or of another one, does not count as a loss', () => {
  const first = shop({ ...ONE, life: 'first' }, TWO);
  const second = { ...ONE, life: 'second' };
  assert.deepEqual(new Guarded(first).answer([shop(second, TWO)], DOUBT), WHOLE);
  const source = new Guarded(first);
  source.answer([shop(second, TWO)], DOUBT);
  assert.equal(source.apps[0]?.instances[0]?.life, 'second');
  const moved = [shop(TWO), appOf('blog', 9_010, { instances: [second] })];
  assert.deepEqual(new Guarded(first).answer(moved, DOUBT), ['shop 127.0.0.3:80', 'blog 127.0.0.2:80']);
});
