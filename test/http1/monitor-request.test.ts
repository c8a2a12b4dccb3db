/** A health port reads requests as lightly as HAProxy's monitor-uri does, and finds the end of each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { INCOMPLETE } from '../../src/http1/fields.js';
import { type MonitorRequest, readMonitorRequest } from '../../src/http1/monitor-request.js';

const LIMITS = { maxBytes: 200, maxFields: 3 };

/** In the middle of a larger buffer: what stands around it does not count. */
function read(text: string, limits = LIMITS): ReturnType<typeof readMonitorRequest> {
  return readMonitorRequest(Buffer.from(`\n\n${text}\n\n`, 'latin1'), 2, 2 + text.length, limits);
}

function complete(text: string): MonitorRequest {
  const request = read(text);
  assert.ok(typeof request === 'object', `${JSON.stringify(text)}: ${String(request)}`);
  return request;
}

test('an orderly request', () => {
  assert.deepEqual(read('GET /health HTTP/1.1\r\nHost: a\r\n\r\nnext'), {
    bytes: 33,
    path: '/health',
    isHead: false,
    minor: 1,
    isKeepAlive: true,
    contentLength: -1,
    isChunked: false,
  });
});

test('lines end in CR LF or LF, empty lines may come first, and each byte of them counts', () => {
  for (const text of [
    'GET / HTTP/1.1\n\n',
    'GET / HTTP/1.1\r\n\n',
    'GET / HTTP/1.1\n\r\n',
    '\r\n\n\rGET / HTTP/1.1\r\n\r\n',
    'GET   /    HTTP/1.1\r\n\r\n',
    'GET / HTTP/1.1\nHost: a\n b\n\n',
  ]) {
    const request = complete(`${text}GET / HTTP/1.1\n\n`);
    assert.deepEqual([request.bytes, request.path], [text.length, '/'], JSON.stringify(text));
  }
});

test('the path stands without query and without authority', () => {
  const rows: readonly [target: string, path: string][] = [
    ['/a?b?c', '/a'],
    ['/?', '/'],
    ['http://shop.example/a?b', '/a'],
    ['HTTPS://shop.example', ''],
    ['http://shop.example?a', ''],
    ['x+1.-://h/a', '/a'],
    ['/http://a/b', '/http://a/b'],
    ['1x://h/a', '1x://h/a'],
    ['*', '*'],
  ];
  for (const [target, path] of rows) assert.equal(complete(`GET ${target} HTTP/1.1\n\n`).path, path, target);
});

test('any method but CONNECT, and HEAD is told apart', () => {
  for (const method of ['GET', 'POST', 'head', 'M-SEARCH', "!#$%&'*+-.^_`|~09AZaz"]) {
    assert.equal(complete(`${method} / HTTP/1.1\n\n`).isHead, false, method);
  }
  assert.equal(complete('HEAD / HTTP/1.1\n\n').isHead, true);
  assert.equal(read('CONNECT a:1 HTTP/1.1\n\n'), 'TARGET_INVALID');
});

test('HTTP/1.0 closes unless it asks to keep the connection, every other version keeps it unless it asks to close', () => {
  const rows: readonly [version: string, connection: string, minor: number, isKeepAlive: boolean][] = [
    ['1.0', 'x', 0, false],
    ['1.0', 'keep-alive', 0, true],
    ['1.0', 'keep-alive, close', 0, false],
    ['1.1', 'x', 1, true],
    ['1.1', 'Close', 1, false],
    ['1.9', 'x', 1, true],
    ['2.0', 'x', 1, true],
    ['0.9', 'close', 1, false],
  ];
  for (const [version, connection, minor, isKeepAlive] of rows) {
    const request = complete(`GET / HTTP/${version}\r\nCONNECTION: \t${connection} \r\n\r\n`);
    assert.deepEqual([request.minor, request.isKeepAlive], [minor, isKeepAlive], `${version} ${connection}`);
  }
});

test('a line that is not a request line is refused', () => {
  const lines = ['GET /', 'GET / HTTP/1', 'GET / HTTP/11', 'GET / http/1.1', 'GET\t/ HTTP/1.1', ' GET / HTTP/1.1'];
  for (const line of [
    ...lines,
    'GET /a b HTTP/1.1',
    'G(T / HTTP/1.1',
    'GET /é HTTP/1.1',
    'GET / HTTP/1.1 ',
    'GET / HTTP/1.1x',
  ]) {
    assert.equal(read(`${line}\n\n`), 'VERSION_INVALID', line);
  }
});

test('the body is framed by length or chunks', () => {
  const framing = (fields: string) => {
    const { contentLength, isChunked, isKeepAlive } = complete(`POST / HTTP/1.1\r\n${fields}\r\n\r\n`);
    return [contentLength, isChunked, isKeepAlive];
  };
  assert.deepEqual(framing('Content-Length: 12'), [12, false, true]);
  assert.deepEqual(framing('content-length:0'), [0, false, true]);
  assert.deepEqual(framing('Content-Length: 12\r\nContent-Length:12'), [12, false, true]);
  assert.deepEqual(framing('Transfer-Encoding: Chunked'), [-1, true, true]);
  assert.deepEqual(framing('Transfer-Encoding: chunked\r\nContent-Length: 1'), [1, true, false], 'RFC 9112 6.3');
  assert.deepEqual(framing('X: Content-Length: 3\r\n Content-Length: 4'), [-1, false, true], 'a fold is a value');
});

test('a framing that could be read in two ways is refused', () => {
  const rows: readonly [fields: string, code: string][] = [
    ['Content-Length: 1\r\nContent-Length: 2', 'LENGTH_INVALID'],
    ['Content-Length: +1', 'LENGTH_INVALID'],
    ['Content-Length:', 'LENGTH_INVALID'],
    ['Content-Length: 1\r\n 2', 'LENGTH_INVALID'],
    ['Content-Length: 1234567890123456', 'LENGTH_TOO_LARGE'],
    ['Transfer-Encoding: gzip', 'CODING_UNSUPPORTED'],
    ['Transfer-Encoding: chunked, chunked', 'CODING_UNSUPPORTED'],
    ['Transfer-Encoding:', 'CODING_UNSUPPORTED'],
    ['no colon', 'FIELD_NAME_INVALID'],
    ['a b: c', 'FIELD_NAME_INVALID'],
    ['a : c', 'FIELD_NAME_INVALID'],
    [': c', 'FIELD_NAME_INVALID'],
    ['x\ra: b', 'FIELD_NAME_INVALID'],
  ];
  for (const [fields, code] of rows) assert.equal(read(`GET / HTTP/1.1\r\n${fields}\r\n\r\n`), code, fields);
});

test('fields are counted up to the limit, folds are not', () => {
  assert.equal(complete('GET / HTTP/1.1\na: 1\nb: 2\nc: 3\n d\n\n').bytes, 34);
  assert.equal(read('GET / HTTP/1.1\na: 1\nb: 2\nc: 3\nd: 4\n\n'), 'TOO_MANY_FIELDS');
});

test('a head that is not over is incomplete, up to the limit of bytes', () => {
  const text = '\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n';
  for (let length = 0; length < text.length; length += 1) assert.equal(read(text.slice(0, length)), INCOMPLETE, text);
  assert.equal(read('\n'.repeat(199)), INCOMPLETE);
  assert.equal(read('\n'.repeat(200)), 'HEAD_TOO_LARGE');
  assert.equal(read(`GET /${'a'.repeat(194)}`), INCOMPLETE);
  assert.equal(read(`GET /${'a'.repeat(195)}`), 'HEAD_TOO_LARGE');
  assert.equal(read(`GET / HTTP/1.1\na: ${'a'.repeat(300)}\n\n`), 'HEAD_TOO_LARGE');
  const fitting = `GET / HTTP/1.1\na: ${'a'.repeat(180)}\n\n`;
  assert.equal(complete(fitting).bytes, fitting.length);
  assert.equal(fitting.length, 200);
  assert.equal(read(fitting, { maxBytes: 199, maxFields: 3 }), 'HEAD_TOO_LARGE');
});
