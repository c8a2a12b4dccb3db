import { hostPort, parseAddress } from '../../core/networks.js';
import type { Refusal } from '../../core/refusal.js';

/** A receiver of syslog over UDP. */
export interface UdpPlace {
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  /** By its number (RFC 5424 6.2.1). */
  readonly facility: number;
}

/** A receiver of syslog on this machine. */
export interface SocketPlace {
  /** Absolute path. */
  readonly socket: string;
  /** As `logger` of util-linux names it. */
  readonly facility: string;
}

/** By HAProxy's names; the place in the list is the number. */
const FACILITIES = [
  ...['kern', 'user', 'mail', 'daemon', 'auth', 'syslog', 'lpr', 'news', 'uucp', 'cron', 'auth2', 'ftp'],
  ...['ntp', 'audit', 'alert', 'cron2', 'local0', 'local1', 'local2', 'local3', 'local4', 'local5', 'local6', 'local7'],
];
/** Those that `logger` refuses, or takes for another one. */
const FACILITIES_WITHOUT_SOCKET = ['kern', 'ntp', 'audit', 'alert', 'cron2'];
const DEFAULT_FACILITY = 'local0';
const SYSLOG_PORT = 514;
/** `sun_path` of unix(7), without the zero byte at its end. */
const MAX_SOCKET_PATH_BYTES = 107;
const UDP_HINT = 'write syslog:udp:127.0.0.1:514 or syslog:udp:[::1]:514,local2';
const SOCKET_HINT = 'write syslog:unix:/dev/log or syslog:unix:/dev/log,local2';

export function isSyslog(target: string): boolean {
  return target.startsWith('syslog:');
}

/**
 * @param text `syslog:unix:PATH,FACILITY` or `syslog:udp:ADDR:PORT,FACILITY`; port and facility may be missing.
 * @returns why it is wrong
 */
export function parseSyslog(text: string): SocketPlace | UdpPlace | Refusal {
  const [, socket, facility = DEFAULT_FACILITY] = /^syslog:unix:(.*?)(?:,(\w+))?$/s.exec(text) ?? [];
  return socket === undefined ? parseUdp(text) : parseSocket(socket, facility);
}

function parseSocket(socket: string, facility: string): SocketPlace | Refusal {
  if (!socket.startsWith('/') || socket.includes('\0'))
    return { message: `"${socket.slice(0, 80)}" is not the absolute path of a socket`, hint: SOCKET_HINT };
  if (Buffer.byteLength(socket) > MAX_SOCKET_PATH_BYTES) {
    const message = `"${socket.slice(0, 80)}…" is too long for the path of a socket`;
    return { message, hint: `the kernel takes ${MAX_SOCKET_PATH_BYTES} bytes` };
  }
  const known = FACILITIES.filter((name) => !FACILITIES_WITHOUT_SOCKET.includes(name));
  if (!known.includes(facility)) return noFacility(facility, known);
  return { socket, facility: facility === 'auth2' ? 'authpriv' : facility };
}

function parseUdp(text: string): UdpPlace | Refusal {
  const match = /^syslog:udp:(?:\[([^\]]+)\]|([^:,]+))(?::(\d{1,5}))?(?:,(\w+))?$/.exec(text);
  if (match === null) {
    const hint = `${UDP_HINT}, or syslog:unix:/dev/log`;
    return { message: `"${text.slice(0, 80)}" is not a syslog receiver`, hint };
  }
  const [, v6, v4, portText, name = DEFAULT_FACILITY] = match;
  const host = v4 === 'localhost' ? '127.0.0.1' : (v6 ?? v4 ?? '');
  if (parseAddress(host) === null || (v6 !== undefined) !== host.includes(':')) {
    return { message: `"${host}" is not an IP address`, hint: `${UDP_HINT}; names are not looked up` };
  }
  const port = portText === undefined ? SYSLOG_PORT : Number(portText);
  if (port === 0 || port > 65_535)
    return { message: `${hostPort(host, port)} has no port from 1 to 65535`, hint: UDP_HINT };
  const facility = FACILITIES.indexOf(name);
  return facility === -1 ? noFacility(name, FACILITIES) : { host, port, facility };
}

function noFacility(name: string, known: readonly string[]): Refusal {
  return { message: `no facility ${name}`, hint: `there are ${known.join(', ')}` };
}
