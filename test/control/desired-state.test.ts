/** What of all that the sources say the node is to serve. The rules themselves are tried where they stand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { desiredStateOf } from '../../src/control/desired-state.js';
import type { App } from '../../src/model/app.js';
import { appInstance, appOf } from '../support/node/apps.js';
import { configOf } from './configs.js';

const config = configOf({ bind: '127.0.0.1', admin: { host: '127.0.0.1', port: 1_936 } });
const UNDECIDED = { list: () => [], weights: () => [] };

function desired(apps: readonly App[], inForce: readonly App[] = [], overrides = UNDECIDED) {
  const merged = { apps, definitions: apps, offers: [], leftOut: [], problems: [] };
  return desiredStateOf(merged, inForce, { config, overrides });
}

const namesOf = (apps: readonly App[]) => apps.map(({ name }) => name);

test('a slot on the port of the admin API is refused', () => {
  const { apps, problems } = desired([appOf('shop', 20_000), appOf('greedy', 1_935)]);
  assert.deepEqual(namesOf(apps), ['shop']);
  assert.match(problems[0]?.message ?? '', /^greedy: its health port 1936 .* used by this node itself/);
});

test('who has a slot keeps it against one whose name or place comes first', () => {
  const [first, second] = [appOf('blog', 20_000), appOf('shop', 20_000)];
  assert.deepEqual(namesOf(desired([first, second]).apps), ['blog']);
  assert.deepEqual(namesOf(desired([first, second], [second]).apps), ['shop']);
});

test('an instance is left out that is the admin API, a health port of the node, or the slot of the app itself', () => {
  const ports = [1_936, 20_001, 20_000, 8_080];
  const shop = appOf('shop', 20_000, { instances: ports.map((port) => appInstance(port)) });
  const { apps, undecided, problems } = desired([shop]);
  for (const [app] of [apps, undecided]) {
    assert.deepEqual(
      app?.instances.map(({ port }) => port),
      [8_080],
    );
  }
  assert.equal(problems.length, 3);
});

test('decisions stand beside what the sources say', () => {
  const decided = { app: 'shop', instance: '127.0.0.1:8080', life: null, by: 'ann', at: '2024-01-01T00:00:00Z' };
  const { apps, undecided } = desired([appOf('shop', 20_000, { instances: [appInstance(8_080)] })], [], {
    list: () => [{ ...decided, state: 'drain' }],
    weights: () => [{ ...decided, weight: 7 }],
  } as never);
  const facts = (of: readonly App[]) => of[0]?.instances.map(({ state, weight }) => [state, weight]);
  assert.deepEqual([facts(apps), facts(undecided)], [[['drain', 7]], [['ready', 100]]]);
});
