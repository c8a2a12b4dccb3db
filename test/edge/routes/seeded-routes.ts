/** Random routes and requests out of few pieces, so that they meet often. */
import type { EdgeApp } from '../../../edge/edge-app.js';
import { routeKey } from '../../../src/model/route-key.js';
import { edgeApp, type WrittenRoute } from '../../support/edge-apps.js';
import type { SeededRandom } from '../../support/seeded-random.js';

const LABELS = ['a', 'b', 's-1', 's-22', 'www'] as const;
const HOST_REGEXES = [
  '^s-[0-9]+\\.one\\.example$',
  '(?:a|b)\\.one\\.example',
  '[a-z]\\.one\\.example',
  '[^.]+\\.one\\.example',
  '\\w+\\.a\\.one\\.example',
  '.*\\.one\\.example',
] as const;
const PATHS = ['/', '/a', '/a/b', '/a/b/c', '/aa', '/a.b', '/a+b', '/(a)', '/u/7', '/u/77', '/a$', '/a%20b'] as const;
const PATH_REGEXES = [
  '/u/[0-9]+',
  '/a/.*',
  '/a(?:/.*)?',
  '/.*',
  '/[a-z]+',
  '/(a|u)/.{1,2}',
  '/a\\.b',
  '/\\(a\\)',
  '/[^/]*/b',
] as const;

export function randomApps(random: SeededRandom): readonly EdgeApp[] {
  const taken = new Set<string>();
  const apps: EdgeApp[] = [];
  for (const name of ['one', 'two', 'three', 'four']) {
    const routes: WrittenRoute[] = [];
    for (let count = 1 + random.below(8); count > 0; count -= 1) {
      const route = randomRoute(random);
      const [read] = edgeApp(name, [route]).edge.routes;
      if (read === undefined || taken.has(routeKey(read))) continue;
      taken.add(routeKey(read));
      routes.push(route);
    }
    if (routes.length > 0) apps.push(edgeApp(name, routes));
  }
  return apps;
}

export function randomHost(random: SeededRandom): string {
  const name = `${random.pick(LABELS)}.one.example`;
  return random.once(4) ? `${random.pick(LABELS)}.${name}` : name;
}

export function randomPath(random: SeededRandom): string {
  const path = random.pick(PATHS);
  return random.once(3) ? `${path}/` : random.once(3) ? `${path}/${random.pick(LABELS)}` : path;
}

function randomRoute(random: SeededRandom): WrittenRoute {
  const name = randomHost(random);
  const host = random.pick<WrittenRoute>([
    { host: name },
    { host: `*.${name.slice(name.indexOf('.') + 1)}` },
    { host_regex: random.pick(HOST_REGEXES) },
  ]);
  const path = random.pick<WrittenRoute>([
    { path: random.pick(PATHS) },
    { path_exact: random.pick(PATHS) },
    { path_regex: random.pick(PATH_REGEXES) },
  ]);
  return { ...host, ...path, priority: random.below(3) };
}
