/** The first bytes of a connection that speaks something else say what to change. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreignProtocol } from '../../src/http1/foreign-protocol.js';

test('TLS, HTTP/2 and PROXY headers are known by how they begin', () => {
  const rows: readonly [text: string, code: string | null][] = [
    ['\x16\x03\x01', 'TLS_UNEXPECTED'],
    ['\x16', 'TLS_UNEXPECTED'],
    ['\x17\x03\x01', null],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'HTTP2_UNEXPECTED'],
    ['PRI * HTTP/2.0\n', null],
    [' PRI * HTTP/2.0\r\n', null],
    ['\r\n\r\n\0\r\nQUIT\n', 'PROXY_HEADER_UNEXPECTED'],
    ['\r\n\r\nGET', null],
    ['PROXY TCP4 192.0.2.1', 'PROXY_HEADER_UNEXPECTED'],
    ['PROXY TCP6 2001:db8::1', 'PROXY_HEADER_UNEXPECTED'],
    ['PROXY UNKNOWN\r\n', 'PROXY_HEADER_UNEXPECTED'],
    ['PROXY UNKNOWN x\r\n', 'PROXY_HEADER_UNEXPECTED'],
    ['PROXY TCP5 a', null],
    ['PROXY TCP4', null],
    ['PROXY UNKNOWNS ', null],
    [' PROXY TCP4 a', null],
    ['PROXY /a HTTP/1.1\r\n', null],
    ['GET / HTTP/1.1\r\n', null],
    ['', null],
  ];
  for (const [text, code] of rows) assert.equal(foreignProtocol(text), code, JSON.stringify(text));
});
