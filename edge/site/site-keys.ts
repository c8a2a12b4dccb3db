/** The table of edge.yml: each key, its reader, its default. */
import { isMap, isScalar, isSeq } from 'yaml';
import { parseAddress } from '../../src/core/networks.js';
import { network } from '../../src/documents/app-keys.js';
import { hsts } from '../../src/documents/edge-keys.js';
import { DNS_LABEL } from '../../src/documents/pod-names.js';
import { parseHostName, parseRouteHost } from '../../src/documents/route-host.js';
import { PROXY_VERSIONS } from '../../src/model/app.js';
import { describe, optional, type Reader, refuse, required } from '../../src/yaml/reader.js';
import { duration, integer, oneOf, size, text } from '../../src/yaml/scalar-readers.js';
import { group, list, optionalGroup } from '../../src/yaml/table-reader.js';
import { INVALID } from '../../src/yaml/yaml-text.js';
import { ERROR_CODES } from '../sections/error-pages.js';
import type { PodNodes, SocketAddress } from './site.js';

const port = integer(1, 65_535);

const filePath = text(
  (written) => (/^[A-Za-z0-9_./@+-]+$/.test(written) ? written : null),
  'a path',
  'write letters, digits and any of . / _ - + @',
);

const absolutePath = text(
  (written) => (/^\/[A-Za-z0-9_./@+-]+$/.test(written) ? written.replace(/\/$/, '') : null),
  'an absolute path',
  'write it from / on: /run/haproxy',
);

const domainName = text(
  (written) => (typeof parseHostName(written) === 'string' ? (parseHostName(written) as string) : null),
  'a domain',
  'write its name, such as one.example',
);

const coveredName = text(
  (written) => {
    const host = parseRouteHost(written);
    if ('message' in host || host.kind === 'regex') return null;
    return host.kind === 'exact' ? host.host : `*.${host.suffix}`;
  },
  'a name of a certificate',
  'write www.one.example or "*.one.example"',
);

const address = text(
  (written) => (parseAddress(written) === null ? null : written),
  'an IP address',
  'write 10.0.0.1 or fd00::1',
);

/** `127.0.0.1:53` or `[::1]:53`; also every address (`0.0.0.0`), since these are places to listen at, too. */
const socketAddress: Reader<SocketAddress> = {
  schema: { type: 'string', description: 'ip:port or [v6]:port' },
  read(value, place) {
    const written = isScalar(value) ? (value.source ?? '') : '';
    const [, bracketed, plain, portText] = /^(?:\[([^[\]]+)\]|([^:[\]]+)):([1-9]\d{0,4})$/.exec(written) ?? [];
    const host = bracketed ?? plain ?? '';
    const isAddress = parseAddress(host) !== null && host.includes(':') === (bracketed !== undefined);
    if (isAddress && Number(portText) <= 65_535) return { host, port: Number(portText) };
    return refuse(place, value, `${describe(value)} is not an address with a port`, 'write 127.0.0.1:53 or "[::1]:53"');
  },
};

const name = text(
  (written) => (/^[a-z_][a-z0-9_-]{0,31}$/.test(written) ? written : null),
  'the name of a user or a group',
  'write haproxy',
);

const certificateList = list(filePath, 'write the path of a file, or [one.pem, two.pem]');

const certificates: Reader<readonly string[]> = {
  schema: { anyOf: [filePath.schema, certificateList.schema] },
  read(value, place) {
    if (isSeq(value)) {
      const files = certificateList.read(value, place);
      return files !== INVALID && files.length === 0
        ? refuse(place, value, 'the list of files is empty', 'write the path of a file')
        : files;
    }
    const file = filePath.read(value, place);
    return file === INVALID ? INVALID : [file];
  },
};

const DOMAIN_KEYS = {
  name: required(domainName, 'the name of the domain, such as one.example'),
  certificate: required(
    certificates,
    'the file with the certificate, the chain and, if no key is named, the key; or several files: [rsa.pem, ecdsa.pem]',
  ),
  key: optional<readonly string[]>(certificates, [], 'the file of the key, or the files of both keys'),
  names: optional<readonly string[]>(
    list(coveredName, 'write [one.example, "*.one.example"]'),
    [],
    'the hosts of the domain; without them, those of the certificate',
  ),
  hsts: optional<string | null>(hsts, null, 'the value of Strict-Transport-Security for apps that set none'),
};

const LISTEN_KEYS = {
  address: optional(address, '', 'the address that the ports are bound on; without it, every IPv4 address'),
  http_port: optional(port, 80, 'the port for plain HTTP'),
  https_port: optional(port, 443, 'the port for HTTPS'),
  health_port: optional(port, 8_081, 'the port that tells the health of this edge node'),
  admin: optional<SocketAddress>(
    socketAddress,
    { host: '127.0.0.1', port: 8_404 },
    'the address with a port for metrics and statistics',
  ),
  peer_port: optional(port, 10_000, 'the port on loopback for counters that survive a reload'),
};

const templateText = text(
  (written) => {
    const sample = written.replaceAll('{app}', 'a').replaceAll('{pod}', 'p');
    const isName = typeof parseHostName(sample) === 'string' && sample === sample.toLowerCase();
    return written.includes('{app}') && isName ? written.replace(/\.$/, '') : null;
  },
  'a template of names',
  'write "{app}.{pod}.svc.example"',
);

const nodeAddresses = list(address, 'write [10.0.0.1, 10.0.0.2]');

const nodes: Reader<PodNodes | 'consul'> = {
  schema: { anyOf: [{ const: 'consul' }, { type: 'object', additionalProperties: nodeAddresses.schema }] },
  read(value, place) {
    if (isScalar(value) && value.value === 'consul') return 'consul';
    if (!isMap(value))
      return refuse(place, value, `${describe(value)} is not a map`, 'write {alpha: [10.0.0.1]}, or consul');
    const entries = place.text.entries(value, null);
    if (entries === INVALID) return INVALID;
    const pods = new Map<string, readonly string[]>();
    let isInvalid = false;
    for (const { name: pod, key, value: written } of entries) {
      const inner = { ...place, path: `${place.path}.${pod.slice(0, 63)}` };
      if (!DNS_LABEL.test(pod)) {
        refuse(place, key, `"${pod.slice(0, 63)}" is not a name of a pod`, 'write a-z, 0-9 and dashes');
        isInvalid = true;
      }
      const addresses = written === null ? [] : nodeAddresses.read(written, inner);
      if (addresses === INVALID) isInvalid = true;
      else pods.set(pod, [...new Set(addresses)].sort());
    }
    return isInvalid ? INVALID : pods;
  },
};

const SERVER_KEYS = {
  template: optional<string | null>(
    templateText,
    null,
    'the DNS names of the private balancers: "{app}.{pod}.svc.example"; without {pod}, one balancer has all pods',
  ),
  port: optional(port, 80, 'the port of the private balancers'),
  slots: optional(integer(1, 64), 8, 'how many addresses of one name are used; twice those usually seen'),
  nameservers: optional<readonly SocketAddress[]>(
    list(socketAddress, 'write ["127.0.0.1:53"]'),
    [],
    'the servers that are asked for names; without them, those of /etc/resolv.conf',
  ),
  resolve: optional(
    duration(100),
    10_000,
    'the time between two lookups of a name; a change takes effect within twice that',
  ),
  nodes: optional<PodNodes | 'consul' | null>(
    nodes,
    null,
    'the nodes of each pod in place of a template: {alpha: [10.0.0.1]}, or consul for those registered there',
  ),
  send_proxy: optional(oneOf(PROXY_VERSIONS), 'v2', 'which PROXY header the servers get: none, v1 or v2'),
  max_connections: optional(integer(1, 1_000_000), 500, 'how many requests each server gets at one time'),
};

const LIMIT_KEYS = {
  connections: optional(integer(1, 10_000_000), 100, 'how many connections a client may have at one time'),
  connection_rate: optional(integer(1, 10_000_000), 200, 'how many new connections a client may make in ten seconds'),
  requests: optional(integer(1, 10_000_000), 500, 'how many requests a client may make in ten seconds'),
  errors: optional(integer(1, 10_000_000), 200, 'how many errors a client may cause in thirty seconds'),
};

const TIMEOUT_KEYS = {
  hello: optional(duration(100), 3_000, 'how long a client may be silent before its TLS hello'),
  request_head: optional(
    duration(100),
    10_000,
    'how long the whole head of a request may take, and the first part of a body without a length',
  ),
  keep_alive: optional(duration(100), 15_000, 'how long a connection may wait for its next request'),
  client: optional(duration(100), 30_000, 'how long a client may send and read nothing'),
  connect: optional(duration(100), 3_000, 'how long a connect to a server may take'),
  queue: optional(duration(100), 5_000, 'how long a request may wait for a server'),
  check: optional(duration(100), 2_000, 'how long a check of a server may take'),
};

const pagePath = optional<string | null>(filePath, null, 'the file of this page: .html, .json or text');
const ERROR_PAGE_KEYS = Object.fromEntries(ERROR_CODES.map((code) => [String(code), pagePath]));

/** HTTP/2 needs as much; what has a larger head is a mistake of the client. */
const LEAST_BUFFER_BYTES = 16_384;
const anySize = size(65_536);
const bufferSize: Reader<number> = {
  schema: anySize.schema,
  read(value, place) {
    const bytes = anySize.read(value, place);
    if (bytes === INVALID || bytes >= LEAST_BUFFER_BYTES) return bytes;
    return refuse(place, value, `${describe(value)} is too small`, 'write 16k to 64k');
  },
};

const FACILITIES = ['daemon', ...Array.from({ length: 8 }, (_, index) => `local${index}`)];

const logTarget = text(
  (written) =>
    written === 'stdout' || /^\/[A-Za-z0-9_./-]+$/.test(written) || /^[A-Za-z0-9.[\]:-]+:\d{1,5}$/.test(written)
      ? written
      : null,
  'where logs go',
  'write 127.0.0.1:514, /dev/log or stdout',
);

const LOG_KEYS = {
  target: optional(
    logTarget,
    '127.0.0.1:514',
    'the place that logs go to: an address with a port, the path of a socket, or stdout',
  ),
  facility: optional(oneOf(FACILITIES), 'local2', 'the facility of syslog'),
};

const PROCESS_KEYS = {
  run_dir: optional(absolutePath, '/run/haproxy', 'the folder of the sockets'),
  state_file: optional<string | null>(
    absolutePath,
    null,
    'the file that keeps the addresses of servers over a reload; without it, servers.state in run_dir',
  ),
  max_connections: optional<number | null>(
    integer(10, 10_000_000),
    null,
    'how many connections all clients may have, six descriptors each; without it, 10 000, or as many as the limit of descriptors allows',
  ),
  buffer: optional(
    bufferSize,
    LEAST_BUFFER_BYTES,
    'the size of a buffer (tune.bufsize): a head may be as large, less 2k; each connection may take this much memory twice',
  ),
  threads: optional<number | null>(integer(1, 256), null, 'the number of threads; without it, one for each core'),
  user: optional<string | null>(name, null, 'the user that HAProxy becomes after it has bound its ports'),
  group: optional<string | null>(name, null, 'the group that HAProxy becomes after it has bound its ports'),
  chroot: optional<string | null>(absolutePath, null, 'the empty folder that HAProxy locks itself in'),
  log: optionalGroup(LOG_KEYS, 'how HAProxy logs'),
};

const domainTable = group(DOMAIN_KEYS);

const userAgent = text(
  (written) =>
    /^[\x21-\x7e]([\x20-\x7e]{0,126}[\x21-\x7e])?$/.test(written) && !written.startsWith('#') ? written : null,
  'a part of User-Agent',
  'write printable ASCII without blanks at its ends, and not # in front',
);

export const SITE_KEYS = {
  domains: required(list(domainTable, 'write [{name: one.example, certificate: one.pem}]'), 'the domains of the site'),
  listen: optionalGroup(LISTEN_KEYS, 'which addresses and ports are bound'),
  trusted_balancers: required(
    list(network, 'write [10.0.0.0/24]'),
    'the networks of the public balancers, which name the client by a PROXY header',
  ),
  deny: optional<readonly string[]>(list(network, 'write [203.0.113.0/24]'), [], 'which clients are refused'),
  bad_user_agents: optional<readonly string[]>(
    list(userAgent, 'write [sqlmap]'),
    [],
    'which parts of User-Agent are refused',
  ),
  error_pages: optionalGroup(ERROR_PAGE_KEYS, 'the pages for what HAProxy answers itself: {503: errors/503.html}'),
  servers: required(group(SERVER_KEYS), 'where the apps are: {template: "{app}.{pod}.svc.example"} or {nodes: ...}'),
  limits: optionalGroup(LIMIT_KEYS, 'how much each client may do over all apps, on one edge node'),
  timeouts: optionalGroup(TIMEOUT_KEYS, 'how long things may take'),
  process: optionalGroup(PROCESS_KEYS, 'how HAProxy runs'),
};
