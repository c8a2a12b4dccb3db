import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeSources } from '../../src/state/merge.js';
import { appInstance, appOf } from '../support/node/apps.js';

test('apps of all sources come together, sorted by name', () => {
  const { apps, problems } = mergeSources([
    { name: 'directory', reading: { apps: [appOf('shop', 9000), appOf('blog', 9002)], problems: [] } },
    { name: 'consul', reading: { apps: [appOf('cart', 9004)], problems: [] } },
  ]);
  assert.deepEqual(
    apps.map(({ name }) => name),
    ['blog', 'cart', 'shop'],
  );
  assert.deepEqual(problems, []);
});

test('the first source wins whole, and both places are named', () => {
  const first = appOf('shop', 9000);
  const second = appOf('shop', 9100, { origin: { source: 'consul', location: 'apps/shop', line: null, col: null } });
  const { apps, problems } = mergeSources([
    { name: 'directory', reading: { apps: [first], problems: [] } },
    { name: 'consul', reading: { apps: [second], problems: [] } },
  ]);
  assert.deepEqual(apps, [first]);
  assert.equal(problems.length, 1);
  assert.equal(problems[0]?.severity, 'warning');
  assert.equal(problems[0]?.file, 'apps/shop');
  assert.match(problems[0]?.message ?? '', /consul is hidden by source directory.*\/services\/shop\.yml:1/);
});

test('an app is never half from one source and half from another, however many have it', () => {
  const readings = ['directory', 'consul', 'docker'].map((name, index) => ({
    name,
    reading: {
      apps: [
        appOf('shop', 9000 + 10 * index, {
          retries: index,
          instances: [appInstance(80 + index)],
          origin: { source: name, location: `${name}-place`, line: null, col: null },
        }),
      ],
      problems: [],
    },
  }));
  for (const order of [readings, [...readings].reverse()]) {
    const { apps, problems } = mergeSources(order);
    assert.deepEqual(apps, order[0]?.reading.apps);
    assert.deepEqual(
      problems.map(({ file }) => file),
      order.slice(1).map(({ name }) => `${name}-place`),
    );
  }
});

test('problems of the sources are passed on', () => {
  const problem = { severity: 'error', app: null, file: 'f', line: 1, col: 1, message: 'm', hint: null } as const;
  const { problems } = mergeSources([{ name: 'directory', reading: { apps: [], problems: [problem] } }]);
  assert.deepEqual(problems, [problem]);
});

test('nothing makes nothing', () => {
  assert.deepEqual(mergeSources([]), { apps: [], definitions: [], offers: [], leftOut: [], problems: [] });
});
