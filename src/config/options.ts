/** The one table of options: the command line, the environment, `autoproxy.yml` and the help are all read from it. */
import { defaultLogFormat, LOG_FORMATS, LOG_LEVELS } from '../core/log-levels.js';
import { NETWORK_DEFAULTS } from '../model/app.js';
import { accessFormat, fieldName, logTarget } from './log-readers.js';
import { hostOption, type OptionTable, option, optionalOption } from './option.js';
import { fileMode, fileOwner, socketPath, socketPathOrNone } from './socket-readers.js';
import {
  adminAddress,
  consulUrl,
  dnsName,
  dockerUrl,
  duration,
  filePath,
  ipAddress,
  listOf,
  network,
  oneWordOf,
  ownAddress,
  percentage,
  plainName,
  secretText,
  truth,
  wholeNumber,
} from './text-readers.js';

const MAX_WORKERS = 256;
const MAX_CONNECTIONS = 100_000_000;

export const OPTIONS = {
  servicesDir: option('services-dir', filePath, '/etc/autoproxy.d/services', {
    placeholder: 'DIR',
    help: 'the services directory: YAML files, one or more apps each, and backups.txt; unless named, it need not exist beside --consul or --docker',
  }),
  bind: option('bind', ipAddress, '::', {
    placeholder: 'ADDR',
    help: 'the address that slots and health ports are bound on; :: is every address',
  }),
  workers: hostOption(
    'workers',
    wholeNumber(1, MAX_WORKERS),
    ({ parallelism }) => String(Math.min(MAX_WORKERS, Math.max(1, parallelism))),
    'one per core',
    { placeholder: 'N', help: 'worker processes' },
  ),
  maxConnections: option('max-connections', wholeNumber(0, MAX_CONNECTIONS), '0', {
    placeholder: 'N',
    help: 'client connections at one time, over all workers; 0: as many as the descriptor limit allows',
  }),
  admin: option('admin', adminAddress, '127.0.0.1:1936', {
    placeholder: 'ADDR:PORT',
    help: 'where the admin API listens; beyond loopback give --admin-token-file too',
  }),
  adminTokenFile: optionalOption('admin-token-file', filePath, {
    placeholder: 'FILE',
    help: 'file with tokens, one a line; each request at the port of the admin API must carry one of them; reread when it changes',
  }),
  adminSocket: optionalOption('admin-socket', socketPathOrNone, {
    placeholder: 'PATH',
    fallbackHelp: 'admin.sock in the state directory',
    help: 'a unix socket with the admin API, for commands on this machine; it asks for no token; the word none turns it off',
  }),
  adminSocketMode: option('admin-socket-mode', fileMode, '660', {
    placeholder: 'MODE',
    help: 'permissions of the admin socket, as in chmod',
  }),
  adminSocketOwner: optionalOption('admin-socket-owner', fileOwner, {
    placeholder: 'USER:GROUP',
    help: 'whose the admin socket is, as in chown; else of the user that runs the node',
  }),
  statsSocket: optionalOption('stats-socket', socketPath, {
    placeholder: 'PATH',
    help: "a unix socket that speaks HAProxy's verbs (show stat, set server ...); who may write to it may change states",
  }),
  statsSocketMode: option('stats-socket-mode', fileMode, '600', {
    placeholder: 'MODE',
    help: 'permissions of the stats socket, as in chmod',
  }),
  statsSocketOwner: optionalOption('stats-socket-owner', fileOwner, {
    placeholder: 'USER:GROUP',
    help: 'whose the stats socket is, as in chown; else of the user that runs the node',
  }),
  stateDir: option('state-dir', filePath, '/var/lib/autoproxy', {
    placeholder: 'DIR',
    help: 'directory for what survives a restart: the last good state, the decisions of operators, the history, the key of sticky cookies; a lock keeps other nodes out',
  }),
  node: hostOption('node', plainName, ({ hostname }) => hostname, 'the host name', {
    placeholder: 'NAME',
    help: 'the name of this node, unique in its pod',
  }),
  pod: optionalOption('pod', plainName, { placeholder: 'NAME', help: 'the pod that this node belongs to' }),
  neighbors: option('neighbors', listOf(ownAddress), '', {
    placeholder: 'IP,IP',
    isList: true,
    help: 'addresses of the other nodes of the pod; they take the bleed',
  }),
  backups: optionalOption('backups', dnsName, {
    placeholder: 'NAME',
    oldEnvironment: ['BACKUPS'],
    help: 'a DNS name that resolves to the nodes of the pod',
  }),
  ip: optionalOption('ip', ownAddress, {
    placeholder: 'IP',
    oldEnvironment: ['IP'],
    help: 'the address at which the other nodes reach this node; bled connections leave from it if this machine has it',
  }),
  podKeyFile: optionalOption('pod-key-file', filePath, {
    placeholder: 'FILE',
    help: 'file with a key that all nodes of the pod share, to prove that a bleed comes from one of them; reread when it changes',
  }),
  consul: optionalOption('consul', consulUrl, {
    placeholder: 'URL',
    oldEnvironment: ['CONSUL_HTTP_ADDR'],
    help: 'where Consul answers: the source of the apps of the pod, the instances of this node and its neighbors',
  }),
  consulSsl: option('consul-ssl', truth, 'false', {
    placeholder: 'BOOL',
    isSwitch: true,
    oldEnvironment: ['CONSUL_HTTP_SSL'],
    help: 'speak TLS to Consul, even if its URL says http or has no scheme',
  }),
  consulNode: optionalOption('consul-node', plainName, {
    placeholder: 'NAME',
    help: "the name of this node's agent in Consul, if it differs from the name of the node",
  }),
  consulToken: optionalOption('consul-token', secretText, {
    placeholder: 'TOKEN',
    oldEnvironment: ['CONSUL_HTTP_TOKEN'],
    isSecret: true,
    help: 'the ACL token for Consul',
  }),
  consulTokenFile: optionalOption('consul-token-file', filePath, {
    placeholder: 'FILE',
    oldEnvironment: ['CONSUL_HTTP_TOKEN_FILE'],
    help: 'file with the ACL token; it wins over the token itself, and may be replaced at any time',
  }),
  consulCaFile: optionalOption('consul-ca-file', filePath, {
    placeholder: 'FILE',
    oldEnvironment: ['CONSUL_CACERT'],
    help: "certificate of the authority that signed Consul's certificate",
  }),
  consulCertFile: optionalOption('consul-cert-file', filePath, {
    placeholder: 'FILE',
    oldEnvironment: ['CONSUL_CLIENT_CERT'],
    help: 'client certificate for Consul',
  }),
  consulKeyFile: optionalOption('consul-key-file', filePath, {
    placeholder: 'FILE',
    oldEnvironment: ['CONSUL_CLIENT_KEY'],
    help: 'key of the client certificate',
  }),
  consulNamespace: optionalOption('consul-namespace', plainName, {
    placeholder: 'NAME',
    oldEnvironment: ['CONSUL_NAMESPACE'],
    help: 'namespace in Consul Enterprise',
  }),
  consulDatacenter: optionalOption('consul-datacenter', plainName, {
    placeholder: 'NAME',
    help: "the datacenter to ask, if it differs from the agent's own",
  }),
  docker: optionalOption('docker', dockerUrl, {
    placeholder: 'SOCKET',
    oldEnvironment: ['DOCKER_HOST'],
    help: "where this node's Docker engine answers: the source of the containers that run here; only read",
  }),
  dockerTlsVerify: optionalOption('docker-tls-verify', truth, {
    placeholder: 'BOOL',
    isSwitch: true,
    oldEnvironment: ['DOCKER_TLS_VERIFY'],
    help: 'speak TLS to Docker and check its certificate; false: speak TLS unchecked where a folder of certificates is named',
  }),
  dockerCertPath: optionalOption('docker-cert-path', filePath, {
    placeholder: 'DIR',
    oldEnvironment: ['DOCKER_CERT_PATH'],
    help: 'folder with ca.pem, cert.pem and key.pem for TLS with Docker',
  }),
  register: option('register', truth, 'false', {
    placeholder: 'BOOL',
    isSwitch: true,
    help: 'register the containers of the Docker engine in Consul, with their checks, and take them out when they end; needs --docker and --consul',
  }),
  lameDuckMs: option('lame-duck', duration, '10s', {
    placeholder: 'TIME',
    help: 'how long a stopping node still accepts connections while its health ports answer 503',
  }),
  drainTimeoutMs: option('drain-timeout', duration, '15s', {
    placeholder: 'TIME',
    help: 'how long a stopping node waits for requests and connections to end',
  }),
  orphanGraceMs: option('orphan-grace', duration, '60s', {
    placeholder: 'TIME',
    help: 'how long workers go on serving after their primary died, until another one takes over; 0s: they drain at once',
  }),
  maxRemovalShare: option('max-removal', percentage, '50%', {
    placeholder: 'N%',
    help: 'when a source loses more than this share at once, what it lost is kept for 60 s, or until an operator accepts the loss',
  }),
  internalNetworks: option('internal-networks', listOf(network), NETWORK_DEFAULTS.internal.join(','), {
    placeholder: 'CIDR,CIDR',
    isList: true,
    help: 'the networks that may use internal apps',
  }),
  acceptProxy: option('accept-proxy', truth, 'false', {
    placeholder: 'BOOL',
    isSwitch: true,
    help: 'slots demand a PROXY header, unless the app sets accept_proxy',
  }),
  trustedProxies: option('trusted-proxies', listOf(network), NETWORK_DEFAULTS.trustedProxies.join(','), {
    placeholder: 'CIDR,CIDR',
    isList: true,
    help: 'who may send a PROXY header, and whose X-Forwarded-Port and -Proto are kept, unless the app sets trusted_proxies',
  }),
  sendProxy: option('send-proxy', oneWordOf(['v1', 'v2']), 'v2', {
    placeholder: 'VERSION',
    help: 'version of the PROXY header to neighbors, for slots that demand one; only v2 marks the bleed',
  }),
  via: option('via', truth, 'false', {
    placeholder: 'BOOL',
    isSwitch: true,
    help: 'add a Via field to requests and responses (RFC 9110 7.6.3)',
  }),
  logLevel: option('log-level', oneWordOf(LOG_LEVELS), 'info', {
    placeholder: 'LEVEL',
    help: LOG_LEVELS.join(', '),
  }),
  logFormat: hostOption(
    'log-format',
    oneWordOf(LOG_FORMATS),
    ({ isTerminal }) => defaultLogFormat(isTerminal),
    'text on a terminal, else json',
    { placeholder: 'FORMAT', help: 'text: lines for people; json: one JSON object a line' },
  ),
  accessLog: option('access-log', logTarget, 'none', {
    placeholder: 'TARGET',
    help: 'the access log: a file, - for standard output, syslog:unix:PATH,FACILITY, syslog:udp:ADDR:PORT,FACILITY, or none',
  }),
  accessLogFormat: option('access-log-format', accessFormat, 'haproxy', {
    placeholder: 'FORMAT',
    help: 'haproxy, httplog, tcplog, clf, json, or a format string of HAProxy',
  }),
  accessLogCapture: option('access-log-capture', listOf(fieldName), 'Host', {
    placeholder: 'FIELD,FIELD',
    isList: true,
    help: 'fields of requests that the access log shows: %hr, %hrl, %[capture.req.hdr(N)]',
  }),
  accessLogCaptureResponse: option('access-log-capture-response', listOf(fieldName), '', {
    placeholder: 'FIELD,FIELD',
    isList: true,
    help: 'fields of responses that the access log shows: %hs, %hsl, %[capture.res.hdr(N)]',
  }),
  maxHeadBytes: option('max-head', wholeNumber(1_024, 65_536), '16384', {
    placeholder: 'BYTES',
    help: 'the largest allowed head of a request or response',
  }),
  maxFields: option('max-fields', wholeNumber(10, 1_000), '100', {
    placeholder: 'N',
    help: 'how many fields a head or a trailer may have',
  }),
} as const satisfies OptionTable;

/** Not in the table: it says where the rest is written. */
export const CONFIG_OPTION = {
  name: 'config',
  environment: ['AUTOPROXY_CONFIG'],
  placeholder: 'FILE',
  fallback: '/etc/autoproxy.d/autoproxy.yml',
  help: 'a file of options as YAML, "name: value"; flags and the environment win over it',
} as const;
