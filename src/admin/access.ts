/**
 * Who may ask. With tokens each request at the port needs one, also from this machine: a proxy, a tunnel or a container in
 * the network of the host brings strangers to loopback. The admin socket needs none: its permissions say who may connect.
 */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { canonicalAddress, isLoopback } from '../core/networks.js';
import { MIN_SECRET_CHARS } from '../core/secrets.js';
import type { AdminTokens } from './admin-tokens.js';
import type { Answer } from './answer.js';
import type { Endpoint } from './endpoints.js';
import { type TokenFault, twoAuthorizationsAnswer, unauthorizedAnswer, unguardedChangeAnswer } from './refusals.js';

/** The admin socket, a connection of this machine, or one of another. */
export type Way = 'socket' | 'own machine' | 'network';

/** Probes say no more than whether the node serves, and balancers have no token. */
const FREE: readonly Endpoint['name'][] = ['ping', 'ready', 'health'];

/** Linux takes nothing from outside that claims an address of its own. */
export function wayOf({ remoteAddress = '', localAddress }: Pick<Socket, 'remoteAddress' | 'localAddress'>): Way {
  const from = canonicalAddress(remoteAddress);
  const isOwn = from !== '' && (isLoopback(from) || from === canonicalAddress(localAddress ?? ''));
  return isOwn ? 'own machine' : 'network';
}

/**
 * @param endpoint null for an unknown path
 * @returns the refusal; null: it may go on
 */
export function refusalOf(
  request: IncomingMessage,
  way: Way,
  endpoint: Endpoint | null,
  tokens: AdminTokens | null,
): { readonly answer: Answer; readonly fault: TokenFault | null } | null {
  if (way === 'socket') return null;
  if (tokens === null) {
    const isRefused = way === 'network' && endpoint?.method === 'POST';
    return isRefused ? { answer: unguardedChangeAnswer(), fault: null } : null;
  }
  if (endpoint !== null && FREE.includes(endpoint.name)) return null;
  const fields = request.headersDistinct.authorization ?? [];
  if (fields.length > 1) return { answer: twoAuthorizationsAnswer(), fault: null };
  const fault = faultOf(fields[0], tokens);
  return fault === null ? null : { answer: unauthorizedAnswer(fault), fault };
}

function faultOf(field: string | undefined, tokens: AdminTokens): TokenFault | null {
  if (field === undefined || field === '') return 'missing';
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+)$/.exec(field) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return tokens.has(credentials) ? null : 'wrong';
    case 'basic':
      return tokens.has(passwordOf(credentials)) ? null : 'wrong';
    default:
      return 'unknown scheme';
  }
}

/** RFC 7617: the name ends at the first colon. */
function passwordOf(credentials: string): string {
  const text = Buffer.from(credentials, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? '' : text.slice(colon + 1);
}

const SECRET_NAME = /^(?:(?:access|auth|admin|bearer|id)[_-]?)?token$|^(?:bearer|authorization|password|api[_-]?key)$/i;

/** A parameter that is named for one, a name in front of the host, or one of the tokens anywhere in it. */
export function hasSecretInUrl(url: string, tokens: AdminTokens | null): boolean {
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*@/i.test(url)) return true;
  const [path = '', ...rest] = url.split('?');
  const pairs = [...new URLSearchParams(rest.join('?'))];
  if (pairs.some(([name]) => SECRET_NAME.test(name))) return true;
  const texts = [...pairs.flat(), ...path.split('/').map(decoded)];
  return tokens !== null && texts.some((text) => text.length >= MIN_SECRET_CHARS && tokens.has(text));
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
