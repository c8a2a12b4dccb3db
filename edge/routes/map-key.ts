/** The one line that a route becomes in the maps, and in which of them. */
import type { Route, RouteHost, RoutePath } from '../../src/model/app-definition.js';

/** The ways to look an app up; RouteTables describes them. */
export type TableName = 'exact' | 'pathRegex' | 'prefix' | 'hostRegex';

/**
 * Between host and path in the keys of expressions: US, which occurs in no accepted host and no accepted path, so that no
 * expression for a host reaches into the path. Four characters here, one for PCRE2.
 */
const SEPARATOR = '\\x1f';

export function tableNameOf({ host, path }: Route): TableName {
  if (host.kind === 'regex') return 'hostRegex';
  return path.kind === 'regex' ? 'pathRegex' : path.kind;
}

/** As RouteTables describes it. Anchors and groups are added here: patterns come without, each whole in itself. */
export function mapKeyOf({ host, path }: Route): string {
  if (host.kind === 'regex') return `^(?:${host.pattern})${SEPARATOR}(?:${patternOf(path)})$`;
  const name = nameOf(host);
  if (path.kind === 'regex') return `^${escapeRegex(name)}${SEPARATOR}(?:${path.pattern})$`;
  return path.kind === 'exact' ? name + path.path : name + withLastSlash(path.path);
}

/** `*.one.example` as it stands in keys and as requests are brought to it; a name as it is. */
export function nameOf(host: Exclude<RouteHost, { readonly kind: 'regex' }>): string {
  return host.kind === 'exact' ? host.host : `*.${host.suffix}`;
}

/** Requests get a slash at their end too, so that whole segments match. */
function withLastSlash(prefix: string): string {
  return prefix === '/' ? prefix : `${prefix}/`;
}

function patternOf(path: RoutePath): string {
  switch (path.kind) {
    case 'regex':
      return path.pattern;
    case 'exact':
      return escapeRegex(path.path);
    case 'prefix':
      return path.path === '/' ? '/.*' : `${escapeRegex(path.path)}(?:/.*)?`;
  }
}

function escapeRegex(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
