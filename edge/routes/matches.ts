/** What a route says about a host and a path, read literally. */
import type { Route, RouteHost, RoutePath } from '../../src/model/app-definition.js';

/** @param host in lower case, without port and without a dot at its end */
function matchesHost(routeHost: RouteHost, host: string): boolean {
  switch (routeHost.kind) {
    case 'exact':
      return routeHost.host === host;
    case 'wildcard':
      return host.includes('.') && host.slice(host.indexOf('.') + 1) === routeHost.suffix;
    case 'regex':
      return wholeMatch(routeHost.pattern).test(host);
  }
}

/** @param path as it stands in the request, without the query */
export function matchesPath(routePath: RoutePath, path: string): boolean {
  switch (routePath.kind) {
    case 'exact':
      return routePath.path === path;
    case 'prefix':
      return routePath.path === '/' || path === routePath.path || path.startsWith(`${routePath.path}/`);
    case 'regex':
      return wholeMatch(routePath.pattern).test(path);
  }
}

export function matchesRequest({ host, path }: Route, requestHost: string, requestPath: string): boolean {
  return matchesHost(host, requestHost) && matchesPath(path, requestPath);
}

/** Patterns of routes mean the same here and in PCRE2; model/safe-regex.ts sees to it. */
export function wholeMatch(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`);
}
