import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { ENDPOINTS } from '../../src/admin/endpoints.js';

// From dist/test/admin to the sources.
const README = readFileSync(new URL('../../../src/admin/README.md', import.meta.url), 'utf8');

test('the README lists the endpoints as the table has them', () => {
  const rows = README.split('\n').filter((line) => /^\| `(GET|POST) /.test(line));
  assert.deepEqual(
    rows,
    ENDPOINTS.map(({ method, path, help }) => `| \`${method} ${path}\` | ${help} |`),
  );
});
