/**
 * Which of several routes that match a request gets it. Hosts first: exact name, wildcard, expression. Then, for a name or
 * a wildcard: exact path, path expressions (higher priority first), longest prefix.
 *
 * Several host expressions may match one host, and `priority` says which goes first: among routes with host expressions
 * the higher priority wins, and only at the same one exact path, path expression, longest prefix. What is equal in all
 * this goes by the name of the app, then by the order in its definition. Nothing depends on the order of files.
 */
import type { Route } from '../../src/model/app-definition.js';
import { openPods } from '../../src/model/open-pods.js';
import type { OwnedRoute } from '../../src/model/route-clashes.js';
import type { EdgeApp } from '../edge-app.js';

const HOST_RANK = { exact: 0, wildcard: 1, regex: 2 } as const;
const PATH_RANK = { exact: 0, regex: 1, prefix: 2 } as const;

/** All routes of apps that get requests; by name of the app, then as its definition has them. Sorting by precedence keeps this order of equals. */
export function routesInOrder(apps: readonly EdgeApp[]): readonly OwnedRoute[] {
  return apps
    .filter((app) => openPods(app).length > 0)
    .toSorted(({ name: one }, { name: other }) => (one < other ? -1 : 1))
    .flatMap(({ name, edge }) => edge.routes.map((route) => ({ app: name, route })));
}

/** For sorting: below zero when `one` goes before `other`. */
export function comparePrecedence({ route: one }: OwnedRoute, { route: other }: OwnedRoute): number {
  const byHost = HOST_RANK[one.host.kind] - HOST_RANK[other.host.kind];
  if (byHost !== 0) return byHost;
  const byPriority = other.priority - one.priority;
  if (one.host.kind === 'regex' && byPriority !== 0) return byPriority;
  const byPath = PATH_RANK[one.path.kind] - PATH_RANK[other.path.kind];
  if (byPath !== 0) return byPath;
  return one.path.kind === 'regex' ? byPriority : lengthOf(other) - lengthOf(one);
}

function lengthOf({ path }: Route): number {
  return path.kind === 'regex' ? 0 : path.path.length;
}
