import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatDuration } from '../../src/core/durations.js';
import { HEALTH_KEYS, LIMIT_KEYS, TIMEOUT_KEYS } from '../../src/documents/app-keys.js';
import { SETTING_KEYS } from '../../src/documents/app-settings.js';
import { DEFINITION_KEYS } from '../../src/documents/definition-keys.js';
import { EDGE_KEYS, RATE_KEYS, ROUTE_KEYS, TLS_KEYS } from '../../src/documents/edge-keys.js';
import { HEALTHCHECK_KEYS, PLACEMENT_KEYS, SHARE_KEYS, UPDATE_KEYS } from '../../src/documents/placement-keys.js';
import { APP_KEY_NAMES } from '../../src/documents/service-document.js';
import { PLACEMENT_DEFAULTS } from '../../src/model/placement.js';

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

test('the page on placement names each key with its default, and no other', () => {
  const page = readFileSync(new URL('../../../docs/placement.md', import.meta.url), 'utf8');
  const section = page.slice(page.indexOf('| in `placement` |'), page.indexOf('## Updates'));
  const rows = [...section.matchAll(/^\| (`[^|]+`) \|[^|]+\| ([^|]+) \|$/gm)];
  const named = rows.flatMap(([, keys = '']) => [...keys.matchAll(/`([a-z_.]+)`/g)].map(([, key = '']) => key));
  const groups = { limits: SHARE_KEYS, reservations: SHARE_KEYS, healthcheck: HEALTHCHECK_KEYS, update: UPDATE_KEYS };
  const all = Object.keys(PLACEMENT_KEYS).flatMap((key) => {
    const inner = groups[key as keyof typeof groups];
    return inner === undefined ? [key] : Object.keys(inner).map((name) => `${key}.${name}`);
  });
  assert.deepEqual(named.toSorted(), all.toSorted());
  const { healthcheck, update, restartDelayMs } = PLACEMENT_DEFAULTS;
  const defaults: Readonly<Record<string, string | number>> = {
    'healthcheck.source': healthcheck.source,
    'healthcheck.interval': formatDuration(healthcheck.intervalMs),
    'healthcheck.timeout': formatDuration(healthcheck.timeoutMs),
    'healthcheck.retries': healthcheck.retries,
    'healthcheck.start_period': formatDuration(healthcheck.startPeriodMs),
    'update.order': update.order,
    'update.parallelism': update.parallelism,
    'update.monitor': formatDuration(update.monitorMs),
    'update.on_failure': update.onFailure,
    restart_delay: formatDuration(restartDelayMs),
  };
  for (const [key, expected] of Object.entries(defaults)) {
    const [, , written] = rows.find(([, keys]) => keys === `\`${key}\``) ?? [];
    assert.equal(written?.replaceAll('`', ''), String(expected), key);
  }
});
