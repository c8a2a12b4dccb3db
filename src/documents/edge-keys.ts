/** What a definition says about the front door: certificate, routes, limits. */
import { isMap, type Node } from 'yaml';
import { isRefusal, type Refusal } from '../core/refusal.js';
import { shorten } from '../core/short-text.js';
import {
  DEFAULT_METHODS,
  type EdgeDefinition,
  type EdgeTls,
  type RateLimit,
  type Route,
  type RouteHost,
  type RoutePath,
} from '../model/app-definition.js';
import { describeRoute, routeKey } from '../model/route-key.js';
import { describe, optional, type Place, type Reader, refuse, required } from '../yaml/reader.js';
import { duration, flag, integer, size, text } from '../yaml/scalar-readers.js';
import { group, list, readTable, tableSchema } from '../yaml/table-reader.js';
import { INVALID, type Invalid } from '../yaml/yaml-text.js';
import { network } from './app-keys.js';
import { podNames } from './pod-names.js';
import { parseHostName, parseHostRegex, parseRouteHost } from './route-host.js';
import { parsePathExact, parsePathPrefix, parsePathRegex } from './route-path.js';

/** The edge tries expressions one after the other for each request: so many of one app are bearable. */
export const MAX_REGEX_ROUTES = 20;
const MAX_ROUTES = 1_000;
/** RFC 5323, the last of WebDAV's documents, knows 27 with HTTP's own. */
const MAX_METHODS = 40;
const MAX_BODY_BYTES = 1_099_511_627_776;
const DEFAULT_WINDOW_MS = 10_000;

/** A text that one of the parsers of routes reads. */
function parsed<T extends object>(parse: (written: string) => T | Refusal): Reader<T> {
  const plain = text((written) => written, 'a text', 'write a text, in quotes where it begins with * or a bracket');
  return {
    schema: plain.schema,
    read(value, place) {
      const written = plain.read(value, place);
      if (written === INVALID) return INVALID;
      const read = parse(written);
      return isRefusal(read) ? refuse(place, value, `"${shorten(written)}" ${read.message}`, read.hint) : read;
    },
  };
}

const domain = text(
  (written) => {
    const host = parseHostName(written);
    return typeof host === 'string' ? host : null;
  },
  'a domain',
  'write the name of a domain of the site, such as one.example',
);

export const hsts = text(
  (written) => (/^max-age=\d{1,10}(; includeSubDomains)?(; preload)?$/.test(written) ? written : null),
  'a value of Strict-Transport-Security',
  'write max-age=31536000, perhaps with "; includeSubDomains" and "; preload" after it',
);

export const TLS_KEYS = {
  domain: optional<string | null>(
    domain,
    null,
    'the domain whose certificate covers the hosts; without it, the domain that fits',
  ),
  redirect: optional(flag, true, 'whether plain HTTP is answered with a redirect to HTTPS'),
  hsts: optional<string | null>(hsts, null, 'the value of Strict-Transport-Security'),
};

export const ROUTE_KEYS = {
  host: optional<RouteHost | null>(
    parsed(parseRouteHost),
    null,
    'the host of a request: a name, or "*." and a name for exactly one more label',
  ),
  host_regex: optional<RouteHost | null>(parsed(parseHostRegex), null, 'an expression that matches the whole host'),
  path: optional<RoutePath | null>(
    parsed(parsePathPrefix),
    null,
    'a path that begins the path of a request, in whole segments; a route without a path has every path',
  ),
  path_exact: optional<RoutePath | null>(parsed(parsePathExact), null, 'the whole path of a request'),
  path_regex: optional<RoutePath | null>(parsed(parsePathRegex), null, 'an expression that matches the whole path'),
  priority: optional(integer(0, 1_000), 0, 'which expressions are tried first: those of the higher number'),
};

export const RATE_KEYS = {
  requests: optional<number | null>(integer(1, 10_000_000), null, 'how many requests a client may make in one window'),
  errors: optional<number | null>(integer(1, 10_000_000), null, 'how many errors a client may cause in one window'),
  concurrent: optional<number | null>(integer(1, 1_000_000), null, 'how many requests a client may have at one time'),
  window: optional(duration(1_000), DEFAULT_WINDOW_MS, 'the time in which requests and errors are counted'),
};

const route: Reader<Route> = {
  schema: tableSchema(ROUTE_KEYS),
  read(value, place) {
    if (!isMap(value)) return refuse(place, value, `${describe(value)} is not a map`, 'write {host: ..., path: ...}');
    const values = readTable(ROUTE_KEYS, value, value, place);
    if (values === INVALID) return INVALID;
    const hosts = [values.host, values.host_regex].filter((host) => host !== null);
    const paths = [values.path, values.path_exact, values.path_regex].filter((path) => path !== null);
    const [host, path = { kind: 'prefix', path: '/' } as const] = [hosts[0], paths[0]];
    if (host === undefined || hosts.length > 1)
      return refuse(place, value, 'a route needs exactly one host', 'write either host or host_regex');
    if (paths.length > 1)
      return refuse(place, value, 'a route has at most one path', 'write one of path, path_exact and path_regex');
    return { host, path, priority: values.priority, origin: originOf(value, place) };
  },
};

const routeList = list(route, 'write a list of {host: ..., path: ...}');

const routes: Reader<readonly Route[]> = {
  schema: { ...routeList.schema, minItems: 1, maxItems: MAX_ROUTES },
  read(value, place) {
    const read = routeList.read(value, place);
    if (read === INVALID) return INVALID;
    if (read.length === 0 || read.length > MAX_ROUTES)
      return refuse(place, value, `there are ${read.length} routes`, `write 1 to ${MAX_ROUTES}`);
    const regexes = read.filter(({ host, path }) => host.kind === 'regex' || path.kind === 'regex').length;
    if (regexes > MAX_REGEX_ROUTES) {
      const hint = 'every request tries them all; write names and prefixes where those suffice';
      return refuse(place, value, `${regexes} routes have expressions, more than ${MAX_REGEX_ROUTES}`, hint);
    }
    return refusalOfRepeated(read, value, place) ?? read;
  },
};

function refusalOfRepeated(read: readonly Route[], value: Node, place: Place): Invalid | null {
  const lines = new Map<string, number | null>();
  for (const one of read) {
    const key = routeKey(one);
    const earlier = lines.get(key);
    if (earlier !== undefined)
      return refuse(place, value, `${describeRoute(one)} is written twice`, `line ${earlier} has it too; keep one`);
    lines.set(key, one.origin.line);
  }
  return null;
}

const rateTable = group(RATE_KEYS);

const rateLimit: Reader<RateLimit> = {
  schema: rateTable.schema,
  read(value, place) {
    const values = rateTable.read(value, place);
    if (values === INVALID) return INVALID;
    const { requests, errors, concurrent, window } = values;
    if (requests === null && errors === null && concurrent === null)
      return refuse(place, value, 'the limit is empty', 'write at least one of requests, errors and concurrent');
    return { requests, errors, concurrent, windowMs: window };
  },
};

/** RFC 9110, 9.1: a token, in upper case as all registered ones are. CONNECT opens a tunnel, TRACE shows headers to scripts. */
const methodName = text(
  (written) => (/^[A-Z][A-Z0-9-]{0,31}$/.test(written) && !/^(CONNECT|TRACE)$/.test(written) ? written : null),
  'a method that can be allowed',
  'write methods in upper case, such as [GET, HEAD, PROPFIND]; CONNECT and TRACE are never allowed',
);
const methodList = list(methodName, 'write [GET, HEAD, PROPFIND]');
const methods: Reader<readonly string[]> = {
  schema: { ...methodList.schema, minItems: 1, maxItems: MAX_METHODS },
  read(value, place) {
    const read = methodList.read(value, place);
    if (read === INVALID) return INVALID;
    if (read.length > 0 && read.length <= MAX_METHODS) return [...new Set(read)].sort();
    return refuse(place, value, `there are ${read.length} methods`, `write 1 to ${MAX_METHODS}`);
  },
};

const networks = list(network, 'write [10.0.0.0/8, ...]');
const NO_TLS_WORDS: EdgeTls = { domain: null, redirect: true, hsts: null };

export const EDGE_KEYS = {
  tls: optional<EdgeTls>(
    group(TLS_KEYS),
    NO_TLS_WORDS,
    'which certificate the app has, and what becomes of plain HTTP',
  ),
  routes: required(routes, 'which requests come to the app'),
  rate_limit: optional<RateLimit | null>(rateLimit, null, 'how much each client may ask of the app'),
  allow: optional<readonly string[]>(networks, [], 'which networks may use the app; without any, all may'),
  deny: optional<readonly string[]>(networks, [], 'which networks may not use the app'),
  max_body: optional<number | null>(size(MAX_BODY_BYTES), null, 'the largest body that a request may have'),
  methods: optional<readonly string[]>(
    methods,
    [],
    `which methods are allowed, in place of ${DEFAULT_METHODS.join(', ')}`,
  ),
  hold: optional<readonly string[]>(
    podNames,
    [],
    'the pods that get no requests yet; "apply" takes them out when their instances answer',
  ),
  closed: optional(flag, false, 'whether no request comes to the app, as if it had no routes'),
};

const edgeTable = group(EDGE_KEYS);

export const edge: Reader<EdgeDefinition> = {
  schema: edgeTable.schema,
  read(value, place) {
    const values = edgeTable.read(value, place);
    if (values === INVALID) return INVALID;
    const { tls, routes, rate_limit, allow, deny, max_body, methods, hold, closed } = values;
    const limits = { rateLimit: rate_limit, allow, deny, maxBodyBytes: max_body, methods };
    return { tls, routes, ...limits, heldPods: hold, isClosed: closed };
  },
};

function originOf(value: Node, place: Place): Route['origin'] {
  return { source: place.source, location: place.text.file, ...place.text.place(value) };
}
