/** Which instance the value of a cookie stands for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Bindings } from '../../../src/proxy/slot/bindings.js';
import { Instance } from '../../../src/proxy/slot/instance.js';
import { StickyCookie } from '../../../src/proxy/slot/sticky.js';

const STICKY = { cookie: 'S', key: 'secret' };

test('without a cookie nobody is bound', () => {
  const bindings = new Bindings();
  const instance = new Instance('a', 'a', 80, false);
  bindings.bind(instance);
  bindings.apply(null, [instance]);
  assert.equal(instance.stickyId, '');
  assert.deepEqual([bindings.instanceOf(''), bindings.idIn('S=')], [null, '']);
});

test('each instance is bound by the value of its cookie, until it is forgotten', () => {
  const bindings = new Bindings();
  const [a, b] = [new Instance('a', 'a', 80, false), new Instance('b', 'b', 80, false)];
  bindings.apply(STICKY, [a]);
  bindings.bind(b);
  const ids = ['a', 'b'].map((id) => new StickyCookie(STICKY).idOf(id));
  assert.deepEqual([a.stickyId, b.stickyId], ids);
  assert.deepEqual(
    ids.map((id) => bindings.instanceOf(id)),
    [a, b],
  );
  assert.equal(bindings.idIn(`x=1; S=${ids[1]}`), ids[1]);
  assert.deepEqual(
    ['', 'S=x'].map((cookies) => bindings.idIn(cookies)),
    ['', ''],
  );
  bindings.forget(a);
  assert.equal(bindings.instanceOf(ids[0] ?? ''), null);
});

test('another life of an instance has another value, and the old one stands for nobody', () => {
  const bindings = new Bindings();
  const instance = new Instance('a', 'a', 80, false);
  bindings.apply(STICKY, [instance]);
  const before = instance.stickyId;
  instance.life = 'second';
  bindings.bind(instance);
  assert.notEqual(instance.stickyId, before);
  assert.deepEqual([bindings.instanceOf(before), bindings.instanceOf(instance.stickyId)], [null, instance]);
});

test('the same cookie again changes nothing; another key or name, or none, binds anew', () => {
  const bindings = new Bindings();
  const instance = new Instance('a', 'a', 80, false);
  bindings.apply(STICKY, [instance]);
  const { cookie } = bindings;
  bindings.apply({ ...STICKY }, []);
  assert.equal(bindings.cookie, cookie);
  assert.equal(bindings.instanceOf(instance.stickyId), instance);
  const old = instance.stickyId;
  bindings.apply({ ...STICKY, key: 'other' }, [instance]);
  assert.deepEqual([bindings.instanceOf(old), bindings.instanceOf(instance.stickyId)], [null, instance]);
  bindings.apply({ cookie: 'T', key: 'other' }, [instance]);
  assert.equal(bindings.cookie?.name, 'T');
  bindings.apply(null, [instance]);
  assert.deepEqual([bindings.cookie, bindings.instanceOf(instance.stickyId)], [null, null]);
});
