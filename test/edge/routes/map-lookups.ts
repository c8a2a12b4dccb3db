/** What HAProxy does with the tables: map_str, map_reg with the first match, map_beg with the longest key. */
import type { MapEntry, RouteTables } from '../../../edge/routes/route-tables.js';

export function createLookup(tables: RouteTables): (host: string, path: string) => string | null {
  const exact = new Map(tables.exact.map(({ key, app }) => [key, app]));
  const [pathRegex, hostRegex] = [compiled(tables.pathRegex), compiled(tables.hostRegex)];
  const firstMatch = (regexes: readonly (readonly [RegExp, string])[], text: string) =>
    regexes.find(([regex]) => regex.test(text))?.[1];
  const longest = (text: string) =>
    tables.prefix
      .filter(({ key }) => text.startsWith(key))
      .reduce<MapEntry | null>((best, one) => (best === null || one.key.length > best.key.length ? one : best), null)
      ?.app;
  const underName = (name: string, path: string) =>
    exact.get(name + path) ?? firstMatch(pathRegex, `${name}\x1f${path}`) ?? longest(`${name}${path}/`);
  return (host, path) =>
    underName(host, path) ??
    underName(host.replace(/^[^.]*/, '*'), path) ??
    firstMatch(hostRegex, `${host}\x1f${path}`) ??
    null;
}

function compiled(entries: readonly MapEntry[]): readonly (readonly [RegExp, string])[] {
  return entries.map(({ key, app }) => [new RegExp(key), app]);
}
