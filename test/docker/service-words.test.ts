import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceWord, serviceWordOfPort } from '../../src/docker/service-words.js';

interface Case {
  readonly title: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly expected: string | null;
}

const CASES: readonly Case[] = [
  { title: 'nothing is said', expected: null },
  { title: 'a label', labels: { SERVICE_NAME: 'shop' }, expected: 'shop' },
  { title: 'a variable', env: { SERVICE_NAME: 'shop' }, expected: 'shop' },
  { title: 'a label before a variable', labels: { SERVICE_NAME: 'a' }, env: { SERVICE_NAME: 'b' }, expected: 'a' },
  { title: 'the port before all', labels: { SERVICE_NAME: 'a' }, env: { SERVICE_80_NAME: 'b' }, expected: 'b' },
  { title: 'another port', labels: { SERVICE_8080_NAME: 'a' }, expected: null },
  { title: 'an empty word is absent', labels: { SERVICE_80_NAME: '', SERVICE_NAME: 'a' }, expected: 'a' },
  {
    title: 'an empty label leaves the variable',
    labels: { SERVICE_NAME: '' },
    env: { SERVICE_NAME: 'a' },
    expected: 'a',
  },
  { title: 'small letters behind the prefix', labels: { SERVICE_80_name: 'a' }, expected: 'a' },
  { title: 'a prefix in small letters is of somebody else', labels: { service_name: 'a' }, expected: null },
  { title: 'words that only begin so', labels: { SERVICE_NAMES: 'a' }, expected: null },
];

for (const { title, labels = {}, env = {}, expected } of CASES) {
  test(`a word of registrator: ${title}`, () => {
    const container = { labels: new Map(Object.entries(labels)), env: new Map(Object.entries(env)) };
    assert.equal(serviceWord(container, 80, 'NAME'), expected);
  });
}

test('what was said of one port alone is told apart from what was said of all', () => {
  const env = new Map([
    ['SERVICE_NAME', 'all'],
    ['SERVICE_80_NAME', 'web'],
  ]);
  assert.equal(serviceWordOfPort({ labels: new Map(), env }, 80, 'NAME'), 'web');
  assert.equal(serviceWordOfPort({ labels: new Map(), env }, 81, 'NAME'), null);
});
