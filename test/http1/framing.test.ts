/** RFC 9112 6.3 as a table: what the head says, and whether a body follows. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  BODY,
  type BodyKind,
  codingProblem,
  hasLeadingZero,
  isPlainChunked,
  parseContentLength,
  requestBodyKind,
  responseBodyKind,
} from '../../src/http1/framing.js';

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

/** Between other digits and letters: only what the bounds hold counts. */
const within = <T>(read: (text: string, start: number, end: number) => T, value: string): T =>
  read(`09${value}90`, 2, 2 + value.length);

test('a length is decimal digits, exact, and not too many', () => {
  const rows: readonly (readonly [string, number | string])[] = [
    ['0', 0],
    ['7', 7],
    ['1234567890', 1_234_567_890],
    ['007', 7],
    ['999999999999999', 999_999_999_999_999],
    ['000000000000001', 1],
    ['0000000000000001', 'LENGTH_TOO_LARGE'],
    ['1000000000000000', 'LENGTH_TOO_LARGE'],
    ...['', '-1', '+1', ' 1', '1 ', '1,1', '0x1', '1.0', '/', ':', '99999999999999999a'].map(
      (value) => [value, 'LENGTH_INVALID'] as const,
    ),
  ];
  for (const [value, expected] of rows) assert.equal(within(parseContentLength, value), expected, value);
});

test('zeros in front are seen, and a zero alone is none', () => {
  for (const value of ['00', '01', '010']) assert.ok(within(hasLeadingZero, value), value);
  for (const value of ['0', '1', '10', '100', '']) assert.ok(!within(hasLeadingZero, value), value);
});

test('the only coding is chunked', () => {
  const rows: readonly (readonly [string, string | null])[] = [
    ['chunked', null],
    ['CHUNKED', null],
    [' chunked\t', null],
    [',chunked, ,', null],
    ['', 'CODING_INVALID'],
    [' , ', 'CODING_INVALID'],
    ['gzip', 'CODING_UNSUPPORTED'],
    ['gzip, chunked', 'CODING_UNSUPPORTED'],
    ['chunked, chunked', 'CODING_UNSUPPORTED'],
    ['chunked;q=1', 'CODING_UNSUPPORTED'],
    ['\xa0chunked', 'CODING_UNSUPPORTED'],
  ];
  for (const [value, problem] of rows) assert.equal(codingProblem(value), problem, value);
});

test('chunked alone is the plain spelling', () => {
  for (const value of ['chunked', 'Chunked', 'CHUNKED']) assert.ok(within(isPlainChunked, value), value);
  for (const value of ['', 'chunke', 'chunkedx', ' chunked', 'chunker', 'chunked ']) {
    assert.ok(!within(isPlainChunked, value), value);
  }
});
