/**
 * A route once more by the rules of the model, before it goes into a map: whoever built it, what is written is what the
 * model would have read.
 */

import { isRefusal, type Refusal } from '../../src/core/refusal.js';
import { parseHostRegex, parseRouteHost } from '../../src/documents/route-host.js';
import { parsePathExact, parsePathPrefix, parsePathRegex } from '../../src/documents/route-path.js';
import type { Route, RouteHost, RoutePath } from '../../src/model/app-definition.js';
import { RefusedValue } from './refused-value.js';

/** @throws RefusedValue */
export function assertRouteSpelling({ host, path }: Route): void {
  assertSame('edge.routes.host', host, readHost(host));
  assertSame('edge.routes.path', path, readPath(path));
}

function readHost(host: RouteHost): RouteHost | Refusal {
  switch (host.kind) {
    case 'exact':
      return parseRouteHost(host.host);
    case 'wildcard':
      return parseRouteHost(`*.${host.suffix}`);
    case 'regex':
      return parseHostRegex(host.pattern);
  }
}

function readPath(path: RoutePath): RoutePath | Refusal {
  switch (path.kind) {
    case 'exact':
      return parsePathExact(path.path);
    case 'prefix':
      return parsePathPrefix(path.path);
    case 'regex':
      return parsePathRegex(path.pattern);
  }
}

function assertSame(field: string, written: RouteHost | RoutePath, read: RouteHost | RoutePath | Refusal): void {
  if (isRefusal(read)) throw new RefusedValue(field, read.message);
  if (textOf(read) !== textOf(written)) throw new RefusedValue(field, 'would be read as something else');
}

function textOf(part: RouteHost | RoutePath): string {
  const { kind, ...rest } = part;
  return [kind, ...Object.values(rest)].join(' ');
}
