/** What counts as a loss between two answers about containers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Claim, Offer, OfferedInstance } from '../../src/sources/source.js';
import { hasLeft, lostOffers, withEmptied } from '../../src/state/offer-changes.js';

const CONTAINER = { id: '0'.repeat(64), name: 'web-1' };

function offered(host: string, instance: Partial<OfferedInstance> = {}): OfferedInstance {
  const whole = { id: `${host}:80`, life: 'one', container: CONTAINER, host, port: 80, weight: 100 } as const;
  return { ...whole, state: 'ready', ...instance };
}

const A = offered('192.0.2.1');
const B = offered('192.0.2.2');
const shop = (...instances: readonly OfferedInstance[]): Offer[] => [{ name: 'shop', instances }];

test('an instance is lost that is away, has another life, or takes no new traffic any more', () => {
  assert.deepEqual(lostOffers(shop(A, B), shop(B, A)), []);
  assert.deepEqual(lostOffers(shop(A, B), shop(B)), shop(A));
  assert.deepEqual(lostOffers(shop(A, B), []), shop(A, B));
  assert.deepEqual(lostOffers(shop(A), [{ name: 'blog', instances: [A] }]), shop(A), 'it serves another app');
  for (const change of [{ life: 'two' }, { weight: 0 }, { state: 'drain' }, { state: 'maint' }] as const) {
    assert.deepEqual(lostOffers(shop(A, B), shop({ ...A, ...change }, B)), shop(A), JSON.stringify(change));
  }
});

test('what took nothing new is not lost while it stays so, and what takes traffic again is not lost', () => {
  const drained = { ...A, state: 'drain' } as const;
  for (const now of [drained, { ...A, weight: 0 }, { ...A, state: 'maint' } as const, A]) {
    assert.deepEqual(lostOffers(shop(drained), shop(now)), []);
  }
  assert.deepEqual(lostOffers(shop(drained), shop()), shop(drained));
  assert.deepEqual(lostOffers(shop(A), shop({ ...A, weight: 1 })), []);
});

function claim(host: string, changes: Partial<Claim> = {}): Claim {
  return { host, container: CONTAINER, life: 'one', standing: 'running', apps: [], why: '', ...changes };
}

test('a container leaves when it stops to run, or when its address has another life', () => {
  const running = claim('192.0.2.1');
  assert.equal(hasLeft([running], [running]), false);
  assert.equal(hasLeft([running], [claim('192.0.2.1', { standing: 'leaving' })]), true);
  assert.equal(hasLeft([running], [claim('192.0.2.1', { standing: 'gone' })]), true);
  assert.equal(hasLeft([running], [claim('192.0.2.1', { life: 'two' })]), true);
  assert.equal(hasLeft([claim('192.0.2.2'), running], [claim('192.0.2.2'), claim('192.0.2.1', { life: 'two' })]), true);
  assert.equal(hasLeft([running], [claim('192.0.2.2')]), false, 'nobody claims it: nothing is known');
  assert.equal(
    hasLeft([claim('192.0.2.1', { standing: 'leaving' })], [claim('192.0.2.1', { standing: 'gone' })]),
    false,
  );
  assert.equal(hasLeft([], [running]), false);
});

test('a name of before stays, without instances', () => {
  const blog: Offer = { name: 'blog', instances: [B] };
  assert.deepEqual(withEmptied([...shop(A), blog], [blog]), [blog, { name: 'shop', instances: [] }]);
  assert.deepEqual(withEmptied(shop(A), shop(B)), shop(B));
  assert.deepEqual(withEmptied([], shop(A)), shop(A));
});
