/** `global`, `http-errors`, `resolvers`, `peers`, `defaults`: what holds for everything after them. */
import type { Site } from '../site/site.js';
import { type Line, type Section, V3_0 } from '../syntax/configuration.js';
import { durationWord, numberWord, word } from '../syntax/words.js';
import { connectionsOf, type SizedSite } from './capacity.js';
import { ERROR_CODES } from './error-pages.js';
import { socketWord } from './sockets.js';

export function globalSection({ running }: SizedSite): Section {
  const { log, user, group, chroot, threads } = running;
  const format = log.target === 'stdout' ? ' format raw' : '';
  return {
    title: 'global',
    lines: [
      // All files are named relative to this one, so a release can be checked where it was built, and moved.
      'default-path config',
      // For "normalize-uri" alone, which is marked as experimental from 2.4 to 3.2.
      'expose-experimental-directives',
      `log ${word('site.process.log.target', log.target)}${format} ${word('site.process.log.facility', log.facility)} info`,
      ...(chroot === null ? [] : [`chroot ${word('site.process.chroot', chroot)}`]),
      ...(user === null ? [] : [`user ${word('site.process.user', user)}`]),
      ...(group === null ? [] : [`group ${word('site.process.group', group)}`]),
      ...(threads === null ? [] : [`nbthread ${numberWord('site.process.threads', threads)}`]),
      'localpeer edge-local',
      // Left to HAProxy it would follow the limit of descriptors, which is huge in many a container.
      `maxconn ${numberWord('site.process.max_connections', connectionsOf(running.maxConnections))}`,
      '# old workers, kept by long tunnels, go after this',
      'hard-stop-after 15m',
      'close-spread-time 20s',
      'mworker-max-reloads 20',
      `stats socket ${word('site.process.run_dir', `${running.runDir}/admin.sock`)} mode 600 level admin expose-fd listeners`,
      'stats timeout 30s',
      `server-state-file ${word('site.process.state_file', running.stateFile)}`,
      // Tickets need a key that all edge nodes share and change; without one they only weaken forward secrecy.
      'ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets',
      `ssl-default-bind-ciphers ${CIPHERS.join(':')}`,
      'ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
      'ssl-default-bind-curves X25519:P-256:P-384',
      'tune.ssl.cachesize 50000',
      // What expressions found is not remembered: among 5 000 hosts that costs more than to ask them again (17.2 for 19.8
      // CPU µs a request on 2.6), and what was found while a map changes would be remembered past the change.
      'tune.pattern.cache-size 0',
      `tune.bufsize ${numberWord('site.process.buffer', running.bufferBytes)}`,
      '# kept free in it for fields that are added',
      'tune.maxrewrite 1024',
      'tune.h2.max-concurrent-streams 100',
      { since: V3_0, lines: ['tune.h2.fe.glitches-threshold 100', 'tune.h2.fe.max-total-streams 2000'] },
    ],
  };
}

/** AEAD with ECDHE only: no parameters to keep, nothing that an old recording could be opened with. */
const CIPHERS = ['AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'CHACHA20-POLY1305'].flatMap((cipher) => [
  `ECDHE-ECDSA-${cipher}`,
  `ECDHE-RSA-${cipher}`,
]);

export function httpErrorsSection(): Section {
  return { title: 'http-errors edge', lines: ERROR_CODES.map((code) => `errorfile ${code} errors/${code}.http`) };
}

/** None when the servers are nodes, whose addresses are written out. */
export function resolversSections({ servers: { place } }: Site): readonly Section[] {
  if (place.kind === 'nodes') return [];
  const resolve = durationWord('site.servers.resolve', place.resolveMs);
  const nameservers = place.nameservers.map(
    (address, index) => `nameserver dns${index + 1} ${socketWord('site.servers.nameservers', address)}`,
  );
  return [
    {
      title: 'resolvers private',
      lines: [
        ...(nameservers.length === 0 ? ['parse-resolv-conf'] : nameservers),
        'accepted_payload_size 8192',
        'resolve_retries 3',
        '# how often names are resolved; "hold valid" does not change it',
        `timeout resolve ${resolve}`,
        `timeout retry ${durationWord('site.servers.resolve', Math.min(1_000, place.resolveMs))}`,
        `hold valid ${resolve}`,
        '# an address leaves when it is missing in the second answer, not in the first: answers may be parts',
        `hold obsolete ${durationWord('site.servers.resolve', Math.ceil(1.5 * place.resolveMs))}`,
        '# an outage of the DNS takes no server down whose address is known',
        'hold nx 5m',
        'hold refused 1h',
        'hold timeout 1h',
        'hold other 1h',
      ],
    },
  ];
}

/** The old process hands its tables to the new one through this when it is reloaded. */
export function peersSection({ listen }: Site): Section {
  return {
    title: 'peers edge',
    lines: [`peer edge-local 127.0.0.1:${numberWord('site.listen.peer_port', listen.peerPort)}`],
  };
}

export function defaultsSection({ timeouts, servers }: Site): Section {
  const time = (key: string, durationMs: number): string => durationWord(`site.timeouts.${key}`, durationMs);
  const client = time('client', timeouts.clientMs);
  return {
    title: 'defaults',
    lines: [
      'mode http',
      'log global',
      'errorfiles edge',
      'option dontlognull',
      '# X_Forwarded_For is X-Forwarded-For to some servers',
      'option http-restrict-req-hdr-names delete',
      'option redispatch 1',
      '# balancers forget flows on which nothing moves',
      'option clitcpka',
      'option srvtcpka',
      'clitcpka-idle 60s',
      'srvtcpka-idle 60s',
      '# nothing that reached an app is repeated',
      'retries 2',
      'retry-on conn-failure',
      'load-server-state-from-file global',
      `timeout http-request ${time('request_head', timeouts.requestHeadMs)}`,
      `timeout http-keep-alive ${time('keep_alive', timeouts.keepAliveMs)}`,
      `timeout client ${client}`,
      'timeout client-fin 10s',
      `timeout connect ${time('connect', timeouts.connectMs)}`,
      'timeout server 30s',
      'timeout server-fin 10s',
      `timeout queue ${time('queue', timeouts.queueMs)}`,
      'timeout tunnel 1h',
      `timeout check ${time('check', timeouts.checkMs)}`,
      { since: V3_0, lines: ['timeout client-hs 5s'] },
      `default-server ${serverDefaults(servers).join(' ')}`,
    ] satisfies Line[],
  };
}

function serverDefaults({ place, sendProxy, maxConnections }: Site['servers']): readonly string[] {
  const header = { none: [], v1: ['send-proxy'], v2: ['send-proxy-v2', 'proxy-v2-options', 'unique-id'] }[sendProxy];
  // A start never waits for the DNS; addresses known before a reload are known after it.
  const resolution =
    place.kind === 'dns' ? ['resolvers', 'private', 'resolve-prefer', 'ipv4', 'init-addr', 'last,none'] : [];
  const limit = ['maxconn', numberWord('site.servers.max_connections', maxConnections)];
  return [...limit, ...header, ...resolution];
}
