import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseFiles, Rotation } from '../../../src/sources/directory/file-choice.js';

const NAMES = ['a.yml', 'b.yml', 'c.yml', 'd.yml', 'e.yml'];

test('up to the limit all are read, and nothing is wrong', () => {
  assert.deepEqual(
    chooseFiles('/services', NAMES, () => false, 5),
    { names: NAMES, problem: null },
  );
});

test('beyond it, those that are in force stay, then the first by name come; the problem names both numbers', () => {
  const isKnown = (name: string): boolean => ['d.yml', 'e.yml'].includes(name);
  const { names, problem } = chooseFiles('/services', NAMES, isKnown, 3);
  assert.deepEqual(names, ['a.yml', 'd.yml', 'e.yml']);
  assert.equal(problem?.file, '/services');
  assert.equal(problem?.message, 'there are 5 service files, and 3 are read; the first that is left out is b.yml');
});

test('a rotation comes to each item in turn, also when the list changes', () => {
  const rotation = new Rotation(2);
  const turns = Array.from({ length: 5 }, () =>
    rotation
      .take(NAMES)
      .map((name) => name.charAt(0))
      .join(''),
  );
  assert.deepEqual(turns, ['ab', 'cd', 'ea', 'bc', 'de']);
  assert.deepEqual(rotation.take(['x', 'y']), ['x', 'y']);
  const seen = new Set(Array.from({ length: 3 }, () => rotation.take(NAMES.slice(1))).flat());
  assert.equal(seen.size, 4);
});
