/** Hosts of routes: exact names, `*.` and a name, expressions. The edge's maps are made of what passes here. */
import { domainToASCII } from 'node:url';
import type { Refusal } from '../core/refusal.js';
import { isRefusal } from '../core/refusal.js';
import type { RouteHost } from '../model/app-definition.js';
import { parseSafeRegex } from '../regex/safe-regex.js';

const MAX_HOST_LENGTH = 253;
/** RFC 1035, 2.3.4; the underscore is not allowed in host names, but it is in use. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * Reads `www.one.example` or `*.one.example`. Upper case and one dot at the end are brought to the one spelling; all else
 * that is not plain is refused.
 */
export function parseRouteHost(written: string): RouteHost | Refusal {
  if (!written.startsWith('*.')) {
    const host = parseHostName(written);
    return typeof host === 'string' ? { kind: 'exact', host } : host;
  }
  const suffix = parseHostName(written.slice(2));
  if (typeof suffix !== 'string') return suffix;
  // One label more than this has to fit.
  if (suffix.length > MAX_HOST_LENGTH - 2)
    return refused('leaves too little room for the label of the "*"', 'shorten it');
  return { kind: 'wildcard', suffix };
}

/** A name of labels in lower case, or why it is none. */
export function parseHostName(written: string): string | Refusal {
  if (/[^\0-\x7f]/.test(written)) {
    const ascii = domainToASCII(written);
    const hint = ascii === '' ? 'write the A-label of the name, xn--...' : `write the A-labels: ${ascii}`;
    return refused('is not ASCII', hint);
  }
  const host = written.toLowerCase().replace(/\.$/, '');
  if (host.includes('*')) return refused('has a "*" in the wrong place', 'write "*." at the start, and only there');
  if (/[/?#@]/.test(host)) return refused('is more than a host', 'write one name, without scheme, user, port or path');
  if (/^\[|:/.test(host))
    return refused('is more than a host name', 'write a name without a port; addresses are not allowed');
  if (host === '' || host.length > MAX_HOST_LENGTH)
    return refused(`must have 1 to ${MAX_HOST_LENGTH} characters`, 'write one name, such as www.one.example');
  if (!host.split('.').every((label) => LABEL.test(label)))
    return refused(
      'is not a host name',
      'write labels of a-z, 0-9, - and _ with single dots between, such as www.one.example',
    );
  return refusalOfSpelling(host) ?? host;
}

/** What the URL standard reads as an address (`0x7f.1`, `127.1`), or as no name at all (`xn--` and noise). */
function refusalOfSpelling(host: string): Refusal | null {
  const read = domainToASCII(host);
  if (read === host && !/^[\d.]+$/.test(host)) return null;
  if (read !== '' || /(^|\.)(\d+|0x[0-9a-f]*)$/.test(host)) {
    return refused('is an IP address to some programs', 'write a name; the last label may not be a number');
  }
  return refused('has an invalid xn-- label', 'write the A-label of the name as IDNA gives it');
}

/** Full match of the whole host; the name at its end is written out, so that no expression leaves its own domain. */
export function parseHostRegex(written: string): RouteHost | Refusal {
  const regex = parseSafeRegex(written);
  if (isRefusal(regex)) return regex;
  if (/[A-Z]/.test(regex.pattern)) return refused('has capitals', 'hosts are compared in lower case; write a-z');
  if (!/\.[a-z0-9_-]+$/.test(regex.literalEnd)) {
    return refused('does not end in a domain', 'write the domain out at the end: ^s-[0-9]+\\.one\\.example$');
  }
  return { kind: 'regex', pattern: regex.pattern };
}

function refused(message: string, hint: string): Refusal {
  return { message, hint };
}
