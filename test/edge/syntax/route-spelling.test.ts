/** Routes that the model would not have read, or would have read otherwise, reach no map. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertRouteSpelling } from '../../../edge/syntax/route-spelling.js';
import type { RouteHost, RoutePath } from '../../../src/model/app-definition.js';

const HOST: RouteHost = { kind: 'exact', host: 'shop.example' };
const PATH: RoutePath = { kind: 'prefix', path: '/a' };
const ORIGIN = { source: 'file', location: '/apps/shop.yml', line: null, col: null };

function check(host: RouteHost, path: RoutePath): void {
  assertRouteSpelling({ host, path, priority: 0, origin: ORIGIN });
}

test('routes as the model reads them pass', () => {
  for (const host of [
    HOST,
    { kind: 'wildcard', suffix: 'shop.example' },
    { kind: 'regex', pattern: 's-[0-9]+\\.shop\\.example' },
  ] as const) {
    for (const path of [
      PATH,
      { kind: 'prefix', path: '/' },
      { kind: 'exact', path: '/a/' },
      { kind: 'regex', pattern: '/u/[0-9]+' },
    ] as const) {
      check(host, path);
    }
  }
});

test('a host or path that the model refuses is refused with its reason', () => {
  const refusals: readonly [RouteHost, RoutePath, field: string, reason: RegExp][] = [
    [{ kind: 'exact', host: 'a b' }, PATH, 'host', /^is not a host name$/],
    [{ kind: 'wildcard', suffix: '*.a' }, PATH, 'host', /^has a "\*" in the wrong place$/],
    [{ kind: 'regex', pattern: 'a.*' }, PATH, 'host', /^does not end in a domain$/],
    [HOST, { kind: 'exact', path: 'a' }, 'path', /^does not begin with \/$/],
    [HOST, { kind: 'prefix', path: '/a//b' }, 'path', /^has two slashes in a row$/],
    [HOST, { kind: 'regex', pattern: 'a' }, 'path', /^matches no path/],
  ];
  for (const [host, path, field, reason] of refusals) {
    assert.throws(() => check(host, path), { name: 'RefusedValue', field: `edge.routes.${field}`, reason });
  }
});

test('a host or path that the model would read as another one is refused', () => {
  const reason = 'would be read as something else';
  const others: readonly [RouteHost, RoutePath, field: string][] = [
    [{ kind: 'exact', host: 'Shop.example' }, PATH, 'host'],
    [{ kind: 'exact', host: 'shop.example.' }, PATH, 'host'],
    [{ kind: 'exact', host: '*.shop.example' }, PATH, 'host'],
    [{ kind: 'wildcard', suffix: 'Shop.example' }, PATH, 'host'],
    [{ kind: 'regex', pattern: '^a\\.shop\\.example$' }, PATH, 'host'],
    [HOST, { kind: 'prefix', path: '/a/' }, 'path'],
    [HOST, { kind: 'regex', pattern: '^/a$' }, 'path'],
  ];
  for (const [host, path, field] of others) {
    assert.throws(() => check(host, path), { name: 'RefusedValue', field: `edge.routes.${field}`, reason });
  }
});
