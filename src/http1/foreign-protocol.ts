import type { ErrorCode } from '../core/errors.js';

const TLS_HANDSHAKE = 0x16;
const HTTP2_PREFACE = 'PRI * HTTP/2.0\r\n';
/** The signature of a PROXY header of version 2, as far as it is no HTTP. */
const PROXY_V2_START = '\r\n\r\n\0';

/** @returns what a connection speaks that begins with `text`, which is no HTTP/1.1; null when nobody knows. */
export function foreignProtocol(text: string): ErrorCode | null {
  if (text.charCodeAt(0) === TLS_HANDSHAKE) return 'TLS_UNEXPECTED';
  if (text.startsWith(HTTP2_PREFACE)) return 'HTTP2_UNEXPECTED';
  if (text.startsWith(PROXY_V2_START) || /^PROXY (?:TCP[46]|UNKNOWN)[ \r]/.test(text)) return 'PROXY_HEADER_UNEXPECTED';
  return null;
}
