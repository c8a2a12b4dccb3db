/** Which requests the front door answers with 400 before it looks for a route. Pure; sections/frontend.ts tells HAProxy so. */

const LABEL = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?';
/** In lower case, without port and without a dot at its end. PCRE2 and JavaScript read these three expressions alike. */
export const ACCEPTED_HOST = `^${LABEL}(\\.${LABEL})*$`;
export const MAX_HOST_LENGTH = 253;
/** Of the path as it was written, in either case. */
export const REFUSED_CHARACTERS = '%([01][0-9a-f]|7f|2f|5c)|%(?![0-9a-f]{2})|[\\x00-\\x20\\x7f\\\\]';
/** Of the path with all escapes decoded. */
export const DOT_SEGMENT = '(^|/)\\.\\.?(/|;|$)';

/**
 * @param host in lower case, without port and without a dot at its end
 * @param path as it was written, without the query
 * @returns what the request may not have, or null: its route is looked for
 */
export function refusalOfRequest(host: string, path: string): string | null {
  if (host.length > MAX_HOST_LENGTH || !new RegExp(ACCEPTED_HOST).test(host)) return 'the host is not a host name';
  // HAProxy itself refuses what is not ASCII.
  if (new RegExp(REFUSED_CHARACTERS, 'i').test(path) || /[^\0-\x7f]/.test(path)) {
    return 'the path has a character that no path may have, an encoded slash, or a % that encodes nothing';
  }
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return new RegExp(DOT_SEGMENT).test(decoded) ? 'the path has a dot segment' : null;
}
