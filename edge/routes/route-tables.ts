/** What the maps of the edge hold: for each way to look an app up, keys and the apps they lead to. Pure. */
import type { EdgeApp } from '../edge-app.js';
import { mapKeyOf, type TableName, tableNameOf } from './map-key.js';
import { comparePrecedence, routesInOrder } from './precedence.js';

/** One line of a map. The key is whole, as HAProxy compares it; how it is written into a file is the writer's business. */
export interface MapEntry {
  readonly key: string;
  /** The name of the app. */
  readonly app: string;
}

/**
 * The keys are, `HOST` being a name or `*.` and a name, and `\x1f` the four characters that PCRE2 reads as one:
 * - exact: `HOST/path`, for map_str
 * - pathRegex: `^HOST\x1f(?:PATTERN)$` with the host escaped, for map_reg; the first match in this order counts
 * - prefix: `HOST/path/`, for map_beg, which finds the longest key in any order
 * - hostRegex: `^(?:PATTERN)\x1f(?:...)$`, for map_reg; the first match in this order counts
 *
 * Each key stands once. Requests are looked up with their name in exact, pathRegex and prefix, then with the first label
 * replaced by `*` in the same three, then in hostRegex.
 */
export type RouteTables = Readonly<Record<TableName, readonly MapEntry[]>>;

/** Equal apps give equal tables, in any order; no two of them may want the same route. */
export function routeTables(apps: readonly EdgeApp[]): RouteTables {
  const tables = { exact: new Map(), pathRegex: new Map(), prefix: new Map(), hostRegex: new Map() } as const;
  for (const { app, route } of routesInOrder(apps).toSorted(comparePrecedence)) {
    const table: Map<string, MapEntry> = tables[tableNameOf(route)];
    const key = mapKeyOf(route);
    // An exact path and an expression that says the same differ for people and not for the map: the first one counts.
    if (!table.has(key)) table.set(key, { key, app });
  }
  return {
    exact: sortedByKey(tables.exact.values()),
    pathRegex: [...tables.pathRegex.values()],
    prefix: sortedByKey(tables.prefix.values()),
    hostRegex: [...tables.hostRegex.values()],
  };
}

/** Trees need no order; people who compare two releases do. */
function sortedByKey(entries: Iterable<MapEntry>): readonly MapEntry[] {
  return [...entries].sort(({ key: one }, { key: other }) => (one < other ? -1 : one > other ? 1 : 0));
}
