import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SharedAnswer } from '../../src/core/shared-answer.js';

/** What is gathered ends when the test says so. */
class Gathering {
  readonly #ends: { readonly resolve: (answer: number) => void; readonly reject: (error: Error) => void }[] = [];
  readonly answer = new SharedAnswer(
    () => new Promise<number>((resolve, reject) => this.#ends.push({ resolve, reject })),
  );

  get begun(): number {
    return this.#ends.length;
  }

  async end(): Promise<void> {
    this.#ends.at(-1)?.resolve(this.begun);
    await settled();
  }

  async fail(): Promise<void> {
    this.#ends.at(-1)?.reject(new Error('no answer'));
    await settled();
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('who asks while it is gathered gets what is gathered after that, together', async () => {
  const gathering = new Gathering();
  const first = gathering.answer.ask();
  const others = [gathering.answer.ask(), gathering.answer.ask(), gathering.answer.ask()];
  await settled();
  assert.equal(gathering.begun, 1);
  await gathering.end();
  assert.equal(await first, 1);
  assert.equal(gathering.begun, 2);
  const late = gathering.answer.ask();
  await gathering.end();
  assert.deepEqual(await Promise.all(others), [2, 2, 2]);
  await gathering.end();
  assert.equal(await late, 3);
});

test('who asks when nothing is gathered gets an answer of its own time', async () => {
  const gathering = new Gathering();
  for (const expected of [1, 2]) {
    const answer = gathering.answer.ask();
    await gathering.end();
    assert.equal(await answer, expected);
  }
});

test('a failure is the failure of those alone who shared it', async () => {
  const gathering = new Gathering();
  const first = gathering.answer.ask();
  const second = gathering.answer.ask();
  await gathering.fail();
  await assert.rejects(first, /no answer/);
  await gathering.end();
  assert.equal(await second, 2);
});
