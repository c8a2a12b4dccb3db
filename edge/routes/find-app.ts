/** Which app gets a request, straight from the routes and their precedence: what the maps are held against. Pure. */
import type { OwnedRoute } from '../../src/model/route-clashes.js';
import type { EdgeApp } from '../edge-app.js';
import { matchesRequest } from './matches.js';
import { comparePrecedence, routesInOrder } from './precedence.js';

/**
 * @param host in lower case, without port and without a dot at its end
 * @param path without the query, in the spelling that routes are compared with (`routedPath`)
 * @returns all routes that match, the one that gets the request first
 */
export function findRoutes(apps: readonly EdgeApp[], host: string, path: string): readonly OwnedRoute[] {
  return routesInOrder(apps)
    .filter(({ route }) => matchesRequest(route, host, path))
    .toSorted(comparePrecedence);
}

/** @returns the app and its route, or null: the answer is 404 */
export function findApp(apps: readonly EdgeApp[], host: string, path: string): OwnedRoute | null {
  return findRoutes(apps, host, path)[0] ?? null;
}
