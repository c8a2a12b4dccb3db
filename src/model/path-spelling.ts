/**
 * The spellings of one path. Routes are compared with one of them, so that no other spelling slips past a route: HAProxy
 * brings each request to it by the rules of edge/sections/frontend.ts, and a definition has to be written in it.
 */

/** RFC 3986, 2.3. */
const UNRESERVED = /[A-Za-z0-9._~-]/;
/** What may stand unencoded in a segment beside these (RFC 3986, 3.3): many servers read `%40` and `@` alike. */
export const DECODED_FOR_ROUTES = '!$&()*+,:;=@';

/**
 * The spelling that apps get: equal by RFC 3986, 6.2.2.1 and 6.2.2.2, so that unreserved characters are decoded and hex
 * digits are upper case. Slashes and parameters stay as the client wrote them.
 */
function normalPath(path: string): string {
  return path.replace(/%[0-9a-f]{2}/gi, (encoded) => {
    const char = decodedChar(encoded);
    return UNRESERVED.test(char) ? char : encoded.toUpperCase();
  });
}

/**
 * The spelling that routes are compared with: the normal one, with the rest of what a segment may hold decoded, without
 * parameters (`;v=1`, which servers of Java cut off too), and with one slash for several in a row.
 */
export function routedPath(path: string): string {
  const decoded = normalPath(path).replace(/%[0-9A-F]{2}/g, (encoded) => {
    const char = decodedChar(encoded);
    return DECODED_FOR_ROUTES.includes(char) ? char : encoded;
  });
  return decoded.replace(/;[^/]*/g, '').replace(/\/+/g, '/');
}

function decodedChar(encoded: string): string {
  return String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
}
