/** Who asks: what of a request says that it comes from a command, from the page of this node, or from the page of another. */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { parseAddress } from '../core/networks.js';
import { escapeText } from '../model/problem.js';
import { BY_FIELD, REQUEST_FIELD, TOKEN_FIELD } from './endpoints.js';

const MAX_BY_LENGTH = 128;

/** HTTP/1.0 has no Host; a browser always sends one, and it is browsers that can be led here by a foreign name. */
export function isOwnHost(field: string | undefined, hostNames: ReadonlySet<string>): boolean {
  if (field === undefined) return true;
  const match = /^(?:\[([^[\]]+)\]|([^:[\]]+))(?::\d{1,5})?$/.exec(field);
  const name = (match?.[1] ?? match?.[2] ?? '').toLowerCase();
  return parseAddress(name) !== null || hostNames.has(name.replace(/\.$/, ''));
}

/** A foreign page can send a form or a bare fetch, but neither this field nor this type without a preflight. */
export function isMarked({ headers }: IncomingMessage): boolean {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  return headers[REQUEST_FIELD] === '1' || type === 'application/json';
}

/** Commands send none of these fields, browsers at least one of them with each POST, and no script can leave it out. */
export function isFromBrowser({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
}

/** The page that this node served: of the same origin, by the words of the browser, and with the token that it was given. */
export function isFromOwnPage({ headers }: IncomingMessage, token: string): boolean {
  const { host = '', origin, 'sec-fetch-site': site } = headers;
  if (origin !== undefined && origin.toLowerCase().replace(/^https?:\/\//, '') !== host.toLowerCase()) return false;
  if (site !== undefined && site !== 'same-origin') return false;
  const given = headers[TOKEN_FIELD];
  return typeof given === 'string' && isSameText(given, token);
}

export function byOf({ headers, socket }: IncomingMessage): string {
  const field = headers[BY_FIELD];
  const by = (typeof field === 'string' ? field : '').trim();
  return escapeText(by === '' ? `somebody at ${socket.remoteAddress ?? 'the admin socket'}` : by).slice(
    0,
    MAX_BY_LENGTH,
  );
}

/** In a time that does not depend on where they differ. */
function isSameText(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
