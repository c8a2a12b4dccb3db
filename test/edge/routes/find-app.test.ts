/** The maps and the documented precedence say the same about every request. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findApp } from '../../../edge/routes/find-app.js';
import { routeTables } from '../../../edge/routes/route-tables.js';
import { SeededRandom } from '../../support/seeded-random.js';
import { createLookup } from './map-lookups.js';
import { randomApps, randomHost, randomPath } from './seeded-routes.js';

const SETS = 300;
const REQUESTS = 60;

test('for random routes and requests the maps lead where the precedence says', () => {
  const found = new Map<string, number>();
  for (let seed = 1; seed <= SETS; seed += 1) {
    const random = new SeededRandom(seed);
    const apps = randomApps(random);
    const lookup = createLookup(routeTables(apps));
    for (let count = 0; count < REQUESTS; count += 1) {
      const [host, path] = [randomHost(random), randomPath(random)];
      const expected = findApp(apps, host, path);
      const where = `seed ${seed}: ${host}${path} by ${JSON.stringify(expected?.route)}`;
      assert.equal(lookup(host, path), expected?.app ?? null, where);
      const kind = expected === null ? 'none' : `${expected.route.host.kind} ${expected.route.path.kind}`;
      found.set(kind, (found.get(kind) ?? 0) + 1);
    }
  }
  assert.equal(found.size, 10, `each of nine kinds and none won: ${JSON.stringify([...found])}`);
});
