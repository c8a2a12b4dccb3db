/** Two apps may not want the same requests: which of them got one would depend on an order that nobody wrote. Pure. */
import type { AppDefinition, Route } from '../model/app-definition.js';
import { routeKey } from '../model/edge-keys.js';

export interface RouteClash {
  readonly route: Route;
  /** The app that has it. */
  readonly owner: string;
  readonly ownersRoute: Route;
}

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
