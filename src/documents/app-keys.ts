/**
 * The one table of what may be written about an app: each key, its reader, its default. The services directory, the
 * registry and the labels of containers share it, and the documents and the JSON Schema are tied to it.
 */
import { isScalar } from 'yaml';
import { parseNetwork } from '../core/networks.js';
import { APP_DEFAULTS, BALANCES, type Instance, PROTOCOLS, type ProxyVersion, REUSES } from '../model/app.js';
import { describe, optional, type Reader, refuse, required, sourceOf } from '../yaml/reader.js';
import { duration, flag, integer, oneOf, text } from '../yaml/scalar-readers.js';
import { group, list, optionalGroup } from '../yaml/table-reader.js';
import { instances } from './instance-keys.js';

const { health, timeouts, limits } = APP_DEFAULTS;

/** The port after the slot is the health port, so the last port is none. */
const slot = integer(1, 65_534, 'slot + 1 is the health port; write a number from 1 to 65534');

export const network = text(
  (written) => (parseNetwork(written) === null ? null : written),
  'an address or a network',
  'write 10.0.0.0/8 or fd00::/8',
);

const hostName = text(
  (written) =>
    /^([a-z0-9_]([a-z0-9_.-]{0,251}[a-z0-9_])?|\[[0-9a-f:.]+\])$/i.test(written) ? written.toLowerCase() : null,
  'a host name',
  'write one name without scheme, port or path, such as shop.example.com',
);

const protocolWord = oneOf(PROTOCOLS);
const protocol: typeof protocolWord = {
  schema: protocolWord.schema,
  read(value, place) {
    const isHttp2 = isScalar(value) && /^(grpcs?|h2c?|http\/?2)$/i.test(String(value.value));
    if (!isHttp2) return protocolWord.read(value, place);
    const hint =
      'write tcp: gRPC passes a slot of its own; the front door and slots of protocol http speak HTTP/1.1 to apps';
    return refuse(place, value, `${describe(value)} needs HTTP/2, which only tcp passes`, hint);
  },
};

/** RFC 6265, 4.1.1: the name of a cookie is a token. */
const cookieName = text(
  (written) => (/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(written) ? written : null),
  'a cookie name',
  'write letters, digits, _ and - only',
);

const checkPath = text(
  (written) => (/^\/[\x21-\x7e]*$/.test(written) ? written : null),
  'a path',
  'write a path that begins with /, such as /health',
);

/** HAProxy's `log … sample 1:N`. Without its colon, which YAML 1.1 takes for a number in sixties. */
const logSample: Reader<number> = {
  schema: { type: 'string', pattern: '^1/[1-9][0-9]{0,6}$' },
  read(value, place) {
    const match = /^1\/([1-9]\d{0,6})$/.exec(sourceOf(value) ?? '');
    if (match !== null) return Number(match[1]);
    const hint = 'write 1/10 for one request of ten; from 1/1 to 1/9999999';
    return refuse(place, value, `${describe(value)} is not one of N`, hint);
  },
};

/** The end keeps it from being a field that frames, routes or authenticates a message. */
const requestIdField = text(
  (written) => (/^[a-z][a-z0-9-]{0,60}-id$/i.test(written) ? written : null),
  'the name of a field for ids',
  'write a name that ends in -ID, such as X-Request-ID',
);

const sendProxyWord = oneOf(['none', 'false', 'v1', 'v2']);

const sendProxy: Reader<ProxyVersion> = {
  schema: { enum: [false, 'none', 'v1', 'v2'] },
  read(value, place) {
    const word = isScalar(value) && value.value === false ? 'none' : sendProxyWord.read(value, place);
    return word === 'false' ? 'none' : word;
  },
};

export const HEALTH_KEYS = {
  path: optional<string | null>(
    checkPath,
    health.path,
    'the path of an HTTP check; without it, a TCP connect is the check',
  ),
  interval: optional(duration(10), health.intervalMs, 'the time between two checks'),
  timeout: optional(duration(10), health.timeoutMs, 'the time after which a check has failed'),
  rise: optional(integer(1, 100), health.rise, 'how many good checks in a row bring an instance up'),
  fall: optional(integer(1, 100), health.fall, 'how many bad checks in a row take an instance down'),
};

export const TIMEOUT_KEYS = {
  request_head: optional(
    duration(1),
    timeouts.requestHeadMs,
    'how long the whole head of a request may take; for the first request, counted from the accept',
  ),
  connect: optional(duration(1), timeouts.connectMs, 'how long a connect to an instance may take'),
  first_byte: optional(
    duration(1),
    timeouts.firstByteMs,
    'how long an instance may take from the request to the first byte of its response',
  ),
  client_idle: optional(duration(1), timeouts.clientIdleMs, 'how long a client may send and read nothing'),
  upstream_idle: optional(duration(1), timeouts.upstreamIdleMs, 'how long an unused connection to an instance is kept'),
  queue: optional(duration(1), timeouts.queueMs, 'how long a request may wait for a free instance'),
  tunnel: optional(duration(1), timeouts.tunnelMs, 'how long a tunnel or a TCP connection may be without traffic'),
  drain: optional(duration(0), timeouts.drainMs, 'how long a removed instance may finish its work'),
};

export const LIMIT_KEYS = {
  connections: optional(
    integer(0, 1_000_000),
    limits.connections,
    'how many requests an instance gets at one time; 0 = no limit',
  ),
  queue: optional(
    integer(0, 1_000_000),
    limits.queue,
    'how many requests may wait for an instance, in each worker of the node',
  ),
  clients: optional(
    integer(0, 1_000_000),
    APP_DEFAULTS.maxClients,
    'how many connections clients may have on the whole node at one time; further clients wait in the kernel; 0 = no limit',
  ),
};

const FILTER_KEYS = { host: optional<string | null>(hostName, null, 'the one Host that the slot serves') };
const STICKY_KEYS = { cookie: required(cookieName, 'the name of the cookie that binds a client to an instance') };

export const APP_KEYS = {
  protocol: required(protocol, 'the protocol of the app: HTTP or tcp'),
  native_port: optional<number | null>(integer(1, 65_535), null, 'the port inside the container, for people'),
  translated_port: required(slot, 'the slot: the port on every node; the next one is the health port', ['slot']),
  internal: optional(flag, APP_DEFAULTS.internal, 'whether only internal networks may connect'),
  nolog: optional(flag, !APP_DEFAULTS.accessLog, 'whether the access log leaves the app out'),
  log_sample: optional(
    logSample,
    APP_DEFAULTS.logSample,
    'how much of the app the access log has: one request of N, and each that failed',
  ),
  trace: optional(flag, APP_DEFAULTS.trace, 'whether requests without a valid W3C traceparent get one'),
  request_id: optional<string | null>(
    requestIdField,
    APP_DEFAULTS.requestIdField,
    'the field that carries the id of a request; a request without one gets one',
  ),
  filters: optionalGroup(FILTER_KEYS, 'which requests the slot serves'),
  accept_proxy: optional<boolean | null>(flag, APP_DEFAULTS.acceptProxy, 'whether a PROXY header is required'),
  trusted_proxies: optional<readonly string[]>(
    list(network, 'write [10.0.0.0/8, ...]'),
    [],
    'who may send a PROXY header, and whose X-Forwarded-Port and -Proto are kept',
  ),
  send_proxy: optional<ProxyVersion>(
    sendProxy,
    APP_DEFAULTS.sendProxy,
    'which PROXY header instances get: none, v1 or v2',
  ),
  balance: optional(oneOf(BALANCES), APP_DEFAULTS.balance, 'how an instance is chosen'),
  reuse: optional(oneOf(REUSES), APP_DEFAULTS.reuse, 'whether connections to instances are used again'),
  retries: optional(integer(0, 100), APP_DEFAULTS.retries, 'how often a failed request is tried again'),
  health: optionalGroup(HEALTH_KEYS, 'how instances are checked'),
  timeouts: optionalGroup(TIMEOUT_KEYS, 'how long things may take'),
  limits: optionalGroup(LIMIT_KEYS, 'how much is allowed at one time'),
  sticky: optional<{ readonly cookie: string | null }>(
    group(STICKY_KEYS),
    { cookie: null },
    'how a client is bound to an instance',
  ),
  slow_start: optional(
    duration(0),
    APP_DEFAULTS.slowStartMs,
    'the time in which a new instance comes to its full share',
  ),
  instances: optional<readonly Instance[]>(instances, [], 'the copies of the app on this node'),
};
