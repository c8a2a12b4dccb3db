/**
 * The precedence of routes as edge/README.md states it, written down once more, sentence by sentence and from what
 * definitions say. It shares no code with edge/routes and is slow on purpose.
 */
import type { WrittenRoute } from '../../support/edge/edge-apps.js';

export interface WrittenApp {
  readonly name: string;
  readonly routes: readonly WrittenRoute[];
}

interface Candidate {
  readonly app: string;
  readonly route: WrittenRoute;
}

/**
 * @param host in lower case, without port and without a dot at its end
 * @param path without the query, in the spelling that routes are compared with
 * @returns the name of the app, or null: nobody gets the request
 */
export function naiveRoute(apps: readonly WrittenApp[], host: string, path: string): string | null {
  // "Remaining ties go by the name of the app, then by the order in its definition."
  const inOrder = [...apps]
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap(({ name, routes }) => routes.map((route) => ({ app: name, route })));
  // "A route counts only if host and path match; else the search goes on."
  const fitting = inOrder.filter(({ route }) => hostFits(route, host) && pathFits(route, path));
  // "The host decides first: a name wins over a wildcard, a wildcard over an expression."
  const ofHost = (wanted: HostKind) => fitting.filter(({ route }) => hostKind(route) === wanted);
  const winner =
    firstByPath(ofHost('name')) ?? firstByPath(ofHost('wildcard')) ?? firstByPriority(ofHost('expression'));
  return winner?.app ?? null;
}

/** "The exact path, path expressions (higher priority first), the longest prefix of whole segments." */
function firstByPath(candidates: readonly Candidate[]): Candidate | undefined {
  const exact = candidates.find(({ route }) => route.path_exact !== undefined);
  const expressions = candidates.filter(({ route }) => route.path_regex !== undefined);
  const prefixes = candidates.filter(({ route }) => route.path_exact === undefined && route.path_regex === undefined);
  return (
    exact ?? firstWithMost(expressions, priorityOf) ?? firstWithMost(prefixes, (route) => segmentsOf(route).length)
  );
}

/** "Among their routes the higher priority wins; at equal priority the order is exact path, expression, longest prefix." */
function firstByPriority(candidates: readonly Candidate[]): Candidate | undefined {
  const highest = Math.max(...candidates.map(({ route }) => priorityOf(route)));
  return firstByPath(candidates.filter(({ route }) => priorityOf(route) === highest));
}

function firstWithMost(
  candidates: readonly Candidate[],
  measure: (route: WrittenRoute) => number,
): Candidate | undefined {
  const most = Math.max(...candidates.map(({ route }) => measure(route)));
  return candidates.find(({ route }) => measure(route) === most);
}

function priorityOf({ priority = 0 }: WrittenRoute): number {
  return Number(priority);
}

type HostKind = 'name' | 'wildcard' | 'expression';

function hostKind({ host }: WrittenRoute): HostKind {
  if (host === undefined) return 'expression';
  return String(host).startsWith('*.') ? 'wildcard' : 'name';
}

function hostFits(route: WrittenRoute, host: string): boolean {
  if (route.host_regex !== undefined) return fitsWhole(String(route.host_regex), host);
  const labels = String(route.host).toLowerCase().replace(/\.$/, '').split('.');
  const asked = host.split('.');
  // "*." stands for exactly one label.
  return labels.length === asked.length && labels.every((label, at) => label === '*' || label === asked[at]);
}

function pathFits(route: WrittenRoute, path: string): boolean {
  if (route.path_exact !== undefined) return route.path_exact === path;
  if (route.path_regex !== undefined) return fitsWhole(String(route.path_regex), path);
  const asked = path.slice(1).split('/');
  return segmentsOf(route).every((segment, at) => segment === asked[at]);
}

/** Of a prefix: `/` and no path at all have none, and a slash at the end adds none. */
function segmentsOf({ path = '/' }: WrittenRoute): readonly string[] {
  return String(path)
    .split('/')
    .filter((segment) => segment !== '');
}

/** An expression matches the whole text, with or without its anchors. */
function fitsWhole(written: string, text: string): boolean {
  const pattern = written.replace(/^\^/, '').replace(/(?<!\\)\$$/, '');
  return new RegExp(`^(?:${pattern})$`).test(text);
}
