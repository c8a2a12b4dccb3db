import type { ErrorCode } from '../core/errors.js';

const TLS_HANDSHAKE = 0x16;
const HTTP2_PREFACE = 'PRI * HTTP/2.0\r\n';
/** The signature of a PROXY header of version 2, up to the first byte that HTTP never has there. */
const PROXY_V2_START = '\r\n\r\n\0';

/** @param text what a connection that does not speak HTTP/1.1 began with. @returns its protocol; null when unknown. */
export function foreignProtocol(text: string): ErrorCode | null {
  if (text.charCodeAt(0) === TLS_HANDSHAKE) return 'TLS_UNEXPECTED';
  if (text.startsWith(HTTP2_PREFACE)) return 'HTTP2_UNEXPECTED';
  if (text.startsWith(PROXY_V2_START) || /^PROXY (?:TCP[46]|UNKNOWN)[ \r]/.test(text)) return 'PROXY_HEADER_UNEXPECTED';
  return null;
}
