/** Which byte may stand where: one table lookup a byte. Bytes are char codes of latin1 strings. */

function tableOf(isAllowed: (code: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, code) => (isAllowed(code) ? 1 : 0));
}

const TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";
const isAlphaNumeric = (code: number): boolean => /[0-9A-Za-z]/.test(String.fromCharCode(code));

export const ALPHANUMERIC = tableOf(isAlphaNumeric);

/** tchar, RFC 9110 5.6.2: methods and field names. */
export const TOKEN = tableOf((code) => isAlphaNumeric(code) || TOKEN_PUNCTUATION.includes(String.fromCharCode(code)));

/**
 * Request target: visible ASCII without "#". Wider than RFC 3986 (browsers send `|` and `{` in queries), but without
 * the bytes that end a target for one parser and not for another.
 */
export const TARGET = tableOf((code) => code > 0x20 && code < 0x7f && code !== 0x23);

/** Field value and reason phrase, RFC 9110 5.5: HTAB, SP, VCHAR, obs-text. */
export const VALUE = tableOf((code) => code === 0x09 || (code >= 0x20 && code !== 0x7f));

/** A host name or an IPv4 address, RFC 9110 7.2, kept to what they are made of. */
export const NAME = tableOf((code) => isAlphaNumeric(code) || '._-'.includes(String.fromCharCode(code)));

/** Value of a hexadecimal digit, 255 for any other byte. */
export const HEX = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = Number.parseInt(String.fromCharCode(code), 16);
  return Number.isNaN(value) ? 255 : value;
});

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const DASH = 0x2d;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
export const BRACKET = 0x5b;
