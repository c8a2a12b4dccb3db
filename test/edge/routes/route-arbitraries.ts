/** Any routes out of few pieces, so that they meet often, and requests that come close to them. */
import fc from 'fast-check';
import { isRefusal } from '../../../src/core/refusal.js';
import { parseHostRegex } from '../../../src/documents/route-host.js';
import { parsePathRegex } from '../../../src/documents/route-path.js';
import type { WrittenRoute } from '../../support/edge/edge-apps.js';
import type { WrittenApp } from './naive-router.js';

/** What the two domains of the tests' site cover. */
const COVERED_ZONES = ['one.example', 'two.example'] as const;
const LABELS = ['a', 'b', 'ab', 's-1', 's-22', 'www', 'x_y', '7', 'one'] as const;

/** A part of an expression, and a text that it matches. */
type Piece = readonly [pattern: string, match: string];

const HOST_PIECES: readonly Piece[] = [
  ['a', 'a'],
  ['b', 'b'],
  ['s-', 's-'],
  ['[0-9]+', '22'],
  ['\\d', '1'],
  ['[a-z]+', 'www'],
  ['[a-z]', 'b'],
  ['[^.]+', 'x_y'],
  ['[^.]*', 'a'],
  ['\\w+', 'ab'],
  ['.*', 'a.b'],
  ['.*', ''],
  ['.', '-'],
  ['(a|b)', 'a'],
  ['(?:s-)?', ''],
  ['b?', 'b'],
  ['[a-c]{1,2}', 'ab'],
];
const PATH_PIECES: readonly Piece[] = [
  ['a', 'a'],
  ['b', 'b'],
  ['u/', 'u/'],
  ['/', '/'],
  ['[0-9]+', '77'],
  ['\\d', '7'],
  ['[a-z]+', 'abc'],
  ['[^/]+', 'a.b'],
  ['[^/]*', ''],
  ['.*', 'a/b'],
  ['.*', ''],
  ['.{1,2}', 'aa'],
  ['(/.*)?', ''],
  ['(?:/.*)?', '/b'],
  ['(a|u)', 'u'],
  ['(?:a/)?', 'a/'],
  ['\\.', '.'],
  ['\\(a\\)', '(a)'],
  ['\\+', '+'],
  ['\\$', '$'],
  ['%20', '%20'],
  ['a?', ''],
];
const PATHS = [
  ...['/', '/a', '/a/b', '/a/b/c', '/aa', '/ab', '/b', '/u', '/u/7', '/u/77', '/a.b', '/a+b', '/(a)', '/a$', '/a|b'],
  ...['/a%20b', '/caf%C3%A9', '/~u', '/@a,b', '/A', '/-', '/a-b/_', '/a!b&c=d:e'],
] as const;

const pieces = (from: readonly Piece[], maxLength: number) =>
  fc
    .array(fc.constantFrom(...from), { minLength: 1, maxLength })
    .map((some): Piece => [some.map(([pattern]) => pattern).join(''), some.map(([, match]) => match).join('')]);

/** Two ways where there is a second one: what stands around an expression must stand around both. */
function choice(one: Piece, other: Piece | null): Piece {
  return other === null ? one : [`${one[0]}|${other[0]}`, one[1]];
}

const anchors = fc.constantFrom<Piece>(['', ''], ['^', '$'], ['^', ''], ['', '$']);

function anchored([pattern, match]: Piece, [start, end]: Piece): Piece {
  return [start + pattern + end, match];
}

function withZone([pattern, match]: Piece, zone: string): Piece {
  return [`${pattern}\\.${zone.replaceAll('.', '\\.')}`, `${match}.${zone}`];
}

/** A host or a path as a route writes it, and one that it matches. */
interface Written {
  readonly keys: WrittenRoute;
  readonly match: string;
}

function hostOf(zones: readonly string[]): fc.Arbitrary<Written> {
  const zone = fc.constantFrom(...zones);
  const label = fc.constantFrom(...LABELS);
  const name = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(label, zone).map((parts) => parts.join('.')) },
    { weight: 1, arbitrary: zone },
  );
  const written = fc.tuple(name, fc.constantFrom('', '', '', '.', 'A'));
  const exact = written.map(([host, odd]) => ({
    keys: { host: odd === 'A' ? host.toUpperCase() : host + odd },
    match: host,
  }));
  const wildcard = fc
    .tuple(label, zone)
    .map(([first, suffix]) => ({ keys: { host: `*.${suffix}` }, match: `${first}.${suffix}` }));
  const first = pieces(HOST_PIECES, 3);
  const regex = fc
    .tuple(first, fc.option(first, { freq: 4 }), zone, anchors)
    .map(([one, other, suffix, ends]) =>
      anchored(choice(withZone(one, suffix), other === null ? null : withZone(other, suffix)), ends),
    )
    .filter(([pattern]) => !isRefusal(parseHostRegex(pattern)))
    .map(([pattern, match]) => ({ keys: { host_regex: pattern }, match }));
  return fc.oneof(exact, wildcard, regex);
}

function pathOf(): fc.Arbitrary<Written> {
  const plain = fc.constantFrom(...PATHS);
  const exact = plain.map((path) => ({ keys: { path_exact: path }, match: path }));
  const prefix = fc
    .tuple(plain, fc.boolean())
    .map(([path, hasSlash]) => ({ keys: { path: hasSlash && path !== '/' ? `${path}/` : path }, match: path }));
  const everything = fc.constant({ keys: {}, match: '/' });
  const underRoot = pieces(PATH_PIECES, 4).map(([pattern, match]): Piece => [`/${pattern}`, `/${match}`]);
  const regex = fc
    .tuple(underRoot, fc.option(underRoot, { freq: 4 }), anchors)
    .map(([one, other, ends]) => anchored(choice(one, other), ends))
    .filter(([pattern]) => !isRefusal(parsePathRegex(pattern)))
    .map(([pattern, match]) => ({ keys: { path_regex: pattern }, match: oneSlash(match) }));
  return fc.oneof(
    { weight: 3, arbitrary: exact },
    { weight: 4, arbitrary: prefix },
    { weight: 1, arbitrary: everything },
    { weight: 4, arbitrary: regex },
  );
}

function oneSlash(path: string): string {
  return path.replace(/\/+/g, '/');
}

/** Routes of all apps, with a request that each one matches, if no other one goes before it. */
export interface RouteSet {
  readonly apps: readonly WrittenApp[];
  readonly matches: readonly Asked[];
}

export interface Asked {
  readonly host: string;
  readonly path: string;
}

interface SetSize {
  readonly names: readonly string[];
  readonly routes: number;
  readonly zones?: readonly string[];
}

export function routeSets({ names, routes, zones = COVERED_ZONES }: SetSize): fc.Arbitrary<RouteSet> {
  const priority = fc.constantFrom(0, 0, 1, 2, 1_000);
  const route = fc.record({ app: fc.constantFrom(...names), host: hostOf(zones), path: pathOf(), priority });
  // No two of all apps may write one route; what else may stand in it tells nothing apart.
  const key = ({ host, path }: { readonly host: Written; readonly path: Written }): string =>
    JSON.stringify([keyOfHost(host.keys), keyOfPath(path.keys)]);
  return fc.uniqueArray(route, { minLength: 1, maxLength: routes, selector: key }).map((all) => ({
    apps: names
      .map((name) => ({
        name,
        routes: all
          .filter(({ app }) => app === name)
          .map(({ host, path, priority: own }) => ({ ...host.keys, ...path.keys, priority: own })),
      }))
      .filter((app) => app.routes.length > 0),
    matches: all.map(({ host, path }) => ({ host: host.match, path: path.match })),
  }));
}

function keyOfHost({ host, host_regex: regex }: WrittenRoute): string {
  return host === undefined ? `regex ${withoutAnchors(regex)}` : String(host).toLowerCase().replace(/\.$/, '');
}

function keyOfPath({ path, path_exact: exact, path_regex: regex }: WrittenRoute): string {
  if (exact !== undefined) return `exact ${exact}`;
  return regex === undefined ? `prefix ${String(path ?? '/').replace(/\/$/, '')}` : `regex ${withoutAnchors(regex)}`;
}

function withoutAnchors(regex: unknown): string {
  return String(regex)
    .replace(/^\^/, '')
    .replace(/(?<!\\)\$$/, '');
}

/** The host of one route and the path of one, perhaps another, each changed a little. Which ones is told by numbers. */
export const nearRequest = fc.record({
  host: fc.nat(),
  path: fc.nat(),
  hasOnePlace: fc.boolean(),
  hostChange: fc.constantFrom('none', 'none', 'none', 'more', 'less', 'other'),
  pathChange: fc.constantFrom('none', 'none', 'none', 'slash', 'segment', 'longer', 'shorter', 'upper', 'root'),
});
export type NearRequest = typeof nearRequest extends fc.Arbitrary<infer One> ? One : never;

export function requestNear({ matches }: RouteSet, near: NearRequest): Asked {
  const host = matches[near.host % matches.length]?.host ?? '';
  const path = matches[(near.hasOnePlace ? near.host : near.path) % matches.length]?.path ?? '/';
  return { host: changedHost(host, near.hostChange), path: changedPath(path, near.pathChange) };
}

function changedHost(host: string, change: NearRequest['hostChange']): string {
  switch (change) {
    case 'more':
      return `a.${host}`;
    case 'less':
      return host.split('.').length > 2 ? host.replace(/^[^.]*\./, '') : host;
    case 'other':
      return host.replace(/^[^.]*/, 'a');
    default:
      return host;
  }
}

function changedPath(path: string, change: NearRequest['pathChange']): string {
  switch (change) {
    case 'slash':
      return oneSlash(`${path}/`);
    case 'segment':
      return oneSlash(`${path}/b`);
    case 'longer':
      return `${path}b`;
    case 'shorter':
      // No half escape, and no dot segment, which the edge answers with 400.
      return path.replace(/(?<=.)(%..|[^%])$/, '').replace(/\/\.{1,2}$/, '/');
    case 'upper':
      return path.replace(/%..|[a-z]/g, (char) => char.toUpperCase());
    case 'root':
      return '/';
    default:
      return path;
  }
}
