import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { HEALTH_KEYS, LIMIT_KEYS, TIMEOUT_KEYS } from '../../src/documents/app-keys.js';
import { SETTING_KEYS } from '../../src/documents/app-settings.js';
import { DEFINITION_KEYS } from '../../src/documents/definition-keys.js';
import { EDGE_KEYS, RATE_KEYS, ROUTE_KEYS, TLS_KEYS } from '../../src/documents/edge-keys.js';
import { HEALTHCHECK_KEYS, PLACEMENT_KEYS, SHARE_KEYS, UPDATE_KEYS } from '../../src/documents/placement-keys.js';
import { APP_KEY_NAMES } from '../../src/documents/service-document.js';

// From dist/test/model to the sources.
const README = readFileSync(new URL('../../../src/documents/README.md', import.meta.url), 'utf8');

test('the README names each key of the table, and no other', () => {
  const section = README.slice(0, README.indexOf('## The keys of a definition'));
  const named = [...section.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name);
  assert.deepEqual(named.toSorted(), [...APP_KEY_NAMES].toSorted());
});

test('the README names each key that a definition has of its own, and no other', () => {
  const section = README.slice(README.indexOf('| definition |'), README.indexOf('| in `edge` |'));
  const named = [...section.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name);
  const own = Object.keys(DEFINITION_KEYS).filter((name) => !(name in SETTING_KEYS) && name !== 'native_port');
  assert.deepEqual(named, own);
  const placement = [PLACEMENT_KEYS, SHARE_KEYS, HEALTHCHECK_KEYS, UPDATE_KEYS];
  for (const table of [EDGE_KEYS, TLS_KEYS, ROUTE_KEYS, RATE_KEYS, ...placement]) {
    const keys = Object.keys(table);
    assert.ok(README.includes(`\`{${keys.join(', ')}}\``), keys.join());
  }
});

test('the README names the keys of each group in their order', () => {
  for (const table of [HEALTH_KEYS, TIMEOUT_KEYS, LIMIT_KEYS]) {
    assert.ok(README.includes(`\`{${Object.keys(table).join(', ')}}\``), Object.keys(table).join());
  }
});
