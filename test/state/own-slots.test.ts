import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatProblem } from '../../src/model/problem.js';
import { withoutOwnSlots } from '../../src/state/own-slots.js';
import { appInstance, appOf } from '../support/apps.js';

const isBound = (address: string): boolean => address === '127.0.0.1';

test("an instance that is the app's own slot on this node is left out and named, the others stay", () => {
  const app = appOf('shop', 21_034, { instances: [appInstance(21_034), appInstance(8_080)] });
  const { apps, problems } = withoutOwnSlots([app], isBound);
  assert.deepEqual(
    apps[0]?.instances.map(({ id }) => id),
    ['127.0.0.1:8080'],
  );
  assert.equal(
    problems.map(formatProblem).join(),
    '/services/shop.yml:1:1: error: shop.instances: 127.0.0.1:21034 is the slot of the app itself on this node, ' +
      'so it is left out (write the address and the port of the container)',
  );
});

test('the same port elsewhere, and the slot of another app, are instances as any other', () => {
  const apps = [
    appOf('shop', 21_034, { instances: [appInstance(21_034, { host: '172.17.0.2' })] }),
    appOf('side', 21_036, { instances: [appInstance(21_034)] }),
  ];
  assert.deepEqual(withoutOwnSlots(apps, isBound), { apps, problems: [] });
});
