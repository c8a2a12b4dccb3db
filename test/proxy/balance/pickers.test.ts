/**
 * The policies alone, with numbers: shares, order, room and what was tried. What clients meet is in balance.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BALANCES } from '../../../src/model/app.js';
import type { Candidate } from '../../../src/proxy/balance/candidate.js';
import { createPicker } from '../../../src/proxy/balance/create-picker.js';
import { hashText } from '../../../src/proxy/balance/hash-text.js';
import type { Picker, PickRequest } from '../../../src/proxy/balance/picker.js';
import { layOutRotation } from '../../../src/proxy/balance/round-robin.js';
import { SeededRandom } from '../../support/seeded-random.js';

interface Numbered extends Candidate {
  inFlight: number;
  limit: number;
}

const named = (id: string): Numbered => ({ id, inFlight: 0, limit: Number.POSITIVE_INFINITY });
const request = (more: Partial<PickRequest<Numbered>> = {}): PickRequest<Numbered> => ({
  ...{ clientAddress: '192.0.2.1', tried: null },
  ...more,
});

/** Numbers in this order, again and again. */
function chancesOf(...numbers: readonly number[]): () => number {
  let next = 0;
  return () => {
    next += 1;
    return numbers[(next - 1) % numbers.length] ?? 0;
  };
}

function pickerOf(balance: (typeof BALANCES)[number], random: () => number, offset = 0): Picker<Numbered> {
  return createPicker<Numbered>(balance, { random, offset });
}

function idsOf(picker: Picker<Numbered>, count: number): string {
  return Array.from({ length: count }, () => picker.pick(request())?.id ?? '-').join('');
}

for (const balance of BALANCES) {
  const start = (offset = 0) => {
    const seeded = new SeededRandom(7);
    const picker = pickerOf(balance, () => seeded.below(1_000_000) / 1_000_000, offset);
    const [a, b, c] = [named('a'), named('b'), named('c')] as const;
    picker.rebuild([a, b, c], [1, 1, 1]);
    return { picker, a, b, c };
  };

  test(`${balance}: without instances nothing is picked`, () => {
    const picker = pickerOf(balance, () => 0.5);
    assert.deepEqual([picker.pick(request()), picker.only(request())], [null, null]);
    const { picker: emptied } = start();
    emptied.rebuild([], []);
    assert.deepEqual([emptied.pick(request()), emptied.only(request())], [null, null]);
  });

  test(`${balance}: what was tried is not picked, and nothing when all were`, () => {
    const { picker, a, b, c } = start();
    for (const tried of [[a], [b, c], [c, a]]) {
      for (let turn = 0; turn < 20; turn += 1) {
        const picked = picker.pick(request({ tried, clientAddress: `192.0.2.${turn}` }));
        assert.ok(picked !== null && !tried.includes(picked));
      }
    }
    assert.equal(picker.pick(request({ tried: [a, b, c] })), null);
  });

  test(`${balance}: what is full is not picked; one below its limit is`, () => {
    const { picker, a, b, c } = start();
    for (const one of [a, b, c]) {
      one.limit = 2;
      one.inFlight = 2;
    }
    assert.equal(picker.pick(request()), null);
    c.inFlight = 1;
    const picks = Array.from({ length: 30 }, (_, turn) => picker.pick(request({ clientAddress: `192.0.2.${turn}` })));
    // By source each client waits for its own one.
    assert.ok(picks.includes(c) && picks.every((one) => one === c || (balance === 'source' && one === null)));
  });

  test(`${balance}: what left the set is not picked`, () => {
    const { picker, a, c } = start();
    picker.rebuild([a, c], [1, 1]);
    for (let turn = 0; turn < 20; turn += 1) {
      assert.ok([a, c].includes(picker.pick(request({ clientAddress: `192.0.2.${turn}` })) as Numbered));
    }
  });

  test(`${balance}: ${balance === 'source' ? 'a client waits for its instance' : 'any instance will do for one that waits'}`, () => {
    const { picker, a, b, c } = start();
    for (const one of [a, b, c]) one.limit = 0;
    const only = picker.only(request());
    assert.equal(only !== null, balance === 'source');
    if (only !== null) assert.notEqual(picker.only(request({ tried: [only] })), only);
  });
}

test('roundrobin: in turn, from the offset of the worker on, and past what is full', () => {
  const [a, b, c] = [named('a'), named('b'), named('c')];
  const picker = pickerOf('roundrobin', () => 0, 1);
  picker.rebuild([a, b, c], [5, 5, 5]);
  assert.equal(idsOf(picker, 4), 'bcab');
  c.limit = 0;
  assert.equal(idsOf(picker, 3), 'aba');
  const far = pickerOf('roundrobin', () => 0, 8);
  far.rebuild([a, b], [1, 1]);
  assert.equal(idsOf(far, 3), 'aba');
});

test('a rotation has each instance as often as its weight says, spread out', () => {
  const layout = (...weights: readonly number[]) =>
    layOutRotation([...'abcd'].slice(0, weights.length), weights).join('');
  assert.equal(layout(1, 1, 1), 'abc');
  assert.equal(layout(50, 50), 'ab', 'scaled down');
  assert.equal(layout(2, 1), 'aba');
  assert.equal(layout(20, 60), 'babb');
  assert.equal(layout(5, 1, 1), 'aabacaa');
  assert.equal(layout(6, 4, 2), 'abacba', 'by the greatest common divisor');
  assert.equal(layout(), '');
});

test('a rotation is never longer than 1024 turns, and the lightest instance has one', () => {
  const countsOf = (weights: readonly number[]) => {
    const rotation = layOutRotation(
      weights.map((_, index) => index),
      weights,
    );
    return {
      length: rotation.length,
      counts: weights.map((_, index) => rotation.filter((one) => one === index).length),
    };
  };
  assert.deepEqual(countsOf([1_023, 1]), { length: 1_024, counts: [1_023, 1] });
  assert.deepEqual(countsOf([1_024, 1]), { length: 1_024, counts: [1_023, 1] });
  assert.deepEqual(countsOf([3_001, 1_000]).counts, [768, 255]);
  const many = countsOf([...Array.from({ length: 2_000 }, () => 1), 2]);
  assert.ok(
    many.counts.every((count) => count === 1),
    'more instances than turns: each has one',
  );
});

test('leastconn: of two that are drawn the one with less under way for its weight', () => {
  const [a, b, c] = [named('a'), named('b'), named('c')];
  const draw = (first: number, second: number) => {
    const picker = pickerOf('leastconn', chancesOf(first, second));
    picker.rebuild([a, b, c], [2, 1, 1]);
    return picker.pick(request())?.id;
  };
  // Which two: the first of three, and the one that is so far behind it.
  assert.equal(draw(0, 0), 'a', 'a before b: both have nothing');
  assert.equal(draw(0.4, 0), 'b', 'b before c');
  assert.equal(draw(0.4, 0.6), 'b', 'b before a');
  assert.equal(draw(0.9, 0), 'c', 'c before a');
  b.inFlight = 1;
  assert.equal(draw(0.4, 0), 'c');
  a.inFlight = 3;
  assert.equal(draw(0, 0), 'b', '1.5 are more than 1');
  a.inFlight = 2;
  assert.deepEqual([draw(0, 0), draw(0.4, 0.6)], ['a', 'b'], 'of equal ones the first that was drawn');
  a.inFlight = 1;
  assert.deepEqual([draw(0, 0), draw(0.4, 0.6)], ['a', 'a'], 'its weight is 2');
});

test('leastconn: where one of the two is full the other one, where both are the least loaded of the rest', () => {
  const all = ['a', 'b', 'c', 'd', 'e'].map(named);
  const [a, b, c, d, e] = all as [Numbered, Numbered, Numbered, Numbered, Numbered];
  const picker = pickerOf('leastconn', () => 0);
  picker.rebuild(all, [1, 1, 1, 2, 1]);
  a.limit = 0;
  b.inFlight = 9;
  assert.equal(picker.pick(request())?.id, 'b');
  const other = pickerOf('leastconn', chancesOf(0.2, 0));
  other.rebuild(all, [1, 1, 1, 2, 1]);
  c.limit = 0;
  assert.equal(other.pick(request())?.id, 'b', 'b was drawn first, and c is full');
  c.limit = 9;
  b.limit = 9;
  [c.inFlight, d.inFlight, e.inFlight] = [3, 4, 3];
  assert.equal(picker.pick(request())?.id, 'd', '4 of weight 2 are fewer than 3');
  d.limit = 4;
  assert.equal(picker.pick(request())?.id, 'c', 'the first of equal ones');
  assert.equal(picker.pick(request({ tried: [c] }))?.id, 'e');
});

test('leastconn: one instance gets all', () => {
  const picker = pickerOf('leastconn', () => 0.99);
  picker.rebuild([named('a')], [1]);
  assert.equal(idsOf(picker, 3), 'aaa');
});

test('random: each place of the rotation has its chance, and what is full leaves it to the next', () => {
  const [a, b] = [named('a'), named('b')];
  const picker = pickerOf('random', chancesOf(0, 0.33, 0.34, 0.66, 0.67, 0.99));
  picker.rebuild([a, b], [1, 2]);
  // The rotation is b a b.
  assert.equal(idsOf(picker, 6), 'bbaabb');
  b.limit = 0;
  assert.equal(idsOf(picker, 6), 'aaaaaa');
});

test('source: a client has its instance by rank alone, and shares follow the weights', () => {
  const [a, b] = [named('10.0.0.1:80'), named('10.0.0.2:80')];
  const addresses = Array.from({ length: 4_000 }, (_, index) => `192.0.${index >> 8}.${index & 255}`);
  const of = (instances: readonly Numbered[], weights: readonly number[]) => {
    const picker = pickerOf('source', () => 0);
    picker.rebuild(instances, weights);
    return addresses.map((clientAddress) => picker.pick(request({ clientAddress }))?.id);
  };
  const equal = of([a, b], [1, 1]);
  assert.deepEqual(of([b, a], [1, 1]), equal, 'in any order');
  const share = (picks: readonly (string | undefined)[]) => picks.filter((id) => id === a.id).length / picks.length;
  assert.ok(Math.abs(share(equal) - 0.5) < 0.03, `${share(equal)}`);
  const three = of([a, b, named('10.0.0.3:80')], [4, 1, 1]);
  assert.ok(Math.abs(share(three) - 4 / 6) < 0.02, `${share(three)}`);
  const heavy = of([a, b], [3, 1]);
  assert.ok(Math.abs(share(heavy) - 0.75) < 0.03, `${share(heavy)}`);
  assert.ok(
    equal.every((id, index) => id !== a.id || heavy[index] === a.id),
    'more weight takes no client away',
  );
});

test('source: another version of this node sends a client to the same instance', () => {
  const hashes = [2_872_998_923, 444_641_715, 3_629_747_543, 2_707_902_728];
  assert.deepEqual([hashText('', 0), hashText('a', 0), hashText('10.0.0.1:80', 0)], hashes.slice(0, 3));
  assert.equal(hashText('192.0.2.1', 0xdeadbeef), hashes[3]);
});
