/**
 * The stage before TLS. It speaks no TLS: it reads the PROXY header, counts and refuses, looks at the name in the TLS
 * hello, and hands the untouched stream over through an abstract socket, with the client's address. So a refused
 * address costs no handshake, and who is silent before TLS is gone after the inspect delay, on all versions.
 */
import { type Section, V3_0 } from '../syntax/configuration.js';
import { durationWord, numberWord } from '../syntax/words.js';
import type { SizedSite } from './capacity.js';
import { bindWord, stageSocket } from './sockets.js';

export function shieldSections(site: SizedSite): readonly Section[] {
  const { limits, listen, timeouts } = site;
  const connections = numberWord('site.limits.connections', limits.connections);
  const rate = numberWord('site.limits.connection_rate', limits.connectionRate);
  const hello = durationWord('site.timeouts.hello', timeouts.helloMs);
  return [
    {
      title: 'backend st_shield',
      lines: ['stick-table type ipv6 size 200k expire 2m peers edge store conn_cur,conn_rate(10s)'],
    },
    {
      title: 'frontend fe_shield',
      lines: [
        'mode tcp',
        'no log',
        `maxconn ${numberWord('site.process.max_connections', site.running.maxConnections)}`,
        `bind ${bindWord('site.listen.https_port', site, listen.httpsPort)} accept-proxy`,
        // "connection" rules see the balancer, all later ones the client.
        'tcp-request connection reject unless { src -f lists/trusted_balancers.lst }',
        'tcp-request session reject if { src -f lists/deny_src.lst }',
        'tcp-request session track-sc0 src,ipmask(32,64) table st_shield',
        `tcp-request session reject if { sc_conn_cur(0) gt ${connections} } || { sc_conn_rate(0) gt ${rate} }`,
        `tcp-request inspect-delay ${hello}`,
        'tcp-request content reject unless { req.ssl_hello_type 1 }',
        'tcp-request content set-var(sess.sni) req.ssl_sni,lower',
        "tcp-request content reject unless { var(sess.sni),map_str(maps/cert_scope.map) -m found } || { 'var(sess.sni),regsub(^[^.]*,*),map_str(maps/cert_scope.map)' -m found }",
        // For the PROXY header, where 2.6 knows no other. Once the stream is handed over "timeout tunnel" is in its place.
        `timeout client ${hello}`,
        { since: V3_0, lines: [`timeout client-hs ${hello}`] },
        'default_backend tls_stage',
      ],
    },
    {
      title: 'backend tls_stage',
      // The stage behind it keeps the time of each app; here only what no app may have ends.
      lines: [
        'mode tcp',
        'no log',
        'timeout server 30s',
        'timeout tunnel 24d',
        `server local ${stageSocket(site)} send-proxy-v2`,
      ],
    },
  ];
}
