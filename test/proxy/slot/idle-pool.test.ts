/** Which kept connection is taken, which one is closed, and that none is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IdlePool } from '../../../src/proxy/slot/idle-pool.js';

const [A, B] = [{}, {}];

class Kept {
  readonly instance: object;
  readonly deadline: number;
  isClosed = false;
  readonly #pool: IdlePool<Kept>;

  constructor(pool: IdlePool<Kept>, instance: object, deadline = 1_000) {
    this.instance = instance;
    this.deadline = deadline;
    this.#pool = pool;
    pool.add(this);
  }

  discard(): void {
    this.isClosed = true;
    this.#pool.remove(this);
  }
}

const closedOf = (kept: readonly Kept[]) => kept.map(({ isClosed }) => isClosed);

test('the newest of the instance is taken, once', () => {
  const pool = new IdlePool<Kept>();
  assert.equal(pool.takeNewest(A, 0), null);
  const [first, second, other] = [new Kept(pool, A), new Kept(pool, A), new Kept(pool, B)];
  assert.equal(pool.size, 3);
  assert.equal(pool.takeNewest(A, 0), second);
  assert.equal(pool.takeNewest(A, 0), first);
  assert.equal(pool.takeNewest(A, 0), null);
  assert.equal(pool.size, 1);
  assert.equal(pool.takeNewest(B, 0), other);
  assert.deepEqual(closedOf([first, second, other]), [false, false, false]);
});

test('one that was idle for too long is closed and not taken, those of others stay', () => {
  const pool = new IdlePool<Kept>();
  const [young, old, oldOfOther] = [new Kept(pool, A, 501), new Kept(pool, A, 500), new Kept(pool, B, 500)];
  assert.equal(pool.takeNewest(A, 500), young);
  assert.deepEqual(closedOf([young, old, oldOfOther]), [false, true, false]);
  assert.equal(pool.takeNewest(B, 500), null);
  assert.deepEqual([oldOfOther.isClosed, pool.size], [true, 0]);
});

test('for one that is put back the oldest of the same instance goes', () => {
  const pool = new IdlePool<Kept>();
  const [other, oldest, newest] = [new Kept(pool, B), new Kept(pool, A), new Kept(pool, A)];
  assert.equal(pool.takeNewest(A, 0), newest);
  pool.putBackForOldest(newest);
  assert.deepEqual(closedOf([other, oldest, newest]), [false, true, false]);
  assert.equal(pool.takeNewest(A, 0), newest);
  pool.putBackForOldest(newest);
  assert.deepEqual([newest.isClosed, pool.size], [true, 1], 'alone it is the oldest itself');
});

test('one that is not in the pool is not taken out of it', () => {
  const pool = new IdlePool<Kept>();
  const [taken, kept] = [new Kept(pool, B), new Kept(pool, A)];
  pool.takeNewest(B, 0);
  pool.remove(taken);
  assert.equal(pool.takeNewest(A, 0), kept);
});

test('trimming closes the oldest beyond the number, and no others', () => {
  const pool = new IdlePool<Kept>();
  const all = [new Kept(pool, A), new Kept(pool, B), new Kept(pool, A)];
  for (const most of [4, 3, Number.POSITIVE_INFINITY]) pool.trimTo(most);
  assert.deepEqual(closedOf(all), [false, false, false]);
  pool.trimTo(1);
  assert.deepEqual(closedOf(all), [true, true, false]);
  pool.trimTo(-2);
  assert.deepEqual([...closedOf(all), pool.size], [true, true, true, 0]);
});

test('all that are idle are closed', () => {
  const pool = new IdlePool<Kept>();
  const all = [new Kept(pool, A), new Kept(pool, B), new Kept(pool, A)];
  pool.closeIdle();
  assert.deepEqual([...closedOf(all), pool.size], [true, true, true, 0]);
});
