/** The answers that autoproxy gives itself, byte by byte. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERRORS, type ErrorCode } from '../../../src/core/errors.js';
import { renderError, renderHealth, renderLastHop } from '../../../src/proxy/exchange/responses.js';

const PLAIN = { isHead: false, isReusable: true };
const CODES = Object.keys(ERRORS) as ErrorCode[];
const codeOf = (status: number): ErrorCode => {
  const code = CODES.find((one) => ERRORS[one].status === status && one !== 'HTTP2_UNEXPECTED');
  assert.ok(code, `no code has status ${status}`);
  return code;
};
/** All that a client reads of a status: the reason and the sentence (RFC 9110 15, 6585). */
const WORDS: Readonly<Record<number, readonly [reason: string, sentence: string]>> = {
  400: ['Bad Request', 'The request was refused.'],
  403: ['Forbidden', 'The request was refused.'],
  408: ['Request Timeout', 'The request was refused.'],
  413: ['Content Too Large', 'The request was refused.'],
  414: ['URI Too Long', 'The request was refused.'],
  417: ['Expectation Failed', 'The request was refused.'],
  431: ['Request Header Fields Too Large', 'The request was refused.'],
  501: ['Not Implemented', 'The request was refused.'],
  502: ['Bad Gateway', 'The server returned an invalid or incomplete response.'],
  503: ['Service Unavailable', 'No server is available to answer this request.'],
  504: ['Gateway Timeout', 'The server did not answer in time.'],
  505: ['HTTP Version Not Supported', 'The request was refused.'],
};

test('each status has its reason and a sentence, and 503 says when to come again', () => {
  for (const [text, [reason, sentence]] of Object.entries(WORDS)) {
    const status = Number(text);
    const body = `<html><body><h1>${status} ${reason}</h1>${sentence}</body></html>\n`;
    const response = renderError(codeOf(status), PLAIN);
    const again = status === 503 ? 'Retry-After: 2\r\n' : '';
    const end = response.closes ? 'Connection: close\r\n' : '';
    assert.equal(
      response.text,
      `HTTP/1.1 ${status} ${reason}\r\nContent-Type: text/html\r\nCache-Control: no-cache\r\n` +
        `Content-Length: ${body.length}\r\n${again}${end}\r\n${body}`,
    );
    assert.equal(response.status, status);
    const head = renderError(codeOf(status), { isHead: true, isReusable: true });
    assert.equal(`${head.text}${body}`, response.text, 'HEAD gets the same without the body');
  }
});

test('every code that a client is told has a status with words', () => {
  const told = CODES.filter((code) => ERRORS[code].status !== 0);
  assert.deepEqual(
    [...new Set(told.map((code) => ERRORS[code].status))].filter((status) => !(status in WORDS)),
    [],
  );
});

test("the connection closes after a client's mistake, and where the request was not read to its end", () => {
  for (const code of CODES.filter((one) => one !== 'HTTP2_UNEXPECTED')) {
    const isMistake = ERRORS[code].side === 'client' && code !== 'FORBIDDEN';
    assert.equal(renderError(code, PLAIN).closes, isMistake, code);
    assert.equal(renderError(code, { isHead: false, isReusable: false }).closes, true, code);
  }
});

test('a client of HTTP/2 gets SETTINGS and GOAWAY with HTTP_1_1_REQUIRED (RFC 9113)', () => {
  const { text, closes } = renderError('HTTP2_UNEXPECTED', PLAIN);
  const bytes = Buffer.from(text, 'latin1');
  const said = 'HTTP/2 is not spoken here, use HTTP/1.1';
  const head = (length: number, type: number) => [0, length >> 8, length & 255, type, 0, 0, 0, 0, 0];
  const goAway = [...head(8 + said.length, 7), 0, 0, 0, 0, 0, 0, 0, 0x0d];
  assert.deepEqual([...bytes], [...head(0, 4), ...goAway, ...Buffer.from(said)]);
  assert.equal(closes, true);
});

test('TRACE at the last hop gets back what came, without what may be a secret', () => {
  const block = 'TRACE / HTTP/1.1\r\nHost: a\r\nCookie: a=b\r\nX-Api-Key: s\r\nx-auth: s\r\nVia: 1.1 b\r\n\r\n';
  const body = 'TRACE / HTTP/1.1\r\nHost: a\r\nVia: 1.1 b\r\n\r\n';
  assert.deepEqual(renderLastHop({ method: 'TRACE', block }, true), {
    status: 200,
    text: `HTTP/1.1 200 OK\r\nContent-Type: message/http\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    closes: false,
  });
  for (const name of ['Authorization', 'Session', 'X-Token', 'Secret', 'Password']) {
    const { text } = renderLastHop({ method: 'TRACE', block: `TRACE / HTTP/1.1\r\n${name}: s\r\nA: token\r\n` }, true);
    assert.ok(!text.includes(name) && text.includes('A: token'), name);
  }
});

test('OPTIONS at the last hop gets an empty answer', () => {
  assert.deepEqual(renderLastHop({ method: 'OPTIONS', block: 'OPTIONS * HTTP/1.1\r\nHost: a\r\n' }, false), {
    status: 200,
    text: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n',
    closes: true,
  });
});

test('a health port says whether the slot is usable, and which node says so', () => {
  const asked = { isHead: false, minor: 1, closes: false, nodeId: 'n1' } as const;
  const good = '<html><body><h1>200 OK</h1>\nService ready.\n</body></html>\n';
  const bad =
    '<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this request.\n</body></html>\n';
  const head = (status: string, length: number, connection = '') =>
    `HTTP/1.1 ${status}\r\nContent-Type: text/html\r\nCache-Control: no-cache\r\nContent-Length: ${length}\r\n` +
    `X-Autoproxy-Node: n1\r\n${connection}\r\n`;
  assert.equal(renderHealth(true, asked), head('200 OK', good.length) + good);
  assert.equal(renderHealth(false, asked), head('503 Service Unavailable', bad.length) + bad);
  assert.equal(renderHealth(true, { ...asked, isHead: true }), head('200 OK', good.length));
  for (const minor of [0, 1] as const) {
    const closed = head('200 OK', good.length, 'Connection: close\r\n') + good;
    assert.equal(renderHealth(true, { ...asked, minor, closes: true }), closed);
  }
  assert.equal(
    renderHealth(true, { ...asked, minor: 0 }),
    head('200 OK', good.length, 'Connection: keep-alive\r\n') + good,
  );
});
