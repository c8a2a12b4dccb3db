/** Whom an instance that is left out is laid to: the file that lists it, or the labels of its container. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leftOutProblem, withoutInstances } from '../../src/state/left-out-instances.js';
import { appInstance, appOf } from '../support/node/apps.js';

const container = { id: '0123456789ab'.padEnd(64, '0'), name: 'web-1' };
const [FIRST, SECOND] = [appInstance(80), appInstance(81)];
const SHOP = appOf('shop', 9_000, { instances: [FIRST, SECOND] });

test('the file is named for what it lists and for what has no container, else the container', () => {
  const of = (instance: typeof FIRST, listed: readonly (typeof FIRST)[] | null) => {
    const definitions = [
      appOf('blog', 9_010, { instances: [FIRST] }),
      ...(listed === null ? [] : [{ ...SHOP, instances: listed }]),
    ];
    const { file, line, message } = leftOutProblem(definitions, SHOP, instance, 'is odd');
    return [file, line, message];
  };
  const byFile = ['/services/shop.yml', 1, `shop.instances: ${FIRST.id} is odd, so it is left out`];
  const byLabels = [
    'container web-1 (0123456789ab)',
    null,
    `shop: ${FIRST.id}, where its labels place it, is odd, so it is left out`,
  ];
  assert.deepEqual(of(FIRST, [FIRST]), byFile);
  assert.deepEqual(of(FIRST, []), byFile);
  assert.deepEqual(of({ ...FIRST, container }, [SECOND, FIRST]), byFile);
  assert.deepEqual(of({ ...FIRST, container }, [SECOND]), byLabels);
  assert.deepEqual(of({ ...FIRST, container }, []), byLabels);
  assert.deepEqual(of({ ...FIRST, container }, null), byLabels, 'another app lists it');
});

test('only what is left out goes, and apps without it are the same ones', () => {
  const blog = appOf('blog', 9_010, { instances: [appInstance(80)] });
  const apps = [SHOP, blog];
  assert.equal(withoutInstances(apps, new Set()), apps);
  const [shop, same] = withoutInstances(apps, new Set([FIRST]));
  assert.deepEqual(shop?.instances, [SECOND]);
  assert.equal(same, blog);
});
