/** For any routes and any request: the precedence as people read it, `edge route`, and the maps name the same app. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findApp } from '../../../edge/routes/find-app.js';
import { routeTables } from '../../../edge/routes/route-tables.js';
import { edgeApp } from '../../support/edge/edge-apps.js';
import { holds } from '../../support/properties.js';
import { createLookup } from './map-lookups.js';
import { naiveRoute } from './naive-router.js';
import { nearRequest, requestNear, routeSets } from './route-arbitraries.js';

const sets = routeSets({
  names: ['one', 'two', 'three', 'four'],
  routes: 24,
  zones: ['one.example', 'a.one.example', 'two.example'],
});

test('the naive router, find-app and the maps agree', async () => {
  const won = new Map<string, number>();
  await holds(
    fc.property(sets, fc.array(nearRequest, { minLength: 1, maxLength: 40 }), (set, requests) => {
      const apps = set.apps.map(({ name, routes }) => edgeApp(name, routes));
      const lookup = createLookup(routeTables(apps));
      for (const near of requests) {
        const { host, path } = requestNear(set, near);
        const expected = naiveRoute(set.apps, host, path);
        const found = findApp(apps, host, path);
        assert.equal(found?.app ?? null, expected, `find-app: ${host}${path} by ${JSON.stringify(found?.route)}`);
        assert.equal(lookup(host, path), expected, `the maps: ${host}${path}`);
        const kind = found === null ? 'nobody' : `${found.route.host.kind} ${found.route.path.kind}`;
        won.set(kind, (won.get(kind) ?? 0) + 1);
      }
    }),
    300,
  );
  assert.equal(won.size, 10, `each of the nine kinds of route won, and nobody: ${JSON.stringify([...won])}`);
});

test('the order of the apps says nothing', () =>
  holds(
    fc.property(sets, fc.array(nearRequest, { minLength: 1, maxLength: 20 }), (set, requests) => {
      const apps = set.apps.map(({ name, routes }) => edgeApp(name, routes));
      const [tables, others] = [routeTables(apps), routeTables(apps.toReversed())];
      assert.deepEqual(tables, others);
      for (const near of requests) {
        const { host, path } = requestNear(set, near);
        assert.equal(findApp(apps, host, path)?.app, findApp(apps.toReversed(), host, path)?.app);
      }
    }),
    60,
  ));
