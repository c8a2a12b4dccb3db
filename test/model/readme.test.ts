import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { HEALTH_KEYS, LIMIT_KEYS, TIMEOUT_KEYS } from '../../src/model/app-keys.js';
import { APP_KEY_NAMES } from '../../src/model/service-document.js';

// From dist/test/model to the sources.
const README = readFileSync(new URL('../../../src/model/README.md', import.meta.url), 'utf8');

test('the README names each key of the table, and no other', () => {
  const named = [...README.matchAll(/^\| `([a-z_]+)` \|/gm)].map(([, name]) => name);
  assert.deepEqual(named.toSorted(), [...APP_KEY_NAMES].toSorted());
});

test('the README names the keys of each group in their order', () => {
  for (const table of [HEALTH_KEYS, TIMEOUT_KEYS, LIMIT_KEYS]) {
    assert.ok(README.includes(`\`{${Object.keys(table).join(', ')}}\``), Object.keys(table).join());
  }
});
