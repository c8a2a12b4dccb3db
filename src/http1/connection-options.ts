import { trimmed } from './fields.js';

/**
 * The options of Connection fields (RFC 9110 7.6.1): `close`, `keep-alive`, `upgrade`, and names of fields that are
 * meant for the next hop alone.
 */
export class ConnectionOptions {
  close = false;
  keepAlive = false;
  upgrade = false;
  /** Lower-case field names to remove; null in all but rare messages. */
  named: Set<string> | null = null;

  reset(): void {
    this.close = false;
    this.keepAlive = false;
    this.upgrade = false;
    this.named = null;
  }

  /** Adds the options of one field value. An element that is not a token is passed over, as `timeout=5` in it often is. */
  add(value: string): void {
    // The two values of nearly every message, compared before anything is split.
    if (value === 'keep-alive' || value === 'Keep-Alive') {
      this.keepAlive = true;
      return;
    }
    if (value === 'close') {
      this.close = true;
      return;
    }
    for (const part of value.split(',')) {
      // Not `trim`: the no-break space that it takes off is a byte of the word.
      const option = trimmed(part).toLowerCase();
      if (option === '') continue;
      if (!/^[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(option)) {
        // `close;x` or `"close` mean the end of the connection to some readers: closing is right for all of them.
        if (option.includes('close')) this.close = true;
      } else if (option === 'close') this.close = true;
      else if (option === 'keep-alive') this.keepAlive = true;
      else if (option === 'upgrade') this.upgrade = true;
      else if (!PROTECTED.has(option)) {
        this.named ??= new Set();
        this.named.add(option);
      }
    }
  }
}

/**
 * Fields that frame or route a message, or that this proxy adds: naming them in Connection would make the next proxy
 * forget them (the hop-by-hop attack), so the wish is ignored.
 */
const PROTECTED: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'content-type',
  'content-encoding',
  'authorization',
  'cookie',
  'set-cookie',
  'cache-control',
  'x-forwarded-for',
  'x-forwarded-port',
  'x-forwarded-proto',
]);
