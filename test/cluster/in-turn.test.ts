/** While some workers answer, the others serve: they are asked a few at a time, and one that hangs holds up nobody. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { askInTurn } from '../../src/cluster/in-turn.js';
import { FakeClock } from '../support/fake-clock.js';

const MOST_TURN_MS = 20;

/** Workers that answer when the test says so. */
class Asked {
  readonly clock = new FakeClock();
  readonly asked: number[] = [];
  readonly #answers = new Map<number, () => void>();
  isOver = false;

  constructor(workers: number, atOnce: number) {
    const all = Array.from({ length: workers }, (_, worker) => worker);
    const ask = (worker: number): Promise<void> => {
      this.asked.push(worker);
      return new Promise((resolve) => this.#answers.set(worker, resolve));
    };
    void askInTurn(all, ask, this.clock, atOnce).then(() => {
      this.isOver = true;
    });
  }

  async answer(worker: number): Promise<void> {
    this.#answers.get(worker)?.();
    await this.clock.advance(0);
  }
}

test('the next worker is asked when one has answered', async () => {
  const asked = new Asked(4, 2);
  assert.deepEqual(asked.asked, [0, 1]);
  await asked.answer(1);
  assert.deepEqual(asked.asked, [0, 1, 2]);
  await asked.answer(0);
  assert.deepEqual(asked.asked, [0, 1, 2, 3]);
  await asked.answer(2);
  assert.equal(asked.isOver, false);
  await asked.answer(3);
  assert.equal(asked.isOver, true);
  assert.deepEqual(asked.clock.waits(), [], 'no timer is left behind');
});

test('a worker that hangs keeps the next one waiting for a moment only, and is waited for at the end', async () => {
  const asked = new Asked(3, 1);
  await asked.clock.advance(MOST_TURN_MS - 1);
  assert.deepEqual(asked.asked, [0]);
  await asked.clock.advance(1);
  assert.deepEqual(asked.asked, [0, 1]);
  await asked.answer(1);
  await asked.answer(2);
  assert.equal(asked.isOver, false);
  await asked.answer(0);
  assert.equal(asked.isOver, true);
});

test('without workers it is over at once', async () => {
  const asked = new Asked(0, 4);
  await asked.clock.advance(0);
  assert.equal(asked.isOver, true);
});
