import { hostPort, parseAddress } from '../../core/networks.js';
import type { Refusal } from '../../core/refusal.js';

/** A receiver of syslog over UDP. */
export interface SyslogPlace {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  /** By its number (RFC 5424 6.2.1). */
  readonly facility: number;
}

/** By HAProxy's names; the place in the list is the number. */
const FACILITIES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'auth2', 'ftp'],
  ...['ntp', 'audit', 'alert', 'cron2', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];
const DEFAULT_FACILITY = 'local0';
const SYSLOG_PORT = 514;
const HINT = 'write syslog:udp:127.0.0.1:514 or syslog:udp:[::1]:514,local2';

export function isSyslog(target: string): boolean {
  return target.startsWith('syslog:');
}

/** @param text `syslog:udp:ADDR:PORT,FACILITY`; port and facility may be missing. @returns why it is wrong */
export function parseSyslog(text: string): SyslogPlace | Refusal {
  if (text.startsWith('syslog:unix:')) {
    const hint = `${HINT}; rsyslog listens there with its module imudp`;
    return { message: 'Node cannot open a socket of datagrams such as /dev/log', hint };
  }
  const match = /^syslog:udp:(?:\[([^\]]+)\]|([^:,]+))(?::(\d{1,5}))?(?:,(\w+))?$/.exec(text);
  if (match === null) return { message: `"${text.slice(0, 80)}" is not a syslog receiver`, hint: HINT };
  const [, v6, v4, portText, name = DEFAULT_FACILITY] = match;
  const host = v4 === 'localhost' ? '127.0.0.1' : (v6 ?? v4 ?? '');
  if (parseAddress(host) === null || (v6 !== undefined) !== host.includes(':')) {
    return { message: `"${host}" is not an IP address`, hint: `${HINT}; names are not looked up` };
  }
  const port = portText === undefined ? SYSLOG_PORT : Number(portText);
  if (port === 0 || port > 65_535)
    return { message: `${hostPort(host, port)} has no port from 1 to 65535`, hint: HINT };
  const facility = FACILITIES.indexOf(name);
  if (facility === -1) return { message: `no facility ${name}`, hint: `there are ${FACILITIES.join(', ')}` };
  return { host, port, facility };
}
