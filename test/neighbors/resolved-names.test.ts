import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResolvedNames } from '../../src/neighbors/resolved-names.js';
import { FakeClock } from '../support/fake-clock.js';

function createWorld() {
  const clock = new FakeClock();
  const answers = new Map<string, readonly string[]>();
  const asked: string[] = [];
  let changes = 0;
  const names = new ResolvedNames({
    clock,
    random: () => 0.5,
    resolve: async (name) => {
      asked.push(name);
      const found = answers.get(name);
      if (found === undefined) throw new Error('ENOTFOUND');
      return found;
    },
    onChange: () => {
      changes += 1;
    },
  });
  return { clock, answers, asked, names, changes: () => changes };
}

test('a name is resolved at once and again, and its last good answer counts for ever', async () => {
  const { clock, answers, asked, names, changes } = createWorld();
  answers.set('b', ['fd00::2', '10.0.0.2', 'no address']);
  names.follow(['b']);
  assert.deepEqual([names.addressesOf('b'), names.failureOf('b')], [[], null], 'it is under way');
  await clock.advance(0);
  assert.deepEqual([names.addressesOf('b'), changes()], [['10.0.0.2', 'fd00::2'], 1]);
  answers.set('b', []);
  await clock.advance(300_000);
  assert.deepEqual(
    [names.addressesOf('b'), names.failureOf('b'), changes()],
    [['10.0.0.2', 'fd00::2'], 'it has no address', 2],
  );
  assert.equal(asked.length, 11);
  answers.set('b', ['10.0.0.3']);
  await clock.advance(30_000);
  assert.deepEqual([names.addressesOf('b'), names.failureOf('b')], [['10.0.0.3'], null]);
});

test('what has never resolved is asked more often; what is not followed any more is not asked, and forgotten', async () => {
  const { clock, answers, asked, names, changes } = createWorld();
  names.follow(['b', 'b', 'c']);
  await clock.advance(10_000);
  assert.equal(asked.length, 12);
  assert.equal(names.failureOf('b'), 'ENOTFOUND');
  names.follow(['c']);
  answers.set('c', ['10.0.0.3']);
  await clock.advance(2_000);
  assert.deepEqual(names.addressesOf('c'), ['10.0.0.3']);
  assert.equal(names.failureOf('b'), null);
  const before = [asked.length, changes()];
  names.stop();
  await clock.advance(100_000);
  assert.deepEqual([asked.length, changes()], before);
});
