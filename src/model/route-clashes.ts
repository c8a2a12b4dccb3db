/** Two apps may not want the same requests: which of them got one would depend on an order that nobody wrote. Pure. */
import type { AppDefinition, Route } from './app-definition.js';
import { routeKey } from './route-key.js';

interface RouteClash {
  readonly route: Route;
  /** The app that has it. */
  readonly owner: string;
  readonly ownersRoute: Route;
}

export interface OwnedRoute {
  readonly app: string;
  readonly route: Route;
}

/** What stands between one definition and the others. */
export function findRouteClashes(definition: AppDefinition, others: Iterable<AppDefinition>): readonly RouteClash[] {
  const own = new Map((definition.edge?.routes ?? []).map((route) => [routeKey(route), route]));
  const clashes: RouteClash[] = [];
  if (own.size === 0) return clashes;
  for (const { name, edge } of others) {
    if (name === definition.name) continue;
    for (const ownersRoute of edge?.routes ?? []) {
      const route = own.get(routeKey(ownersRoute));
      if (route !== undefined) clashes.push({ route, owner: name, ownersRoute });
    }
  }
  return clashes;
}

/** What stands between any of them, in one walk: for each route that several apps want, all of these. */
export function findContestedRoutes(definitions: Iterable<AppDefinition>): readonly (readonly OwnedRoute[])[] {
  const byKey = new Map<string, OwnedRoute[]>();
  for (const { name, edge } of definitions) {
    for (const route of edge?.routes ?? []) {
      const key = routeKey(route);
      const owners = byKey.get(key);
      if (owners === undefined) byKey.set(key, [{ app: name, route }]);
      else owners.push({ app: name, route });
    }
  }
  return [...byKey.values()].filter((owners) => owners.some(({ app }) => app !== owners[0]?.app));
}
