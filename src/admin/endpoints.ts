/** The one table of the admin API; the server, the page, the client and the list in a 404 are all read from it. */
import { ADMIN_STATES } from '../model/app.js';

export interface Endpoint {
  readonly name: EndpointName;
  readonly method: 'GET' | 'POST';
  /** `:state` is drain, ready or maint; every other `:word` is any text, percent-encoded. */
  readonly path: string;
  readonly help: string;
}

type EndpointName =
  | 'page'
  | 'ready'
  | 'health'
  | 'ping'
  | 'state'
  | 'why'
  | 'events'
  | 'config'
  | 'metrics'
  | 'page-file'
  | 'page-stream'
  | 'page-past'
  | 'history'
  | 'sessions'
  | 'haproxy-page'
  | 'haproxy-csv'
  | 'haproxy-json'
  | 'set-app-state'
  | 'set-instance-state'
  | 'accept-removal';

/** Reading by GET, changing by POST only. */
export const ENDPOINTS: readonly Endpoint[] = [
  { name: 'page', method: 'GET', path: '/', help: 'the page of the node in a browser; this list elsewhere' },
  { name: 'ready', method: 'GET', path: '/ready', help: '200 when the node serves, else 503' },
  { name: 'health', method: 'GET', path: '/health', help: 'the same as /ready' },
  { name: 'ping', method: 'GET', path: '/ping', help: '200 while the node lives, 503 when it is stopping' },
  { name: 'state', method: 'GET', path: '/state', help: 'the whole state of the node, as JSON' },
  {
    name: 'why',
    method: 'GET',
    path: '/apps/:app/why',
    help: 'one app: who gave it, its checks, its bleed, its last events',
  },
  {
    name: 'events',
    method: 'GET',
    path: '/events',
    help: 'what happened, also before a restart; ?app=, since=, after=, limit=, wait= choose and follow',
  },
  {
    name: 'config',
    method: 'GET',
    path: '/config',
    help: 'the options in force, and where each comes from; no secrets',
  },
  { name: 'metrics', method: 'GET', path: '/metrics', help: 'counters and gauges for Prometheus' },
  {
    name: 'history',
    method: 'GET',
    path: '/apps/:app/history',
    help: 'requests, errors and latency of one app, each second of the last five minutes',
  },
  {
    name: 'sessions',
    method: 'GET',
    path: '/sessions',
    help: 'requests and TCP clients under way, the oldest first; ?app= chooses one app',
  },
  { name: 'page-stream', method: 'GET', path: '/page/stream', help: 'what the page shows, as server-sent events' },
  { name: 'page-past', method: 'GET', path: '/page/past/:at', help: 'the apps as they were at a time, in ISO 8601' },
  { name: 'page-file', method: 'GET', path: '/page/files/:file', help: 'the files of the page' },
  {
    name: 'haproxy-page',
    method: 'GET',
    path: '/;',
    help: 'where HAProxy has its page, also /stats and /haproxy?stats: a browser is led to /, others get version and uptime',
  },
  {
    name: 'haproxy-csv',
    method: 'GET',
    path: '/;csv',
    help: "HAProxy's statistics as CSV; also at /stats;csv and /haproxy?stats;csv",
  },
  {
    name: 'haproxy-json',
    method: 'GET',
    path: '/;json',
    help: 'the same as JSON; also at /stats;json and /haproxy?stats;json',
  },
  {
    name: 'set-app-state',
    method: 'POST',
    path: '/apps/:app/:state',
    help: 'drain, ready or maint for all instances of an app',
  },
  {
    name: 'set-instance-state',
    method: 'POST',
    path: '/apps/:app/instances/:id/:state',
    help: 'drain, ready or maint for one instance; the id is ip:port, or a container by name or id',
  },
  {
    name: 'accept-removal',
    method: 'POST',
    path: '/sources/:name/accept-removal',
    help: 'accept the loss of apps or instances that is held back for a source',
  },
];

/** Every POST carries it: a web page of somebody else cannot send it without being asked about it first. */
export const REQUEST_FIELD = 'x-autoproxy';
/** The page of the node sends it too: a secret that only its own documents hold. */
export const TOKEN_FIELD = 'x-autoproxy-token';
/** Who asks, for people. */
export const BY_FIELD = 'x-autoproxy-by';

/** The words that stand for texts in the paths. */
type PathWord = 'app' | 'id' | 'state' | 'name' | 'at' | 'file';
type PathParams = Readonly<Partial<Record<PathWord, string>>>;

export interface EndpointMatch {
  readonly endpoint: Endpoint;
  /** By the words of the path, decoded. */
  readonly params: PathParams;
}

/** @param path without its query. @returns all endpoints of this path, of any method */
export function matchEndpoints(path: string): readonly EndpointMatch[] {
  return ENDPOINTS.flatMap((endpoint) => {
    const params = matchPath(endpoint.path, path);
    return params === null ? [] : [{ endpoint, params }];
  });
}

/** The path of an endpoint with its words filled in. @throws TypeError when one is missing: a mistake of ours */
export function endpointPath(name: EndpointName, params: PathParams = {}): string {
  const endpoint = ENDPOINTS.find((candidate) => candidate.name === name);
  return (endpoint?.path ?? '').replace(/:(\w+)/g, (_, word: PathWord) => {
    const value = params[word];
    if (value === undefined) throw new TypeError(`${name} needs ${word}`);
    return encodeURIComponent(value);
  });
}

function matchPath(template: string, path: string): PathParams | null {
  const wanted = template.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return null;
  const params: [word: string, text: string][] = [];
  for (const [index, part] of wanted.entries()) {
    const text = given[index] ?? '';
    if (!part.startsWith(':')) {
      if (part !== text) return null;
      continue;
    }
    const value = decodeSegment(text);
    if (value === null || value === '') return null;
    if (part === ':state' && !ADMIN_STATES.some((state) => state === value)) return null;
    params.push([part.slice(1), value]);
  }
  return Object.fromEntries(params);
}

function decodeSegment(segment: string): string | null {
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}
