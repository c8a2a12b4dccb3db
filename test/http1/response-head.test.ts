/** Which fields of a response stay between the instance and this node. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMPLETE } from '../../src/http1/request-head.js';
import { ResponseHead } from '../../src/http1/response-head.js';

const LIMITS = { maxBytes: 1_000, maxFields: 20 };

function blockOf(text: string, before = ''): string {
  const head = new ResponseHead();
  const bytes = Buffer.from(before + text, 'latin1');
  assert.equal(head.parse(bytes, before.length, bytes.length, LIMITS), COMPLETE, text);
  return head.block;
}

test('fields of the hop go no further, in any case, and their neighbors stay', () => {
  for (const name of ['Proxy-Connection', 'TE', 'HTTP2-Settings', 'Keep-Alive', 'Connection', 'Upgrade']) {
    for (const written of [name, name.toLowerCase(), name.toUpperCase()]) {
      const block = blockOf(`HTTP/1.1 200 OK\r\nA: b\r\n${written}: x\r\nC: d\r\nContent-Length: 0\r\n\r\n`);
      assert.equal(block, 'HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\nContent-Length: 0\r\n', written);
    }
  }
});

test('where a head stands among the bytes that were read makes no difference', () => {
  const text = 'HTTP/1.1 200 OK\r\nA: b\r\nConnection: x\r\nContent-Length:   5\t\r\nC: d\r\nTE: y\r\nE: f\r\n\r\n';
  const expected = 'HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 5\r\nC: d\r\nE: f\r\n';
  for (const before of ['', '\r', 'hello', 'x'.repeat(300)]) assert.equal(blockOf(text, before), expected);
});
