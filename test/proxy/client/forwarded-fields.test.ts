/** The lines that name the client to an instance, for each thing that the client may have written itself. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestHead } from '../../../src/http1/request-head.js';
import { ForwardedFields } from '../../../src/proxy/client/forwarded-fields.js';
import { HEAD_DEFAULTS } from '../../../src/snapshot/snapshot.js';

const PORT = 'X-Forwarded-Port: 8080\r\n';
const PROTO = 'X-Forwarded-Proto: http\r\n';
const FOR = 'X-Forwarded-For: 192.0.2.1\r\n';

interface Case {
  readonly address?: string;
  readonly isSpokenFor?: boolean;
  readonly isForwarded?: boolean;
  readonly isTrusted?: boolean;
}

function linesFor(
  fields: string,
  { address = '192.0.2.1', isSpokenFor = false, isForwarded = false, isTrusted = false }: Case = {},
): string {
  const head = new RequestHead();
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`, 'latin1');
  head.parse(bytes, 0, bytes.length, HEAD_DEFAULTS, isTrusted);
  const identity = {
    ...{ source: { address, port: 1 }, destination: null },
    ...{ isTrusted, isInternal: false, isSpokenFor, isBled: false, isForwarded },
  };
  return new ForwardedFields(8_080).lines(head, identity, isForwarded);
}

test('a client without fields of its own is named with the port of the slot', () => {
  assert.equal(linesFor(''), FOR + PORT + PROTO);
});

test('this host itself is not named, under any of its addresses', () => {
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '']) assert.equal(linesFor('', { address }), PORT + PROTO);
  for (const address of ['128.0.0.1', '1.127.0.1', '::1:1']) {
    assert.equal(linesFor('', { address }), `X-Forwarded-For: ${address}\r\n${PORT}${PROTO}`);
  }
});

test('port and scheme of a trusted sender are kept, and only these', () => {
  const [port, proto] = ['X-Forwarded-Port: 443\r\n', 'X-Forwarded-Proto: https\r\n'];
  assert.equal(linesFor(port, { isTrusted: true }), FOR + PROTO);
  assert.equal(linesFor(proto, { isTrusted: true }), FOR + PORT);
  assert.equal(linesFor(port + proto, { isTrusted: true }), FOR);
  assert.equal(linesFor(port + proto), FOR + PORT + PROTO);
});

test('a client that no PROXY header names is appended to any list that it sends', () => {
  for (const list of ['192.0.2.1', '10.9.9.9, 192.0.2.1', '10.9.9.9,', '10.9.9.9, ', ',', '10.9.9.9\t,']) {
    assert.equal(linesFor(`X-Forwarded-For: ${list}\r\n`), FOR + PORT + PROTO, JSON.stringify(list));
  }
});

test('a client that a PROXY header names is appended unless it stands last already', () => {
  const of = (list: string) => linesFor(`X-Forwarded-For: ${list}\r\n`, { isSpokenFor: true });
  for (const list of ['192.0.2.1', '10.9.9.9, 192.0.2.1', '10.9.9.9,192.0.2.1', '10.9.9.9 192.0.2.1']) {
    assert.equal(of(list), PORT + PROTO, list);
  }
  for (const list of ['192.0.2.1, 10.9.9.9', '9192.0.2.1', '192.0.2.11', '10.9.9.9, ', ', 10.9.9.99', '1, 23456789']) {
    assert.equal(of(list), FOR + PORT + PROTO, list);
  }
});

test('whom another node has named is not named again', () => {
  assert.equal(linesFor('X-Forwarded-For: 198.51.100.1\r\n', { isForwarded: true }), PORT + PROTO);
  assert.equal(linesFor('', { isForwarded: true }), PORT + PROTO);
});
