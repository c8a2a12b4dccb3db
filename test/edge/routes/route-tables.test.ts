/** The keys as HAProxy compares them, and that equal apps give equal tables. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routeTables } from '../../../edge/routes/route-tables.js';
import { edgeApp } from '../../support/edge/edge-apps.js';

const shop = edgeApp('shop', [
  { host: 'WWW.one.example.', path: '/checkout/' },
  { host: '*.one.example' },
  { host: '*.one.example', path_exact: '/status' },
  { host: 'a-b.one.example', path_regex: '^/u/[0-9]+$' },
  { host: '*.one.example', path_regex: '/a|/b', priority: 1 },
  { host_regex: '^s-[0-9]+\\.one\\.example$', path: '/admin.v1' },
]);
const site = edgeApp('site', [
  { host: 'www.one.example' },
  { host_regex: 'x\\.one\\.example', path_exact: '/a+b' },
  { host_regex: 'x\\.one\\.example', path_regex: '/u|/v' },
  { host_regex: 'x\\.one\\.example' },
]);

test('each kind of route has its key in its table', () => {
  assert.deepEqual(routeTables([shop, site]), {
    exact: [{ key: '*.one.example/status', app: 'shop' }],
    pathRegex: [
      { key: '^a-b\\.one\\.example\\x1f(?:/u/[0-9]+)$', app: 'shop' },
      { key: '^\\*\\.one\\.example\\x1f(?:/a|/b)$', app: 'shop' },
    ],
    prefix: [
      { key: '*.one.example/', app: 'shop' },
      { key: 'www.one.example/', app: 'site' },
      { key: 'www.one.example/checkout/', app: 'shop' },
    ],
    hostRegex: [
      { key: '^(?:x\\.one\\.example)\\x1f(?:/a\\+b)$', app: 'site' },
      { key: '^(?:x\\.one\\.example)\\x1f(?:/u|/v)$', app: 'site' },
      { key: '^(?:s-[0-9]+\\.one\\.example)\\x1f(?:/admin\\.v1(?:/.*)?)$', app: 'shop' },
      { key: '^(?:x\\.one\\.example)\\x1f(?:/.*)$', app: 'site' },
    ],
  });
});

test('the order of the apps changes nothing', () => {
  assert.equal(JSON.stringify(routeTables([site, shop])), JSON.stringify(routeTables([shop, site])));
});

test('a key stands once, and the route that goes first has it', () => {
  const exact = edgeApp('exact', [{ host_regex: 'x\\.one\\.example', path_exact: '/a' }]);
  const written = edgeApp('also', [{ host_regex: 'x\\.one\\.example', path_regex: '/a' }]);
  assert.deepEqual(routeTables([written, exact]).hostRegex, [
    { key: '^(?:x\\.one\\.example)\\x1f(?:/a)$', app: 'exact' },
  ]);
});
