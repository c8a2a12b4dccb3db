/** Paths of routes: as they stand in a request, in one spelling that no two readers read differently. */
import type { RoutePath } from './app-definition.js';
import type { Refusal } from './refusal.js';
import { isRefusal } from './refusal.js';
import { parseSafeRegex } from './safe-regex.js';

/** A prefix matches whole segments, so a slash at its end says nothing and is dropped. */
export function parsePathPrefix(written: string): RoutePath | Refusal {
  const refusal = refusalOfPath(written);
  if (refusal !== null) return refusal;
  return { kind: 'prefix', path: written === '/' ? '/' : written.replace(/\/$/, '') };
}

export function parsePathExact(written: string): RoutePath | Refusal {
  return refusalOfPath(written) ?? { kind: 'exact', path: written };
}

/** Full match of the whole path. */
export function parsePathRegex(written: string): RoutePath | Refusal {
  const regex = parseSafeRegex(written);
  if (isRefusal(regex)) return regex;
  if (!regex.canBeginWith('/')) return refused('matches no path: it does not begin with /', 'write ^/u/[0-9]+$');
  return { kind: 'regex', pattern: regex.pattern };
}

/** What one reader decodes or cleans and another one does not would let a request past the route that was meant. */
function refusalOfPath(path: string): Refusal | null {
  if (!path.startsWith('/')) return refused('does not begin with /', 'write /checkout');
  if (/[^\x21-\x7e]/.test(path)) return refused('is not printable ASCII', 'percent-encode its UTF-8 bytes: %C3%A9');
  if (/["'`\\#?]/.test(path)) {
    return refused('has a quote, a backslash, # or ?', 'write the path alone, such characters percent-encoded');
  }
  if (/%(?![0-9a-f]{2})/i.test(path))
    return refused('has a % without two hex digits after it', 'write %25 for a percent sign');
  const encoded = /%(2f|5c|2e|00|0a|0d)/i.exec(path);
  if (encoded !== null)
    return refused(`has ${encoded[0]} in it`, 'leave it out: the edge refuses requests that have it');
  const segments = path.slice(1).split('/');
  if (segments.some((segment) => /^\.\.?(;|$)/.test(segment)))
    return refused('has a dot segment', 'write the path that it leads to');
  if (segments.slice(0, -1).includes('')) return refused('has two slashes in a row', 'write one');
  return null;
}

function refused(message: string, hint: string): Refusal {
  return { message, hint };
}
