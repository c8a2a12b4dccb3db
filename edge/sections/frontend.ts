/**
 * The frontend of all domains: one pipeline of rules of constant length. Apps add lines to maps, never rules, so what a
 * request costs does not grow with the number of hosts. No value of an app and none of the site's texts stands in here.
 */

import { DEFAULT_METHODS } from '../../src/model/app-definition.js';
import { DECODED_FOR_ROUTES } from '../../src/model/path-spelling.js';
import { ACCEPTED_HOST, DOT_SEGMENT, MAX_HOST_LENGTH, REFUSED_CHARACTERS } from '../routes/refused-requests.js';
import type { Site } from '../site/site.js';
import type { Section } from '../syntax/configuration.js';
import { durationWord, numberWord } from '../syntax/words.js';
import type { SizedSite } from './capacity.js';
import { bindWord, stageBind } from './sockets.js';

export function clientTableSection(): Section {
  return {
    title: 'backend st_client',
    lines: [
      'stick-table type ipv6 size 200k expire 2m peers edge store conn_cur,conn_rate(10s),http_req_rate(10s),http_err_rate(30s)',
    ],
  };
}

/** Takes requests that match no app; an app cannot have its name, since the backends of apps begin with "be_". */
export function noAppSection(): Section {
  return { title: 'backend no_app', lines: ['http-request deny deny_status 404'] };
}

/** @param hasTls false: no certificate is fit to be served, and a bind without one keeps HAProxy from starting */
export function edgeSection(site: SizedSite, hasTls: boolean): Section {
  const { listen } = site;
  const { maxConnections } = site.running;
  return {
    title: 'frontend fe_edge',
    lines: [
      `maxconn ${numberWord('site.process.max_connections', 2 * maxConnections)}`,
      `bind ${bindWord('site.listen.http_port', site, listen.httpPort)} accept-proxy name plain maxconn ${numberWord('site.process.max_connections', maxConnections)}`,
      ...(hasTls ? [`bind ${stageBind(site)} ${TLS_BIND}`] : []),
      'option socket-stats',
      'unique-id-format %[uuid()]',
      LOG_FORMAT,
      ...connectionRules(site),
      ...HSTS_OF_CONNECTION,
      ...clientRules(site),
      ...HOST_AND_PATH,
      ...REFUSALS,
      ...SPELLING,
      ...CERTIFICATE_SCOPE,
      ...ROUTING,
      ...METHODS,
      ...GRPC,
      ...PLAIN_HTTP,
      ...FORWARDED_FIELDS,
      ...UPGRADES,
      ...ANSWERS,
      ...appLimits(site),
      'use_backend be_%[var(txn.app)]',
      'default_backend no_app',
    ],
  };
}

const TLS_BIND = 'accept-proxy name tls ssl crt-list crt-list.txt alpn h2,http/1.1 strict-sni';

const LOG_FORMAT = `log-format '{"ts":"%tr","id":"%ID","client":"%ci","cport":%cp,"fe":"%ft","be":"%b","srv":"%s","method":"%HM","host":"%[var(txn.host),json(utf8ps)]","path":"%[var(txn.path),json(utf8ps)]","ver":"%HV","status":%ST,"tsc":"%tsc","in":%U,"out":%B,"tq":%Tq,"tw":%Tw,"tc":%Tc,"trs":%Tr,"ta":%Ta,"sslv":"%sslv","sslc":"%sslc","ac":%ac,"fc":%fc,"bc":%bc,"sc":%sc,"rc":%rc}'`;

/** What came through the stage before TLS was looked at there; its source is that stage until the PROXY header is read. */
function connectionRules({ limits }: Site): readonly string[] {
  const connections = numberWord('site.limits.connections', limits.connections);
  const rate = numberWord('site.limits.connection_rate', limits.connectionRate);
  return [
    'tcp-request connection reject if { so_name -m str plain } !{ src -f lists/trusted_balancers.lst }',
    'tcp-request session reject if { src -f lists/deny_src.lst }',
    'tcp-request session track-sc0 src,ipmask(32,64) table st_client',
    `tcp-request session reject if { sc_conn_cur(0) gt ${connections} } || { sc_conn_rate(0) gt ${rate} }`,
  ];
}

function clientRules({ limits }: Site): readonly string[] {
  const requests = numberWord('site.limits.requests', limits.requests);
  const errors = numberWord('site.limits.errors', limits.errors);
  return [
    // Once more, for connections that were open when the entry came.
    'http-request deny deny_status 403 if { src -f lists/deny_src.lst }',
    `http-request deny deny_status 429 if { sc_http_req_rate(0) gt ${requests} } || { sc_http_err_rate(0) gt ${errors} }`,
  ];
}

/** Before anything is refused: what HAProxy answers itself says it, too, even to a request without a host. */
const HSTS_OF_CONNECTION = [
  'http-request set-var(txn.sni) ssl_fc_sni,lower if { ssl_fc }',
  'http-request set-var(txn.sscope) var(txn.sni),map_str(maps/cert_scope.map) if { ssl_fc }',
  "http-request set-var(txn.sscope) 'var(txn.sni),regsub(^[^.]*,*),map_str(maps/cert_scope.map)' if { ssl_fc } !{ var(txn.sscope) -m found }",
  'http-request set-var(txn.hsts) var(txn.sscope),map_str(maps/hsts.map) if { ssl_fc }',
];

const HOST_AND_PATH = [
  'http-request set-var(txn.path) path',
  'http-request deny deny_status 400 unless { req.hdr_cnt(host) eq 1 }',
  "http-request set-var(txn.host) 'req.hdr(host),lower,regsub(:[0-9]*$,),regsub(\\.$,)'",
  `http-request deny deny_status 400 unless { var(txn.host) -m reg '${ACCEPTED_HOST}' } { var(txn.host) -m len 1:${MAX_HOST_LENGTH} }`,
  "http-request set-var(txn.wild) 'var(txn.host),regsub(^[^.]*,*)'",
];

const REFUSALS = [
  'http-request deny deny_status 400 unless { var(txn.path) -m beg / }',
  `http-request deny deny_status 400 if { var(txn.path) -m reg -i '${REFUSED_CHARACTERS}' } || { 'var(txn.path),url_dec' -m reg '${DOT_SEGMENT}' }`,
  'http-request deny deny_status 403 if { req.hdr(user-agent) -m sub -i -f lists/bad_ua.lst }',
];

const ENCODED = 'if { var(txn.path) -m sub % }';
const DECODINGS = [...DECODED_FOR_ROUTES].map((char) => {
  const code = char.charCodeAt(0).toString(16).toUpperCase();
  return `regsub(%${code},${'(),'.includes(char) ? `"${char}"` : char},g)`;
});

/**
 * What src/model/path-spelling.ts says, by HAProxy. The query stays as it is: it may be signed. "strict" is not for what it
 * says, since bad escapes are refused above: without it HAProxy 2.6.12 and 3.0.11 take the condition for an argument, and
 * the rule never runs.
 */
const SPELLING = [
  '# one spelling (RFC 3986, 6.2.2): in txn.path as the app gets it, in txn.routed as routes are compared with it',
  `http-request set-var(txn.query) query ${ENCODED}`,
  `http-request set-pathq %[path] ${ENCODED}`,
  `http-request normalize-uri percent-decode-unreserved strict ${ENCODED}`,
  `http-request normalize-uri percent-to-uppercase strict ${ENCODED}`,
  'http-request set-pathq %[path]?%[var(txn.query)] if { var(txn.query) -m found }',
  `http-request set-var(txn.path) path ${ENCODED}`,
  'http-request set-var(txn.routed) var(txn.path)',
  `http-request set-var(txn.routed) 'var(txn.routed),${DECODINGS.join(',')}' ${ENCODED}`,
  "http-request set-var(txn.routed) 'var(txn.routed),regsub(;[^/]*,,g)' if { var(txn.routed) -m sub ; }",
  "http-request set-var(txn.routed) 'var(txn.routed),regsub(/+,/,g)' if { var(txn.routed) -m sub // }",
];

const SAME_CERTIFICATE = '{ var(txn.hscope),strcmp(txn.sscope) eq 0 }';

/** Certificates are compared, not names: one connection may carry all the hosts of its certificate. */
const CERTIFICATE_SCOPE = [
  '# a connection opened for one certificate carries no host of another one',
  'http-request set-var(txn.hscope) var(txn.host),map_str(maps/cert_scope.map)',
  'http-request set-var(txn.hscope) var(txn.wild),map_str(maps/cert_scope.map) unless { var(txn.hscope) -m found }',
  `http-request unset-var(txn.hsts) if { ssl_fc } !${SAME_CERTIFICATE}`,
  `http-request set-var(txn.hsts) var(txn.hscope),map_str(maps/hsts.map) if { ssl_fc } !${SAME_CERTIFICATE}`,
  `http-request deny deny_status 421 if { ssl_fc } !${SAME_CERTIFICATE}`,
];

const UNLESS_FOUND = 'unless { var(txn.app) -m found }';

/** A character that hosts and paths cannot contain joins them, so an expression for one never matches in the other. */
const ROUTING = [
  '# host and path -> app: exact host, then wildcard, then expression; in each exact path, expression, longest prefix',
  'http-request set-var-fmt(txn.hp) %[var(txn.host)]%[var(txn.routed)]',
  'http-request set-var-fmt(txn.wp) %[var(txn.wild)]%[var(txn.routed)]',
  'http-request set-var-fmt(txn.hre) "%[var(txn.host)]\\x1f%[var(txn.routed)]"',
  'http-request set-var-fmt(txn.wre) "%[var(txn.wild)]\\x1f%[var(txn.routed)]"',
  'http-request set-var(txn.app) var(txn.hp),map_str(maps/exact.map)',
  `http-request set-var(txn.app) var(txn.hre),map_reg(maps/path_regex.map) ${UNLESS_FOUND}`,
  `http-request set-var(txn.app) 'var(txn.hp),concat(/),map_beg(maps/prefix.map)' ${UNLESS_FOUND}`,
  `http-request set-var(txn.app) var(txn.wp),map_str(maps/exact.map) ${UNLESS_FOUND}`,
  `http-request set-var(txn.app) var(txn.wre),map_reg(maps/path_regex.map) ${UNLESS_FOUND}`,
  `http-request set-var(txn.app) 'var(txn.wp),concat(/),map_beg(maps/prefix.map)' ${UNLESS_FOUND}`,
  `http-request set-var(txn.app) var(txn.hre),map_reg(maps/host_regex.map) ${UNLESS_FOUND}`,
  `http-request deny deny_status 404 ${UNLESS_FOUND}`,
];

/** Allow belongs to a 405 (RFC 9110, 15.5.6); where an app answers with one, it says its own. */
const METHODS = [
  '# an HTTP/2 websocket (extended CONNECT) appears here as GET with Upgrade',
  'http-request set-var(txn.methods) var(txn.app),map_str(maps/methods.map)',
  `http-request set-var(txn.not_allowed) 'str("${DEFAULT_METHODS.join(',')}")' if !{ var(txn.methods) -m found } !{ method ${DEFAULT_METHODS.join(' ')} }`,
  // Not as a variable in "concat": 2.6 makes OPTIONS of each method that it does not know.
  'http-request set-var-fmt(txn.app_method) %[var(txn.app)]/%[method] if { var(txn.methods) -m found }',
  'http-request set-var(txn.not_allowed) var(txn.methods) if { var(txn.methods) -m found } !{ var(txn.app_method),map_str(maps/methods.map) -m found }',
  'http-after-response set-header Allow %[var(txn.not_allowed)] if { var(txn.not_allowed) -m found }',
  'http-request deny deny_status 405 if { var(txn.not_allowed) -m found }',
];

/**
 * Apps are spoken to in HTTP/1.1, which has no place for what gRPC needs: said as gRPC says it, status 12 is UNIMPLEMENTED.
 * gRPC-Web and Connect are other media types, and pass.
 */
const GRPC = [
  "http-request set-var(txn.grpc) bool(true) if { req.hdr(content-type) -m reg -i '^application/grpc($|[+;])' }",
  // An answer without a body has no Content-Type of "return".
  'http-after-response set-header Content-Type application/grpc if { var(txn.grpc) -m bool }',
  'http-request return status 200 hdr grpc-status 12 hdr grpc-message "the front door speaks HTTP/1.1 to apps: gRPC does not pass" if { var(txn.grpc) -m bool }',
];

const PLAIN_HTTP = [
  '# plain HTTP: only for hosts that are served, and to the name in its one spelling',
  'http-request redirect location https://%[var(txn.host)]%[pathq] code 301 if !{ ssl_fc } { method GET HEAD } !{ var(txn.app),map_str(maps/plain_ok.map) -m found }',
  'http-request redirect location https://%[var(txn.host)]%[pathq] code 308 if !{ ssl_fc } !{ var(txn.app),map_str(maps/plain_ok.map) -m found }',
  '# the absolute form is for proxies: apps get the path',
  'http-request set-uri %[pathq] if { fc_http_major eq 1 } !{ url -m beg / }',
];

/** Names by which servers and frameworks take somebody else's word for who asks, by what way, and for what. */
const UNTRUE_FIELDS = [
  ...['x-forwarded(-.*)?', 'forwarded', 'x-real-ip', 'x-client-ip', 'client-ip', 'x-cluster-client-ip'],
  ...['true-client-ip', 'cf-connecting-.*', 'fastly-client-ip', 'fly-client-ip', 'x-azure-clientip', 'x-proxyuser-ip'],
  ...['x-remote-.*', 'x-originating-ip', 'wl-proxy-.*', 'x-appengine-.*', 'x-host', 'x-http-host-override'],
  ...['x-original-.*', 'x-rewrite-url', 'x-scheme', 'x-url-scheme', 'front-end-https', 'x-ssl-.*', 'ssl-client-.*'],
  ...[
    'x-client-cert.*',
    'x-envoy-.*',
    'x-accel-.*',
    'x-sendfile.*',
    'x-amz-cf-id',
    'x-autoproxy-.*',
    'x-request-id',
    'x-unique-id',
  ],
  ...['proxy', 'proxy-connection'],
];

const FORWARDED_FIELDS = [
  '# what a client says about itself is dropped, then the truth is added',
  `http-request del-header '^(${UNTRUE_FIELDS.join('|')})$' -m reg`,
  'http-request set-header X-Forwarded-For %[src]',
  'http-request set-header X-Forwarded-Port %[dst_port]',
  'http-request set-header X-Forwarded-Host %[var(txn.host)]',
  'http-request set-header X-Forwarded-Proto https if { ssl_fc }',
  'http-request set-header X-Forwarded-Proto http unless { ssl_fc }',
  ...['https', 'http'].flatMap((scheme) => {
    const condition = scheme === 'https' ? 'if { ssl_fc }' : 'if !{ ssl_fc }';
    return [
      `http-request set-header Forwarded "for=%[src];host=%[var(txn.host)];proto=${scheme}" ${condition} { src -m ip 0.0.0.0/0 }`,
      `http-request set-header Forwarded "for=\\"[%[src]]\\";host=%[var(txn.host)];proto=${scheme}" ${condition} !{ src -m ip 0.0.0.0/0 }`,
    ];
  }),
  'http-request set-header X-Request-ID %[unique-id]',
  'http-request set-header Host %[var(txn.host)] unless { req.hdr(host),strcmp(txn.host) eq 0 }',
];

/** An h2c upgrade would be a tunnel around every rule; a client's Connection could name fields for the next proxy to drop. */
const UPGRADES = [
  '# nothing but websocket is negotiated',
  'http-request set-var(txn.ws) bool(true) if { req.hdr(upgrade) -m str -i websocket }',
  "http-request del-header '^(http2-settings|te|trailer|keep-alive)$' -m reg",
  "http-request del-header '^(upgrade|connection)$' -m reg unless { var(txn.ws) -m bool }",
  'http-request set-header Connection Upgrade if { var(txn.ws) -m bool }',
  'http-request set-header Upgrade websocket if { var(txn.ws) -m bool }',
];

/** After HAProxy's own answers, too. */
const ANSWERS = [
  'http-request set-var(txn.hsts) var(txn.app),map_str(maps/hsts_app.map) if { ssl_fc }',
  'http-after-response set-header Strict-Transport-Security %[var(txn.hsts)] if { var(txn.hsts) -m found }',
  'http-after-response set-header X-Request-ID %[unique-id]',
  "http-after-response del-header '^(server|x-powered-by|x-aspnet-version)$' -m reg",
];

/** Limited, and nothing says how long the body is. */
const UNMEASURED = '{ var(txn.body) -m found } { req.hdr_cnt(content-length) eq 0 }';

/** The limits of each app stand in maps, so that they change without a reload. Counted is in the app's own backend. */
function appLimits({ timeouts }: Site): readonly string[] {
  const wait = durationWord('site.timeouts.request_head', timeouts.requestHeadMs);
  return [
    'http-request set-var(txn.body) var(txn.app),map_str_int(maps/max_body.map)',
    'http-request deny deny_status 413 if { var(txn.body) -m found } { req.body_size,sub(txn.body) gt 0 }',
    '# a body without a declared length would pass that limit; HTTP/2 announces none, with any method',
    `http-request wait-for-body time ${wait} at-least 1 if ${UNMEASURED}`,
    `http-request return status 411 content-type text/plain string "411 Length Required" if ${UNMEASURED} { req.body_len gt 0 }`,
    ...['requests', 'errors', 'concurrent'].map(
      (limit) => `http-request set-var(txn.${limit}) var(txn.app),map_str_int(maps/limit_${limit}.map,4294967295)`,
    ),
  ];
}
