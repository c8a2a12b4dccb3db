/** One object reads all heads of a connection: what one head said is in none that follows, whatever they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INCOMPLETE } from '../../src/http1/fields.js';
import { COMPLETE, RequestHead } from '../../src/http1/request-head.js';
import { ResponseHead } from '../../src/http1/response-head.js';

const LIMITS = { maxBytes: 1_000, maxFields: 20 };

/** Each field says something that no other request here says. */
const RICH_REQUESTS: Readonly<Record<string, string>> = {
  'everything that is forwarded':
    'POST /upload HTTP/1.1\r\nHost: shop.example:8080\r\nContent-Length: 007\r\nCookie: a=b\r\nExpect: 100-continue\r\n' +
    'X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Port: 443\r\nX-Forwarded-Proto: https\r\nConnection: close, x\r\nX: y\r\n\r\n',
  'an absolute target': 'OPTIONS https://one.example/ HTTP/1.1\r\nHost: one.example\r\nMax-Forwards: 7\r\n\r\n',
  chunks: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n',
  'an upgrade': 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  'HTTP/1.0 without a host': 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n',
  'a refusal in its fields': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
  'two hosts': 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
  'half a head': 'GET /half HTTP/1.1\r\nHost: half\r\nCookie: c=d\r\nX-Forwarded-For: 192.0.2.9\r\n',
};
const RICH_RESPONSES: Readonly<Record<string, string>> = {
  'a length and a time':
    'HTTP/1.1 200 OK\r\nContent-Length: 007\r\nKeep-Alive: timeout=5\r\nConnection: keep-alive, x\r\nX: y\r\n\r\n',
  chunks: 'HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n',
  'a switch of protocols': 'HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
  'HTTP/1.0': 'HTTP/1.0 404 \r\n\r\n',
  'a refusal': 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
  'what is mended': 'HTTP/1.1 200 OK\nX-A: b\n\n',
  'half a head': 'HTTP/1.1 200 OK\r\nContent-Length: 7\r\nKeep-Alive: timeout=5\r\n',
};
const PLAIN_REQUESTS = [
  'GET / HTTP/1.1\r\nHost: b\r\n\r\n',
  'GET /c HTTP/1.0\r\n\r\n',
  ...Object.values(RICH_REQUESTS),
];
const PLAIN_RESPONSES = ['HTTP/1.1 200 OK\r\n\r\n', 'HTTP/1.0 204 \r\n\r\n', ...Object.values(RICH_RESPONSES)];

interface Head {
  parse(bytes: Buffer, from: number, to: number, limits: typeof LIMITS, isTrusted: boolean): unknown;
}

/** The verdict, and of a whole head all that it says. The scheme means something for an absolute target alone, which sets it. */
function read(head: Head, text: string, isTrusted = false): unknown {
  const bytes = Buffer.from(text, 'latin1');
  const verdict = head.parse(bytes, 0, bytes.length, LIMITS, isTrusted);
  return verdict === COMPLETE ? { verdict, ...head, scheme: '' } : verdict;
}

for (const [what, text] of Object.entries(RICH_REQUESTS)) {
  test(`a request after ${what} is read as by a new reader`, () => {
    for (const isTrusted of [true, false]) {
      for (const plain of PLAIN_REQUESTS) {
        const head = new RequestHead();
        read(head, text, isTrusted);
        assert.deepEqual(read(head, plain), read(new RequestHead(), plain), plain);
      }
    }
  });
}

for (const [what, text] of Object.entries(RICH_RESPONSES)) {
  test(`a response after ${what} is read as by a new reader`, () => {
    for (const plain of PLAIN_RESPONSES) {
      const head = new ResponseHead();
      read(head, text);
      assert.deepEqual(read(head, plain), read(new ResponseHead(), plain), plain);
    }
  });
}

test('a head that is cut anywhere is incomplete, before its first line too', () => {
  const request = '\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n';
  const response = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';
  for (let length = 0; length < request.length; length += 1)
    assert.equal(read(new RequestHead(), request.slice(0, length)), INCOMPLETE, String(length));
  for (let length = 0; length < response.length; length += 1)
    assert.equal(read(new ResponseHead(), response.slice(0, length)), INCOMPLETE, String(length));
  assert.equal(read(new RequestHead(), '\rGET / HTTP/1.1\r\n'), 'LINE_END_INVALID');
  assert.equal(read(new RequestHead(), '\r\n\rG'), 'LINE_END_INVALID');
});
