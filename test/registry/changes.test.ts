/** What a put says that it changes, key by key, and how a person reads it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Change, changesBetween, formatChange } from '../../src/registry/changes.js';
import { definitionOf, smallApp } from './put-options.js';

function lines(before: string | null, after: string | null): readonly string[] {
  const read = (text: string | null) => (text === null ? null : smallApp('shop', text).definition);
  return changesBetween(read(before), read(after)).map(formatChange);
}

test('a new app says all that its document says, a removed one the same the other way round', () => {
  const text = 'slot: 21034\nimage: shop:1\nenv: {LEVEL: debug}\nedge: {routes: [{host: www.one.example}]}\n';
  const added = lines(null, text);
  for (const line of [
    '+ name: shop',
    '+ pods: [alpha]',
    '+ protocol: http',
    '+ slot: 21034',
    '+ image: shop:1',
    '+ env.LEVEL',
    '+ edge.routes[0].host: www.one.example',
  ])
    assert.ok(added.includes(line), `${line} in ${added.join('\n')}`);
  assert.deepEqual(
    lines(text, null),
    added.map((line) => line.replace('+', '-')),
  );
});

test('what is changed, new and gone stands each on one line, and what is the same on none', () => {
  assert.deepEqual(
    lines(
      'image: shop:1\nnum_instances: 2\nenv: {A: "1", B: "2", C: "3"}\nedge: {routes: [{host: a.example}, {host: b.example}]}\n',
      'image: shop:2\nslot: 21034\nenv: {A: "1", B: "3", D: "4"}\nedge: {routes: [{host: a.example}]}\n',
    ).toSorted(),
    [
      '+ env.D',
      '+ slot: 21034',
      '- edge.routes[1].host: b.example',
      '- env.C',
      '~ env.B',
      '~ image: shop:1 → shop:2',
      '~ num_instances: 2 → 1',
    ],
  );
  assert.deepEqual(lines('image: shop:1\n', 'image: shop:1\n'), []);
});

test('a list of plain values is one value', () => {
  const read = (pods: string) => definitionOf(`name: shop\npods: ${pods}\nprotocol: http\n`).definition;
  assert.deepEqual(changesBetween(read('[alpha]'), read('[alpha, beta]')), [
    { key: 'pods', before: '[alpha]', after: '[alpha, beta]' },
  ]);
});

test('values of an environment are never shown, whichever way they change', () => {
  const read = (env: string) => smallApp('shop', env).definition;
  assert.deepEqual(changesBetween(read('env: {A: x, B: y}\n'), read('env: {B: z, C: w}\n')), [
    { key: 'env.A', before: '(not shown)', after: null },
    { key: 'env.B', before: '(not shown)', after: '(not shown)' },
    { key: 'env.C', before: null, after: '(not shown)' },
  ]);
});

test('a line is safe for a terminal', () => {
  const changes: readonly (readonly [Change, string])[] = [
    [{ key: 'a\n', before: null, after: '\x1b[2J' }, '+ a\\u000a: \\u001b[2J'],
    [{ key: 'a', before: 'é', after: null }, '- a: \\u00e9'],
    [{ key: 'a', before: 'x\r', after: 'y\t' }, '~ a: x\\u000d → y\\u0009'],
    [{ key: 'env.A\x07', before: 'x', after: 'y' }, '~ env.A\\u0007'],
    [{ key: 'environment', before: 'x', after: 'y' }, '~ environment: x → y'],
  ];
  for (const [change, line] of changes) assert.equal(formatChange(change), line);
});
