/**
 * The cookie that binds a client to an instance, as HAProxy's `cookie NAME insert indirect nocache httponly dynamic`: the
 * instance can't see it and can't set it.
 */
import { createHmac } from 'node:crypto';
import { SPACE, TAB } from '../../http1/characters.js';
import { trimmed } from '../../http1/fields.js';
import type { StickySnapshot } from '../../snapshot/snapshot.js';

/** Of the HMAC: too many to find a value by trying. */
const VALUE_BYTES = 16;
const SEMICOLON = 0x3b;

export class StickyCookie {
  readonly name: string;
  readonly #key: string;
  readonly #setCookie: RegExp;

  constructor({ cookie, key }: StickySnapshot) {
    this.name = cookie;
    this.#key = key;
    const name = cookie.replace(/[^A-Za-z0-9_]/g, '\\$&');
    this.#setCookie = new RegExp(`^Set-Cookie:[ \\t]*${name}[ \\t]*=.*\\r\\n`, 'gim');
  }

  isOf(config: StickySnapshot | null): boolean {
    return config !== null && config.cookie === this.name && config.key === this.#key;
  }

  /**
   * The cookie's value for an instance. The same on every worker, and on every node with the same key. Sessions end with
   * the life that has them: another one has another value.
   */
  idOf(id: string, life: string | null = null): string {
    const digest = createHmac('sha256', this.#key)
      .update(life === null ? id : `${id} ${life}`)
      .digest();
    return digest.subarray(0, VALUE_BYTES).toString('base64url');
  }

  /** Whether there is a value under this name. */
  isIn(cookies: string): boolean {
    for (let pair = nextPair(cookies, 0); pair !== null; pair = nextPair(cookies, pair.end)) {
      if (pair.name === this.name) return true;
    }
    return false;
  }

  /** The first value under this name that stands for an instance; empty when none does. */
  idIn(cookies: string, instances: ReadonlyMap<string, unknown>): string {
    for (let pair = nextPair(cookies, 0); pair !== null; pair = nextPair(cookies, pair.end)) {
      if (pair.name !== this.name) continue;
      const value = cookies.slice(pair.valueStart, pair.valueEnd);
      if (instances.has(value)) return value;
    }
    return '';
  }

  /** @param block start line and field lines of a request. @returns it without this cookie and its value */
  withoutCookie(block: string): string {
    return block.replace(/^(Cookie:[ \t]*)(.*)\r\n/gim, (line, start: string, cookies: string) => {
      const kept = this.#without(cookies);
      return kept === cookies ? line : kept === '' ? '' : `${start}${kept}\r\n`;
    });
  }

  /** @param block start line and field lines of a response. @returns it without what the instance sets under this name */
  withoutSetCookie(block: string): string {
    return block.replace(this.#setCookie, '');
  }

  /** The field lines that bind a client; a cache would bind all that it answers to one instance. */
  fieldLines(id: string): string {
    return `Set-Cookie: ${this.name}=${id}; path=/; HttpOnly\r\nCache-Control: private\r\n`;
  }

  #without(cookies: string): string {
    let kept = '';
    let isLeaving = false;
    for (let pair = nextPair(cookies, 0); pair !== null; pair = nextPair(cookies, pair.end)) {
      // Attributes of RFC 2965 belong to the cookie before them.
      isLeaving = pair.name === this.name || (isLeaving && pair.name.startsWith('$'));
      if (!isLeaving) kept += cookies.slice(pair.start, pair.end);
    }
    // Where the last pair left, the separator before it is left over.
    return isLeaving ? withoutEnd(kept) : kept;
  }
}

/** A pair of a Cookie field, by its places in the text. */
interface CookiePair {
  readonly start: number;
  /** Behind its `;` and the blanks after that. */
  readonly end: number;
  /** Empty for what has no `=`. */
  readonly name: string;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/**
 * Reads as HAProxy does: blanks around name and value do not count, and a `;` inside quotes does not separate. By hand: an
 * expression would try blanks and quotes again from each place, and a Cookie field may have 16 KB of them.
 * @returns the pair that begins at `start`; null behind the last
 */
function nextPair(cookies: string, start: number): CookiePair | null {
  if (start >= cookies.length) return null;
  let stop = endOfPair(cookies, start);
  const equals = cookies.slice(start, stop).indexOf('=');
  let name = '';
  let valueStart = stop;
  if (equals !== -1) {
    name = trimmed(cookies.slice(start, start + equals));
    valueStart = skipBlanks(cookies, start + equals + 1);
    const quote = cookies[valueStart] === '"' ? cookies.indexOf('"', valueStart + 1) : -1;
    if (quote !== -1) stop = endOfPair(cookies, quote);
  }
  let valueEnd = stop;
  while (valueEnd > valueStart && isBlank(cookies.charCodeAt(valueEnd - 1))) valueEnd -= 1;
  return { start, end: skipBlanks(cookies, stop + 1), name, valueStart, valueEnd };
}

function endOfPair(cookies: string, from: number): number {
  const semicolon = cookies.indexOf(';', from);
  return semicolon === -1 ? cookies.length : semicolon;
}

function skipBlanks(text: string, from: number): number {
  let position = from;
  while (position < text.length && isBlank(text.charCodeAt(position))) position += 1;
  return position;
}

/** Without blanks and semicolons at the end. */
function withoutEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (isBlank(text.charCodeAt(end - 1)) || text.charCodeAt(end - 1) === SEMICOLON)) end -= 1;
  return text.slice(0, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
