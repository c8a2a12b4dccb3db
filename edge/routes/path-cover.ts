/** How the paths of two routes lie to each other. */
import type { RoutePath } from '../../src/model/app-definition.js';
import { matchesPath } from './matches.js';

/** Every path that `covered` matches, `wide` matches too. True is certain; false may only mean that nobody can tell. */
export function coversPath(wide: RoutePath, covered: RoutePath): boolean {
  if (wide.kind === 'regex' && covered.kind === 'regex' && wide.pattern === covered.pattern) return true;
  const only = onlyPath(covered);
  if (only !== null) return matchesPath(wide, only);
  if (wide.kind === 'exact') return false;
  const start = startOf(covered);
  if (wide.kind === 'prefix') return isUnderPrefix(covered, start, wide.path);
  const open = openEndOf(wide.pattern);
  if (open === null) return false;
  return open.isOfSegments ? isUnderPrefix(covered, start, open.start) : start.startsWith(open.start);
}

/** False is certain: no path matches both. */
export function canShareRequests(one: RoutePath, other: RoutePath): boolean {
  const only = onlyPath(one) ?? onlyPath(other);
  if (only !== null) return matchesPath(one, only) && matchesPath(other, only);
  const [a, b] = [startOf(one), startOf(other)];
  if (one.kind === 'prefix' && other.kind === 'prefix') {
    return isUnderPrefix(one, a, other.path) || isUnderPrefix(other, b, one.path);
  }
  return a.startsWith(b) || b.startsWith(a);
}

/** All that `path` matches is `prefix` itself or lies below it; every match of `path` begins with `start`. */
function isUnderPrefix(path: RoutePath, start: string, prefix: string): boolean {
  if (prefix === '/' || start.startsWith(`${prefix}/`)) return true;
  return path.kind === 'prefix' && path.path === prefix;
}

function startOf(path: RoutePath): string {
  return path.kind === 'regex' ? literalStartOf(path.pattern) : path.path;
}

/** The one path that it matches, or null when there are several. */
function onlyPath(path: RoutePath): string | null {
  if (path.kind === 'exact') return path.path;
  return path.kind === 'regex' ? literalOf(path.pattern) : null;
}

const LITERAL = String.raw`(?:[^\\.*+?()[\]{}|^$]|\\[^A-Za-z0-9])`;
const ONLY_LITERAL = new RegExp(`^${LITERAL}*$`);
/** What may be there not at all, because a count stands after it, does not belong to the start. */
const LITERAL_START = new RegExp(`^(?:${LITERAL}(?![*?{]))*`);
const OPEN_END = new RegExp(String.raw`^(${LITERAL}*?)(?:\.\*|(\((?:\?:)?\\?/\.\*\)\?))$`);

function literalOf(pattern: string): string | null {
  return ONLY_LITERAL.test(pattern) ? unescaped(pattern) : null;
}

/** Where there is a choice it may be one between wholes, so nothing is certain. */
function literalStartOf(pattern: string): string {
  return pattern.includes('|') ? '' : unescaped(LITERAL_START.exec(pattern)?.[0] ?? '');
}

/** `/a.*` takes all that begins with `/a`, `/a(/.*)?` the segment `/a` and all below. */
function openEndOf(pattern: string): { readonly start: string; readonly isOfSegments: boolean } | null {
  const [isOpen, start, segments] = OPEN_END.exec(pattern) ?? [];
  if (isOpen === undefined || start === undefined) return null;
  return { start: unescaped(start), isOfSegments: segments !== undefined };
}

function unescaped(pattern: string): string {
  return pattern.replace(/\\(.)/g, '$1');
}
