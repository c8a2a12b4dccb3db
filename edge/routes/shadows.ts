/**
 * Routes that get fewer requests than they seem to: none at all, because another one always goes before, or fewer than
 * another app's author may think. Warnings; what is found is true, and not all that is true is found.
 */
import type { RouteHost } from '../../src/model/app-definition.js';
import { type Problem, problemOf } from '../../src/model/problem.js';
import type { OwnedRoute } from '../../src/model/route-clashes.js';
import { describeRoute } from '../../src/model/route-key.js';
import { parseSafeRegex } from '../../src/regex/safe-regex.js';
import type { EdgeApp } from '../edge-app.js';
import { nameOf } from './map-key.js';
import { wholeMatch } from './matches.js';
import { canShareRequests, coversPath } from './path-cover.js';
import { comparePrecedence, routesInOrder } from './precedence.js';

export function findShadows(apps: readonly EdgeApp[]): readonly Problem[] {
  const byHost = groupByHost(routesInOrder(apps).toSorted(comparePrecedence));
  return [...neverReached(byHost), ...takenFromWildcards(byHost), ...takenFromExpressions(byHost)];
}

/** Each host's routes by precedence; never none. */
type RoutesByHost = ReadonlyMap<string, readonly OwnedRoute[]>;

function groupByHost(routes: readonly OwnedRoute[]): RoutesByHost {
  const byHost = new Map<string, OwnedRoute[]>();
  for (const owned of routes) {
    const key = hostKey(owned.route.host);
    const others = byHost.get(key);
    if (others === undefined) byHost.set(key, [owned]);
    else others.push(owned);
  }
  return byHost;
}

function hostKey(host: RouteHost): string {
  return host.kind === 'regex' ? `regex ${host.pattern}` : nameOf(host);
}

/** Under one host: a route before it matches every path that it matches. */
function* neverReached(byHost: RoutesByHost): Iterable<Problem> {
  for (const routes of byHost.values()) {
    for (const [index, later] of routes.entries()) {
      // Most routes are names with exact paths and prefixes, which hide nothing from each other.
      if (later.route.host.kind !== 'regex' && later.route.path.kind === 'exact') continue;
      const earlier = routes.find(({ route }, at) => at < index && coversPath(route.path, later.route.path));
      if (earlier !== undefined) {
        const hint = 'give it a higher priority, or remove it';
        yield warningAt(later, `is never reached: ${phrase(earlier)} takes all its requests`, hint);
      }
    }
  }
}

/** A name, or an expression, under a wildcard of another app: both authors think it is theirs. */
function* takenFromWildcards(byHost: RoutesByHost): Iterable<Problem> {
  for (const routes of byHost.values()) {
    const host = routes[0]?.route.host;
    if (host === undefined || host.kind === 'wildcard') continue;
    if (host.kind === 'exact') {
      const suffix = host.host.slice(host.host.indexOf('.') + 1);
      const wildcards = byHost.get(nameOf({ kind: 'wildcard', suffix })) ?? [];
      yield* oncePerOwner(routes, wildcards, (own, wide) => {
        const message = `goes before ${phrase(wide)}, which matches this host too`;
        return warningAt(own, message, 'names go before wildcards; nothing to do if that is meant');
      });
      continue;
    }
    for (const wildcard of wildcardsAbove(host.pattern, byHost)) {
      yield* oncePerOwner(routes, wildcard, (own, wide) => {
        const message = `comes after ${phrase(wide)}, which matches such hosts too`;
        return warningAt(
          own,
          message,
          'wildcards go before expressions for hosts; write names where it has to go first',
        );
      });
    }
  }
}

function* wildcardsAbove(pattern: string, byHost: RoutesByHost): Iterable<readonly OwnedRoute[]> {
  const regex = parseSafeRegex(pattern);
  const end = 'literalEnd' in regex ? regex.literalEnd : '';
  for (let dot = end.indexOf('.'); dot !== -1; dot = end.indexOf('.', dot + 1)) {
    const wildcard = byHost.get(nameOf({ kind: 'wildcard', suffix: end.slice(dot + 1) }));
    if (wildcard !== undefined) yield wildcard;
  }
}

/** A name that another app's expression matches. */
function* takenFromExpressions(byHost: RoutesByHost): Iterable<Problem> {
  const expressions = [...byHost.values()].flatMap((routes) => {
    const host = routes[0]?.route.host;
    return host?.kind === 'regex' ? [{ whole: wholeMatch(host.pattern), routes }] : [];
  });
  for (const routes of byHost.values()) {
    const host = routes[0]?.route.host;
    if (host === undefined || host.kind !== 'exact') continue;
    for (const expression of expressions) {
      if (!expression.whole.test(host.host)) continue;
      yield* oncePerOwner(routes, expression.routes, (own, wide) => {
        const message = `goes before ${phrase(wide)}, which matches this host too`;
        return warningAt(own, message, 'names go before expressions; nothing to do if that is meant');
      });
    }
  }
}

/** For each pair of apps at one pair of hosts the first two routes that can match the same request, not all of them. */
function* oncePerOwner(
  routes: readonly OwnedRoute[],
  others: readonly OwnedRoute[],
  warn: (own: OwnedRoute, other: OwnedRoute) => Problem,
): Iterable<Problem> {
  const seen = new Set<string>();
  for (const own of routes) {
    for (const other of others) {
      const pair = `${own.app} ${other.app}`;
      if (own.app === other.app || seen.has(pair) || !canShareRequests(own.route.path, other.route.path)) continue;
      seen.add(pair);
      yield warn(own, other);
    }
  }
}

function phrase({ app, route }: OwnedRoute): string {
  return `${describeRoute(route)} of ${app}`;
}

function warningAt({ app, route }: OwnedRoute, message: string, hint: string): Problem {
  return problemOf({ name: app, origin: route.origin }, 'warning', `${app}: ${describeRoute(route)} ${message}`, hint);
}
