/** What goes to the instance of a request's head: its line is of HTTP/1.1, of any version that the client has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMPLETE, RequestHead } from '../../src/http1/request-head.js';

const LIMITS = { maxBytes: 1_000, maxFields: 20 };

function blockOf(text: string, before = ''): string {
  const head = new RequestHead();
  const bytes = Buffer.from(before + text, 'latin1');
  assert.equal(head.parse(bytes, before.length, bytes.length, LIMITS, false), COMPLETE, text);
  return head.block;
}

test('a request line of HTTP/1.0 is written anew, and one of HTTP/1.1 stays', () => {
  const fields = ['Host: a\r\n', 'Host: 1\r\nX: 1\r\n', '1: a\r\n', '111111: a\r\n'];
  for (const version of ['1.0', '1.1']) {
    for (const target of ['/', '/1', '/11111', '/?1']) {
      for (const more of fields) {
        const lines = more.startsWith('Host') ? more : `${more}Host: a\r\n`;
        const block = blockOf(`GET ${target} HTTP/${version}\r\n${lines}\r\n`);
        assert.equal(block, `GET ${target} HTTP/1.1\r\n${lines}`);
      }
    }
  }
});

test('where a head stands among the bytes that were read makes no difference', () => {
  const text =
    'POST / HTTP/1.1\r\nHost:   a \r\nA: b\r\nConnection: x\r\nContent-Length: \t5\t\r\nC: d\r\nTE: y\r\nE: f\r\n\r\n';
  const expected = 'POST / HTTP/1.1\r\nHost: a\r\nA: b\r\nContent-Length: 5\r\nC: d\r\nE: f\r\n';
  for (const before of ['', '\r', 'hello', 'x'.repeat(300)]) assert.equal(blockOf(text, before), expected);
});
