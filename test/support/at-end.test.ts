import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { atEnd, type Ending, temporaryFolder } from './at-end.js';

/** A context whose end the test itself brings about. */
class EndedByHand implements Ending {
  readonly #hooks: (() => unknown)[] = [];

  after(end: () => unknown): void {
    this.#hooks.push(end);
  }

  async end(): Promise<void> {
    for (const hook of this.#hooks) await hook();
  }
}

test('the last is undone first, and what is slow is waited for', async () => {
  const context = new EndedByHand();
  const undone: string[] = [];
  atEnd(context, () => undone.push('first'));
  atEnd(context, async () => {
    await new Promise((resolve) => setImmediate(resolve));
    undone.push('second');
  });
  await context.end();
  assert.deepEqual(undone, ['second', 'first']);
});

test('what fails keeps nothing else from being undone, and is said', async () => {
  const context = new EndedByHand();
  const undone: string[] = [];
  atEnd(context, () => undone.push('first'));
  atEnd(context, () => {
    throw new Error('in the middle');
  });
  atEnd(context, () => undone.push('last'));
  await assert.rejects(context.end(), /in the middle/);
  assert.deepEqual(undone, ['last', 'first']);
});

test('what an undoing needs undone is undone too', async () => {
  const context = new EndedByHand();
  const undone: string[] = [];
  atEnd(context, () => {
    atEnd(context, () => undone.push('inner'));
  });
  await context.end();
  assert.deepEqual(undone, ['inner']);
});

test('a folder is there for the test, and goes after what was begun later', async () => {
  const context = new EndedByHand();
  const folder = temporaryFolder(context, 'at-end');
  const file = path.join(folder, 'late');
  atEnd(context, () => writeFileSync(file, ''));
  assert.ok(existsSync(folder));
  await context.end();
  assert.ok(!existsSync(folder));
});
