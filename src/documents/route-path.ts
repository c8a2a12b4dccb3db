/** Paths of routes: in the one spelling that requests are brought to before a route is compared with them. */

import type { Refusal } from '../core/refusal.js';
import { isRefusal } from '../core/refusal.js';
import type { RoutePath } from '../model/app-definition.js';
import { routedPath } from '../model/path-spelling.js';
import { parseSafeRegex } from '../regex/safe-regex.js';

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
  const literals = regex.pattern.replace(/\[(?:\\.|[^\]])*\]/g, '[]').replace(/\\(.)/g, '$1');
  const refusal = refusalOfSpelling(literals);
  if (refusal !== null) return refusal;
  return { kind: 'regex', pattern: regex.pattern };
}

/** What one reader decodes or cleans and another one does not would let a request past the route that was meant. */
function refusalOfPath(path: string): Refusal | null {
  if (!path.startsWith('/')) return refused('does not begin with /', 'write /checkout');
  if (/[^\x21-\x7e]/.test(path))
    return refused(
      'has a blank or a character beyond printable ASCII',
      'percent-encode it: %20, or the bytes of UTF-8, as %C3%A9',
    );
  if (/["'`\\#?]/.test(path)) {
    return refused('has a quote, a backslash, # or ?', 'write the path alone, such characters percent-encoded');
  }
  if (/%(?![0-9a-f]{2})/i.test(path))
    return refused('has a % without two hex digits after it', 'write %25 for a percent sign');
  const segments = path.slice(1).split('/');
  if (segments.some((segment) => /^\.\.?(;|$)/.test(segment)))
    return refused('has a dot segment', 'write the path that it leads to');
  if (path.includes('*')) {
    const prefix = path.slice(0, path.indexOf('*')).replace(/\/$/, '') || '/';
    const hint = `path: ${prefix} takes all that is below it; else write path_regex, where \\* is the character`;
    return refused('has a "*", which no path understands', hint);
  }
  return (
    refusalOfSpelling(path) ??
    (routedPath(path) === path ? null : refused('is not normal', `write ${routedPath(path)}`))
  );
}

/** What no request has any more when routes are compared with it, or what the edge refuses. */
function refusalOfSpelling(text: string): Refusal | null {
  const refusedByEdge = /%(2f|5c|[01][0-9a-f]|7f)/i.exec(text)?.[0];
  if (refusedByEdge !== undefined)
    return refused(`has ${refusedByEdge} in it`, 'leave it out: the edge answers requests that have it with 400');
  for (const [encoded] of text.matchAll(/%[0-9a-f]{2}/gi)) {
    const spelling = routedPath(encoded);
    if (spelling === '') return refusalOfParameter(encoded);
    if (spelling !== encoded)
      return refused(`has ${encoded} in it`, `write ${spelling}: requests are brought to this spelling first`);
  }
  if (text.includes(';')) return refusalOfParameter(';');
  return /\/\//.test(text) ? refused('has two slashes in a row', 'write one: several in a row count as one') : null;
}

function refusalOfParameter(written: string): Refusal {
  return refused(`has "${written}" in it`, 'routes are compared with paths without their parameters; leave them out');
}

function refused(message: string, hint: string): Refusal {
  return { message, hint };
}
