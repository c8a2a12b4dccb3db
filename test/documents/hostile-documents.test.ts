/**
 * A file that wants to stop the reader: nesting that exhausts the parser's stack (which ends the process, it is no
 * exception), aliases and merges that grow exponentially, and so many mistakes that naming them fills the memory.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseServiceDocument } from '../../src/documents/service-document.js';

function outcomeOf(text: string): string {
  return parseServiceDocument(text, 'a.yml', 'directory').outcome;
}

test('nesting of any kind is refused before it is parsed', () => {
  for (const open of ['[', '{a: ', '- ', '? ', 'a: {x: ', ': '])
    assert.equal(outcomeOf(open.repeat(100_000)), 'broken', open);
  const stairs = Array.from({ length: 1_000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('');
  assert.equal(outcomeOf(stairs), 'broken');
});

test('what is nested as deep as it may be is read', () => {
  assert.equal(outcomeOf(`a: ${'['.repeat(99)}${']'.repeat(99)}`), 'whole');
  assert.equal(outcomeOf(Array.from({ length: 190 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join('')), 'whole');
});

test('aliases and merges do not grow', () => {
  assert.equal(outcomeOf(`a: &a [x]\nb: [${'*a, '.repeat(1_001)}]`), 'broken');
  assert.equal(outcomeOf('a: &a [*a]'), 'whole');
  const levels = ['a0: &a0 {protocol: http, slot: 1}'];
  for (let level = 1; level < 12; level += 1) {
    levels.push(`a${level}: &a${level} {<<: [${`*a${level - 1}, `.repeat(10)}]}`);
  }
  const { problems } = parseServiceDocument(levels.join('\n'), 'a.yml', 'directory');
  assert.ok(problems.some(({ message }) => message.includes('merges too much')));
});

test('a map that merges itself is refused', () => {
  const { apps, refused } = parseServiceDocument('a: &a {<<: *a, protocol: http, slot: 5}', 'a.yml', 'directory');
  assert.deepEqual([apps.length, refused], [0, ['a']]);
});

test('of very many mistakes the first are named, and every app in error is known', () => {
  const text = Array.from({ length: 1_000 }, (_, index) => `app${index}: {}\n`).join('');
  const { problems, refused } = parseServiceDocument(text, 'a.yml', 'directory');
  assert.equal(problems.length, 50);
  assert.equal(refused.length, 1_000);
});

test('a message is one short line for any text', () => {
  const { problems } = parseServiceDocument(`a: ${'!'.repeat(100_000)}x {}`, 'a.yml', 'directory');
  for (const { message, hint } of problems) assert.ok(message.length + (hint?.length ?? 0) < 400);
});

test('noise is refused or read, and never thrown at the caller', () => {
  let seed = 1;
  const random = (): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed;
  };
  const alphabet = 'ab:- \n{}[]"\'&*!|>?#%,0.\t\\<~';
  for (let round = 0; round < 3_000; round += 1) {
    const letters = Array.from({ length: random() % 40 }, () => alphabet[random() % alphabet.length]);
    outcomeOf(letters.join(''));
  }
});
