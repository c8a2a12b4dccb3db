/**
 * The one table of what can go wrong on the data plane.
 *
 * `side` says whose fault it is, `retry` when the same request may go to another instance, `status` what the client
 * is told, `flags` the first two of HAProxy's termination flags (configuration manual, 8.5).
 */
export interface ErrorDefinition {
  readonly side: 'client' | 'instance' | 'node';
  /** never; unsent: nothing reached the instance, any method; idempotent: only what may be repeated (RFC 9110 9.2.2). */
  readonly retry: 'never' | 'unsent' | 'idempotent';
  readonly status: number;
  readonly flags: string;
  readonly text: string;
}

function client(status: number, text: string, flags = 'PR'): ErrorDefinition {
  return { side: 'client', retry: 'never', status, flags, text };
}

function instance(status: number, retry: ErrorDefinition['retry'], text: string, flags: string): ErrorDefinition {
  return { side: 'instance', retry, status, flags, text };
}

function node(status: number, text: string, flags: string): ErrorDefinition {
  return { side: 'node', retry: 'never', status, flags, text };
}

export const ERRORS = {
  // The head of a message, in the order of its bytes. For a response the same codes mean 502 (see MALFORMED_RESPONSE).
  METHOD_INVALID: client(400, 'the method is not a token'),
  TARGET_INVALID: client(400, 'the request target holds a forbidden byte, or has an unknown form'),
  TARGET_TOO_LONG: client(414, 'the request target is longer than the limit for heads'),
  VERSION_INVALID: client(400, 'the start line does not end in HTTP/1.x'),
  VERSION_UNSUPPORTED: client(505, 'the message is of another version than HTTP/1.x'),
  HTTP2_UNEXPECTED: client(505, 'the connection begins with HTTP/2; a slot of protocol http speaks HTTP/1.1 only'),
  TLS_UNEXPECTED: client(400, 'the connection begins with TLS; a slot of protocol http speaks HTTP/1.1 only'),
  PROXY_HEADER_UNEXPECTED: client(400, 'the connection begins with a PROXY header, which the slot does not expect'),
  STATUS_INVALID: client(400, 'the status line has no status between 100 and 999'),
  REASON_INVALID: client(400, 'the reason phrase holds a control byte'),
  LINE_END_INVALID: client(400, 'a line ends in a bare LF or holds a bare CR'),
  FIELD_NAME_INVALID: client(400, 'a field name is empty or not a token; no space may stand before the colon'),
  FIELD_FOLDED: client(400, 'a field value continues on the next line'),
  FIELD_VALUE_INVALID: client(400, 'a field value holds NUL or another control byte'),
  HEAD_TOO_LARGE: client(431, 'the head is larger than the limit'),
  TOO_MANY_FIELDS: client(431, 'the head has more fields than the limit'),
  HOST_MISSING: client(400, 'a request has no Host field'),
  HOST_REPEATED: client(400, 'a request has more than one Host field'),
  HOST_INVALID: client(400, 'the Host field must be a host with an optional port, the same as in the target'),
  LENGTH_INVALID: client(400, 'Content-Length must be one decimal number'),
  LENGTH_TOO_LARGE: client(413, 'a length is too large to be counted exactly'),
  LENGTH_WITH_CODING: client(400, 'the message has both Content-Length and Transfer-Encoding'),
  CODING_INVALID: client(400, 'Transfer-Encoding is in an HTTP/1.0 message, repeated, or empty'),
  CODING_UNSUPPORTED: client(501, 'the transfer coding is not a single chunked'),
  EXPECTATION_UNKNOWN: client(417, '100-continue is the only supported expectation'),
  CONNECT_UNSUPPORTED: client(501, 'CONNECT needs a forward proxy; autoproxy is a reverse proxy'),
  // The body.
  CHUNK_INVALID: client(400, 'a chunk is malformed, or its extensions outweigh the content'),
  TRAILER_TOO_LARGE: client(431, 'the trailer section is larger than the limit for heads'),
  HEAD_INCOMPLETE: client(400, 'the connection ended inside a request head', 'CR'),
  BODY_INCOMPLETE: client(400, 'the connection ended inside a body', 'CD'),
  // Time and access.
  REQUEST_TIMEOUT: client(408, 'the request head did not arrive in time', 'cR'),
  BODY_TIMEOUT: client(408, 'the request body stopped arriving', 'cD'),
  CLIENT_ABORTED: client(400, 'the client went away before its response was complete', 'CD'),
  RESPONSE_UNREAD: client(408, 'the client did not take its response in time', 'cD'),
  PROXY_HEADER_REFUSED: client(400, 'the connection must begin with one PROXY header from a trusted sender', 'PR'),
  FORBIDDEN: client(403, 'only internal networks may use this slot'),
  HOST_UNKNOWN: node(503, 'this slot serves another Host', 'SC'),
  // Instances.
  CONNECT_FAILED: instance(503, 'unsent', 'no connection to an instance', 'SC'),
  CONNECT_TIMEOUT: instance(503, 'unsent', 'an instance did not accept the connection in time', 'sC'),
  CLOSED_BEFORE_RESPONSE: instance(502, 'idempotent', 'the instance closed before it answered', 'SH'),
  CLOSED_IN_RESPONSE: instance(502, 'never', 'the instance closed inside its response', 'SD'),
  MALFORMED_RESPONSE: instance(502, 'never', 'the response of the instance is malformed', 'PH'),
  RESPONSE_TIMEOUT: instance(504, 'never', 'the instance did not answer in time', 'sH'),
  RESPONSE_STALLED: instance(504, 'never', 'the response of the instance stopped arriving', 'sD'),
  // The node.
  NO_INSTANCE: node(503, 'no instance of the app is usable here or on a neighbor', 'SC'),
  QUEUE_FULL: node(503, 'too many requests wait for an instance', 'SQ'),
  QUEUE_TIMEOUT: node(503, 'no instance was free in time', 'sQ'),
  TUNNEL_TIMEOUT: node(504, 'the tunnel was idle for too long', 'sD'),
  KILLED: node(503, 'an operator ended it', 'K-'),
  STOPPING: node(503, 'the drain time was over while the node or the app was being removed', 'D-'),
} as const satisfies Record<string, ErrorDefinition>;

export type ErrorCode = keyof typeof ERRORS;
