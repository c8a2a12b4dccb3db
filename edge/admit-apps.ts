/** Judges apps and certificates together: one app's fault never takes another one down. Pure. */

import type { Refusal } from '../src/core/refusal.js';
import type { AppDefinition, Route } from '../src/model/app-definition.js';
import { errorsFirst, type Problem, placeOf, problemOf } from '../src/model/problem.js';
import { findContestedRoutes, type OwnedRoute } from '../src/model/route-clashes.js';
import { describeRoute } from '../src/model/route-key.js';
import { refuseClashes } from '../src/model/slot-clashes.js';
import type { Admission, HeldSlots } from './admission.js';
import type { JudgedDomain } from './certificates/domain.js';
import { DomainIndex } from './certificates/domain-index.js';
import type { EdgeApp } from './edge-app.js';
import { withinRegexBudget } from './routes/regex-budget.js';
import { routeTables } from './routes/route-tables.js';
import { findShadows } from './routes/shadows.js';

/**
 * Apps without a way in are passed over. Refused are, in this order: apps whose slot another app has, with or without a
 * way in, since a node would answer with that one; apps with a host that no good certificate covers; of the rest all that
 * want a route which another one wants too, since an order that nobody wrote would decide; and those whose expressions
 * are too many.
 * @param held slots by the names of the apps that have them already
 */
export function admitApps(
  definitions: Iterable<AppDefinition>,
  domains: readonly JudgedDomain[],
  held: HeldSlots = new Map(),
): Admission {
  const all = [...definitions];
  const clashing = slotClashes(all, held);
  const candidates = without(all.filter(hasWayIn).sort(byName), clashing);
  const index = new DomainIndex(domains);
  const uncovered = candidates.flatMap((app) => coverProblems(app, index));
  const covered = without(candidates, uncovered);
  const contested = findContestedRoutes(covered).flatMap(clashProblems);
  const { apps, problems: overBudget } = withinRegexBudget(without(covered, contested));
  const errors = [...ofWaysIn(clashing, all), ...uncovered, ...contested, ...overBudget];
  const ofDomains = domains.flatMap(({ problems }) => problems);
  return {
    apps,
    tables: routeTables(apps),
    domains: domains.toSorted(byName),
    refused: [...new Set(errors.map(({ app }) => app).filter((app) => app !== null))].sort(),
    problems: errorsFirst([...ofDomains, ...errors, ...findShadows(apps)]),
  };
}

function hasWayIn(definition: AppDefinition): definition is EdgeApp {
  return definition.edge !== null;
}

/** What the nodes refuse too: by the same rule, so that both sides serve the same app. */
function slotClashes(definitions: readonly AppDefinition[], held: HeldSlots): readonly Problem[] {
  const users = definitions.flatMap(({ name, slot, origin }) => (slot === null ? [] : [{ name, slot, origin }]));
  const previous = [...held].map(([name, slot]) => ({ name, slot }));
  // Which ports the nodes need themselves is known at the nodes.
  return refuseClashes(users, previous, []).problems;
}

/** An app that no request of the front door comes to is not this one's to refuse. */
function ofWaysIn(problems: readonly Problem[], definitions: readonly AppDefinition[]): readonly Problem[] {
  const names = new Set(definitions.filter(hasWayIn).map(({ name }) => name));
  return problems.filter(({ app }) => app !== null && names.has(app));
}

/** One for each host of the app that no connection can be had for. */
function coverProblems(app: EdgeApp, index: DomainIndex): readonly Problem[] {
  const wanted = app.edge.tls.domain;
  const domain = wanted === null ? null : index.named(wanted);
  if (wanted !== null && domain === null) {
    const message = `${app.name}: edge.tls.domain: the site has no domain ${wanted}`;
    return [problemOf(app, 'error', message, 'name a domain of edge.yml, or leave it out')];
  }
  const seen = new Set<string>();
  return app.edge.routes.flatMap((route) => {
    const host = JSON.stringify(route.host);
    if (seen.has(host)) return [];
    seen.add(host);
    const refusal = refusalOfHost(route, wanted, index);
    return refusal === null ? [] : [problemAt({ app: app.name, route }, refusal.message, refusal.hint)];
  });
}

function refusalOfHost(route: Route, wanted: string | null, index: DomainIndex): Refusal | null {
  const domain = index.forHost(route.host);
  if (domain === null) {
    const hint = 'write a host that a domain of the site covers; a wildcard covers one label';
    return { message: 'no certificate of the site covers this host', hint };
  }
  if (wanted !== null && domain.name !== wanted) {
    const hint = `write "domain: ${domain.name}", or leave it out`;
    return { message: `the domain ${wanted} does not cover this host; ${domain.name} does`, hint };
  }
  if (domain.certificate === null) {
    const reason = domain.problems.find(isError)?.message ?? 'it is not usable';
    return { message: `the certificate of this host is faulty: ${reason}`, hint: 'fix it; the app is then served' };
  }
  return null;
}

/** One for each route of a clash, naming all others. */
function clashProblems(owners: readonly OwnedRoute[]): readonly Problem[] {
  return owners.map((owned) => {
    const others = owners
      .filter(({ app }) => app !== owned.app)
      .map(({ app, route: { origin } }) => `${app} (${placeOf(origin)})`);
    return problemAt(owned, `is a route of ${others.join(' and ')} too, so none of them is served`, 'keep one of them');
  });
}

function problemAt({ app, route }: OwnedRoute, message: string, hint: string): Problem {
  return problemOf({ name: app, origin: route.origin }, 'error', `${app}: ${describeRoute(route)}: ${message}`, hint);
}

function without(apps: readonly EdgeApp[], problems: readonly Problem[]): readonly EdgeApp[] {
  const refused = new Set(problems.map(({ app }) => app));
  return apps.filter(({ name }) => !refused.has(name));
}

function isError({ severity }: Problem): boolean {
  return severity === 'error';
}

function byName(one: { readonly name: string }, other: { readonly name: string }): number {
  return one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
}
