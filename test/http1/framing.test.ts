/** RFC 9112 6.3 as a table: what the head says, and whether a body follows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BODY, type BodyKind, requestBodyKind, responseBodyKind } from '../../src/http1/framing.js';

const { NONE, LENGTH, CHUNKED, UNTIL_CLOSE } = BODY;

test('requests', () => {
  const rows: readonly (readonly [number, boolean, BodyKind])[] = [
    [-1, false, NONE],
    [0, false, NONE],
    [5, false, LENGTH],
    [-1, true, CHUNKED],
  ];
  for (const [contentLength, isChunked, kind] of rows) {
    assert.equal(requestBodyKind({ contentLength, isChunked }), kind, `${contentLength} ${isChunked}`);
  }
});

test('final responses', () => {
  const rows: readonly (readonly [string, number, number, boolean, BodyKind])[] = [
    ['GET', 200, -1, false, UNTIL_CLOSE],
    ['GET', 200, 0, false, NONE],
    ['GET', 200, 5, false, LENGTH],
    ['GET', 200, -1, true, CHUNKED],
    ['POST', 500, -1, false, UNTIL_CLOSE],
    ['HEAD', 200, -1, false, NONE],
    ['HEAD', 200, 5, false, NONE],
    ['HEAD', 200, -1, true, NONE],
    ['GET', 204, -1, false, NONE],
    ['GET', 204, 0, false, NONE],
    ['GET', 304, -1, false, NONE],
    ['GET', 304, 5, false, NONE],
    ['GET', 304, -1, true, NONE],
    // Methods are case-sensitive: `head` is a method of its own.
    ['head', 200, 5, false, LENGTH],
  ];
  for (const [method, status, contentLength, isChunked, kind] of rows) {
    assert.equal(responseBodyKind(method, status, { contentLength, isChunked }), kind, `${method} ${status}`);
  }
});
