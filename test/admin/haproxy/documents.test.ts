import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COLUMNS } from '../../../src/admin/haproxy/columns.js';
import type { Row } from '../../../src/admin/haproxy/row-values.js';
import { rowsOf } from '../../../src/admin/haproxy/rows.js';
import { appView, DOWN_CHECK, instanceAt, proxyView, serverView, UP_CHECK } from './views.js';

// From dist/test/admin/haproxy to the sources.
const PAGE = readFileSync(new URL('../../../../docs/haproxy-tools.md', import.meta.url), 'utf8');

/** With a value in every column that can have one. */
function fullRows(): readonly Row[] {
  const health = { ...UP_CHECK.last, ok: true, code: 'L7OK', status: 200, tookMs: 1, detail: 'status 200' };
  const server = serverView(instanceAt('172.17.0.2', 8_080), { check: { ...UP_CHECK, last: health } });
  const limits = { connections: 10, queue: 10 };
  const view = appView(
    [server],
    { stickyCookie: 'SERVED_BY', limits },
    { neighbors: [{ host: '10.0.0.2', check: DOWN_CHECK }] },
  );
  view.counters.clientLimit = 100;
  return rowsOf(proxyView([view]));
}

test('the page lists the columns that have a value in each kind of row', () => {
  const rows = [
    ...PAGE.matchAll(/^\| (FRONTEND|server|BACKEND|server of `shop_backup`|BACKEND of `shop_backup`) \| (.+) \|$/gm),
  ];
  const written = Object.fromEntries(rows.map(([, row, columns]) => [row, columns]));
  const [frontend, server, backend, neighbor, backup] = fullRows();
  const filled = (row: Row | undefined): string =>
    COLUMNS.filter(({ name }) => (row?.values[name] ?? null) !== null)
      .map(({ name }) => `\`${name}\``)
      .join(', ');
  assert.deepEqual(written, {
    FRONTEND: filled(frontend),
    server: filled(server),
    BACKEND: filled(backend),
    'server of `shop_backup`': filled(neighbor),
    'BACKEND of `shop_backup`': filled(backup),
  });
});
