/**
 * A field value with very many spaces inside. A regular expression that looks for spaces at the end begins anew at each
 * of them: 320 ms of a worker for one head of 16 KB, and 20 minutes for the 1 MB here.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChunkedDecoder } from '../../src/http1/chunked.js';
import { ConnectionOptions } from '../../src/http1/connection-options.js';
import { readMonitorRequest } from '../../src/http1/monitor-request.js';
import { COMPLETE, RequestHead } from '../../src/http1/request-head.js';
import { ResponseHead } from '../../src/http1/response-head.js';
import { StickyCookie } from '../../src/proxy/slot/sticky.js';

const SPACES = ' '.repeat(1_000_000);
const LIMITS = { maxBytes: 1_048_576, maxFields: 100 };

test('a Connection field is read once', () => {
  const options = new ConnectionOptions();
  options.add(`a${SPACES}b`);
  assert.equal(options.named, null);
  options.add(`close,${SPACES}keep-alive`);
  assert.deepEqual([options.close, options.keepAlive], [true, true]);
});

/** Fields that may hold anything, or whose elements are passed over. */
const FREE: readonly string[] = ['Connection', 'Cookie', 'X-Other'];

for (const name of ['Connection', 'Host', 'Cookie', 'X-Other', 'Transfer-Encoding', 'Content-Length', 'Expect']) {
  test(`a head with such a ${name} is read once`, () => {
    const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: a\r\n${name}: a${SPACES}b\r\n\r\n`, 'latin1');
    const verdict = new RequestHead().parse(bytes, 0, bytes.length, LIMITS, false);
    assert.equal(verdict === COMPLETE, FREE.includes(name), verdict);
  });

  test(`a response with such a ${name} is read once`, () => {
    const bytes = Buffer.from(`HTTP/1.1 200 OK\r\n${name}: 5${SPACES}b\r\n\r\n`, 'latin1');
    const verdict = new ResponseHead().parse(bytes, 0, bytes.length, LIMITS);
    assert.equal(verdict !== COMPLETE, name === 'Transfer-Encoding' || name === 'Content-Length', verdict);
  });

  test(`a health port reads a head with such a ${name} once`, () => {
    const bytes = Buffer.from(`GET /health HTTP/1.1\r\n${name}: a${SPACES}b\r\n\r\n`, 'latin1');
    assert.notEqual(readMonitorRequest(bytes, 0, bytes.length, LIMITS), null);
  });
}

test('a response with very many folds, and a trailer with very many lines, are read once', () => {
  const folds = Buffer.from(`HTTP/1.1 200 OK\r\nX-Other: a\r\n${' b\r\n'.repeat(200_000)}\r\n`, 'latin1');
  const head = new ResponseHead();
  assert.equal(head.parse(folds, 0, folds.length, LIMITS), COMPLETE);
  assert.ok(head.block.endsWith(' b b b\r\n'));
  const trailers = Buffer.from(`0\r\n${'Host: b\r\n'.repeat(90_000)}\r\n`, 'latin1');
  const decoder = new ChunkedDecoder({ ...LIMITS, maxFields: 100_000 });
  decoder.scan(trailers, 0, trailers.length);
  assert.deepEqual([decoder.isDone, decoder.trailers], [true, '']);
});

for (const noise of [' ', '\t', ';', '; ', ' ;', '"', '="', '=', 'S="', 'S=;']) {
  test(`cookies with very many ${JSON.stringify(noise)} are read once`, () => {
    const sticky = new StickyCookie({ cookie: 'S', key: 'secret' });
    const cookies = `a=1; ${noise.repeat(1_000_000 / noise.length)}x; S=1`;
    assert.equal(sticky.idIn(cookies, new Map()), '');
    assert.ok(sticky.withoutCookie(`GET / HTTP/1.1\r\nCookie: ${cookies}\r\n`).includes('Cookie: a=1'));
  });
}
