/**
 * From what was written to one value. A flag, a variable, a key of the file and a default are all texts, so each option
 * has one reader and one message, wherever it was written.
 */
import path from 'node:path';
import { parseDuration } from '../core/durations.js';
import { nearestName } from '../core/nearest-name.js';
import { isEveryAddress, parseAddress, parseNetwork } from '../core/networks.js';
import type { Refusal } from '../core/refusal.js';
import { shorten } from '../core/short-text.js';

/** Not a class: a value that no option has, so that readers need no exceptions. */
export class RefusedText {
  readonly refusal: Refusal;

  constructor(message: string, hint: string) {
    this.refusal = { message, hint };
  }
}

/** @param base folder that relative paths start from */
export type TextReader<T> = (text: string, base: string) => T | RefusedText;

/** Where the admin API listens; port 0 lets the system choose. */
export interface AdminAddress {
  /** An IP address without brackets. */
  readonly host: string;
  readonly port: number;
}

function refused(text: string, what: string, hint: string): RefusedText {
  return new RefusedText(`"${shorten(text)}" ${what}`, hint);
}

/** An absolute path. */
export const filePath: TextReader<string> = (text, base) =>
  text === '' || text.includes('\0')
    ? refused(text, 'is not a path', 'write a path, such as /etc/autoproxy.d/services')
    : path.resolve(base, text);

export function wholeNumber(min: number, max: number): TextReader<number> {
  return (text) => {
    const number = /^(0|[1-9]\d{0,14})$/.test(text) ? Number(text) : Number.NaN;
    if (number >= min && number <= max) return number;
    return refused(text, `is not a whole number from ${min} to ${max}`, `write a number from ${min} to ${max}`);
  };
}

/** Milliseconds. */
export const duration: TextReader<number> = (text) =>
  parseDuration(text) ?? refused(text, 'is not a duration', 'write 500ms, 10s, 5m or milliseconds; at most 24d');

/** `50%` is 0.5. */
export const percentage: TextReader<number> = (text) => {
  const percent = /^\d{1,3}%$/.test(text) ? Number(text.slice(0, -1)) : Number.NaN;
  if (percent <= 100) return percent / 100;
  return refused(text, 'is not a percentage from 0% to 100%', 'write a number and the sign, such as 50%');
};

export const truth: TextReader<boolean> = (text) => {
  if (/^(true|yes|on|1)$/i.test(text)) return true;
  if (/^(false|no|off|0)$/i.test(text)) return false;
  return refused(text, 'is neither true nor false', 'write true or false');
};

export function oneWordOf<const T extends string>(words: readonly T[]): TextReader<T> {
  return (text) => {
    const word = words.find((candidate) => candidate === text.toLowerCase());
    if (word !== undefined) return word;
    const nearest = nearestName(text, words);
    const hint = nearest === null ? `write one of ${words.join(', ')}` : `did you mean "${nearest}"?`;
    return refused(text, `is not one of ${words.join(', ')}`, hint);
  };
}

export const ipAddress: TextReader<string> = (text) => {
  if (parseAddress(text) !== null) return text;
  if (text === '*')
    return refused(text, 'is not an IP address', 'write :: for every address, 0.0.0.0 for those of IPv4');
  const bare = /^\[(.*)\]$/.exec(text)?.[1];
  if (bare !== undefined && parseAddress(bare) !== null) {
    return refused(text, 'is not an IP address', `write it without brackets: ${bare}`);
  }
  const host = /^(.+):\d+$/.exec(text)?.[1];
  if (host !== undefined && parseAddress(host) !== null) {
    return refused(text, 'has a port', `write the address alone: ${host}`);
  }
  return refused(text, 'is not an IP address', 'names are not resolved; write an address such as 10.0.0.5 or fd00::5');
};

/** An address that others can reach. */
export const ownAddress: TextReader<string> = (text, base) => {
  const address = ipAddress(text, base);
  if (address instanceof RefusedText || !isEveryAddress(address)) return address;
  return refused(text, 'means every address', 'write the one at which the other nodes reach this node');
};

export const network: TextReader<string> = (text) =>
  parseNetwork(text) === null
    ? refused(text, 'is not a network', 'write address/prefix, such as 10.0.0.0/8 or fd00::/8')
    : text;

/** A comma-separated list; the empty text is the empty list. Equal entries count once. */
export function listOf<T>(item: TextReader<T>): TextReader<readonly T[]> {
  return (text, base) => {
    const items = new Set<T>();
    if (text.trim() === '') return [];
    for (const part of text.split(',')) {
      const read = item(part.trim(), base);
      if (read instanceof RefusedText) return read;
      items.add(read);
    }
    return [...items];
  };
}

export const adminAddress: TextReader<AdminAddress> = (text) => {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text);
  const hint = 'write address:port, such as 127.0.0.1:1936 or [::1]:1936';
  // Commands take a socket there, and they read AUTOPROXY_ADMIN too.
  const hintForNode = text.startsWith('unix:') ? `${hint}; a node has its socket by --admin-socket PATH` : hint;
  if (match === null) return refused(text, 'is not an address with a port', hintForNode);
  const [, bracketed, plain] = match;
  const host = plain === 'localhost' ? '127.0.0.1' : (bracketed ?? plain ?? '');
  const isWellFormed = parseAddress(host) !== null && (bracketed !== undefined) === host.includes(':');
  if (!isWellFormed) return refused(text, 'does not begin with an IP address', hint);
  const port = Number(match[3]);
  // A port that the kernel chooses is known to nobody: not to commands, to Consul, or to the check against loops.
  if (port === 0) return refused(text, 'has port 0, where nobody would find the admin API', hint);
  return port <= 65_535 ? { host, port } : refused(text, 'has a port above 65535', hint);
};

/** Stands in the bleed mark, in logs and in URLs. */
export const plainName: TextReader<string> = (text) =>
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,252}$/.test(text)
    ? text
    : refused(text, 'is not a plain name', 'write letters, digits, dots, dashes or underscores, at most 253');

/**
 * As Consul's own tools take it: a scheme may be missing. @returns `http://host:port`, `https://host:port` or
 * `unix:///path`, without a path at its end.
 */
export const consulUrl: TextReader<string> = (text) => {
  const hint = 'write http://127.0.0.1:8500, https://consul.example:8501 or unix:///run/consul.sock';
  if (/^unix:\/\/\/[^\0]+$/.test(text)) return text;
  const whole = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  if (!/^https?:/i.test(whole) || !URL.canParse(whole)) return refused(text, 'is not a URL of Consul', hint);
  const url = new URL(whole);
  if (url.username !== '' || url.password !== '') {
    return new RefusedText('the URL of Consul holds a password', 'give a token with CONSUL_HTTP_TOKEN_FILE instead');
  }
  if (!/^\/(v1\/?)?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    return refused(text, 'has more than scheme, host and port', hint);
  }
  return url.origin;
};

/**
 * As Docker's own tools take DOCKER_HOST; a path is understood too. @returns `unix:///path`, or `tcp://host:port`,
 * `http://...`, `https://...`, whose port may be missing
 */
export const dockerUrl: TextReader<string> = (text) => {
  const hint = 'write unix:///run/docker.sock or tcp://127.0.0.1:2375';
  if (/^\/[^\0]+$/.test(text)) return `unix://${text}`;
  if (/^unix:\/\/\/[^\0]+$/.test(text)) return text;
  if (/^ssh:/i.test(text)) {
    return refused(text, 'is reached over SSH, which is not spoken here', `${hint}, or forward its socket with ssh -L`);
  }
  const isHost = /^(?:tcp|https?):\/\/(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.test(text.replace(/\/$/, ''));
  const url = text.replace(/\/$/, '').toLowerCase();
  return isHost && URL.canParse(url.replace(/^tcp/, 'http')) ? url : refused(text, 'is not where Docker can be', hint);
};

/** Shown to nobody, not even in a refusal. */
export const secretText: TextReader<string> = (text) =>
  /^[\x21-\x7e]{1,4096}$/.test(text)
    ? text
    : new RefusedText('this is not a token', 'write it as Consul gave it, without spaces or quotes');

export const dnsName: TextReader<string> = (text) => {
  const labels = text.replace(/\.$/, '').split('.');
  const isName = text.length <= 253 && labels.every((label) => /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i.test(label));
  if (isName && parseAddress(text) === null) return text;
  return refused(text, 'is not a DNS name', 'write a name that resolves to the nodes; addresses go to neighbors');
};
