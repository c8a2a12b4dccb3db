/**
 * The health port beside a real HAProxy with `monitor-uri`, request by request: the same status, the same body, the same
 * word on whether the connection goes on. Where we answer otherwise, a case says what and why.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeV1, encodeV2 } from '../../../src/proxy-protocol/encode.js';
import { freePort, ownAddress } from '../../support/addresses.js';
import { startHaproxy } from '../../support/edge/haproxy-process.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { RawConnection } from '../../support/traffic/raw-connection.js';

interface Case {
  readonly request: string;
  /** Responses to wait for; 1 when nothing is said. */
  readonly responses?: number;
  /** What we answer instead of what HAProxy answers. */
  readonly differs?: { readonly status: number; readonly closes: boolean; readonly why: string };
}

const get = (rest: string): string => `GET /health-check HTTP/1.1\r\n${rest}`;

const CASES: Readonly<Record<string, Case>> = {
  GET: { request: get('Host: a\r\n\r\n') },
  'GET without Host': { request: get('\r\n') },
  'an empty Host': { request: get('Host: \r\n\r\n') },
  'an odd Host': { request: get('Host: a b/c@d\r\n\r\n') },
  'a Host with an impossible port': { request: get('Host: a:99999\r\n\r\n') },
  'one Host twice': { request: get('Host: a\r\nHost: a\r\n\r\n') },
  'two Hosts': {
    request: get('Host: a\r\nHost: b\r\n\r\n'),
    differs: { status: 200, closes: false, why: 'no Host is looked at' },
  },
  close: { request: get('Connection: close\r\n\r\n') },
  'close among others': { request: get('Connection: x, Close\r\n\r\n') },
  'HTTP/1.0': { request: 'GET /health-check HTTP/1.0\r\n\r\n' },
  'HTTP/1.0 keep-alive': { request: 'GET /health-check HTTP/1.0\r\nConnection: keep-alive\r\n\r\n' },
  'HTTP/1.2': { request: 'GET /health-check HTTP/1.2\r\n\r\n' },
  'HTTP/2.0 in words': { request: 'GET /health-check HTTP/2.0\r\n\r\n' },
  'HTTP/1.x': { request: 'GET /health-check HTTP/1.x\r\n\r\n' },
  'HTTP/0.9': { request: 'GET /health-check\r\n' },
  OPTIONS: { request: 'OPTIONS /health-check HTTP/1.1\r\nHost: a\r\n\r\n' },
  'OPTIONS, HTTP/1.0': { request: 'OPTIONS /health-check HTTP/1.0\r\n\r\n' },
  'OPTIONS *': { request: 'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n' },
  HEAD: { request: 'HEAD /health-check HTTP/1.1\r\nHost: a\r\n\r\n' },
  TRACE: { request: 'TRACE /health-check HTTP/1.1\r\nHost: a\r\n\r\n' },
  'a method of its own': { request: 'check /health-check HTTP/1.1\r\n\r\n' },
  CONNECT: { request: 'CONNECT /health-check HTTP/1.1\r\nHost: a\r\n\r\n' },
  'POST, length 0': { request: 'POST /health-check HTTP/1.1\r\nContent-Length: 0\r\n\r\n' },
  'POST without a length': { request: 'POST /health-check HTTP/1.1\r\n\r\n' },
  'POST, a body': { request: 'POST /health-check HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc' },
  'POST, part of a body': { request: 'POST /health-check HTTP/1.1\r\nContent-Length: 3\r\n\r\na' },
  'POST, chunked': {
    request: 'POST /health-check HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
  },
  'POST, a body and the next': {
    request: `POST /health-check HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc${get('\r\n')}`,
    responses: 2,
  },
  'one length twice': { request: 'POST /health-check HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na' },
  'two lengths': { request: 'POST /health-check HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab' },
  'length and chunked': {
    request: 'POST /health-check HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n',
  },
  'a length that is none': { request: get('Content-Length: x\r\n\r\n') },
  'an unknown coding': {
    request: get('Transfer-Encoding: gzip\r\n\r\n'),
    differs: { status: 501, closes: true, why: 'RFC 9112 6.1, as slots answer it' },
  },
  'Expect, no body yet': { request: get('Expect: 100-continue\r\nContent-Length: 3\r\n\r\n') },
  'an unknown Expect': { request: get('Expect: x\r\n\r\n') },
  'an odd Connection': { request: get('Connection: keep-alive; x\r\n\r\n') },
  'Upgrade: h2c': { request: get('Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n') },
  'bare LF': { request: 'GET /health-check HTTP/1.1\nHost: a\n\n' },
  'bare LF, HTTP/1.0': { request: 'GET /health-check HTTP/1.0\n\n' },
  'an empty line in bare LF': { request: get('Host: a\r\n\n') },
  'empty lines before': { request: `\r\n\r\n\r\n\r\n\n${get('\r\n')}` },
  'two at once': { request: get('\r\n') + get('\r\n'), responses: 2 },
  'an absolute target': { request: 'GET http://a/health-check HTTP/1.1\r\nHost: a\r\n\r\n' },
  'an absolute target of another host': {
    request: 'GET http://b/health-check HTTP/1.1\r\nHost: a\r\n\r\n',
    differs: { status: 200, closes: false, why: 'no Host is looked at' },
  },
  'a query': {
    request: 'GET /health-check?node=1 HTTP/1.1\r\n\r\n',
    differs: { status: 200, closes: false, why: 'checkers that add a query to defeat caches mean the same path' },
  },
  '/health': {
    request: 'GET /health HTTP/1.1\r\n\r\n',
    differs: { status: 200, closes: false, why: 'HAProxy has one monitor-uri, we have two paths' },
  },
  'another path': { request: 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n' },
  'a slash more': { request: 'GET /health-check/ HTTP/1.1\r\n\r\n' },
  'other case': { request: 'GET /Health-Check HTTP/1.1\r\n\r\n' },
  'percent-encoded': { request: 'GET /health%2dcheck HTTP/1.1\r\n\r\n' },
  'two spaces': { request: 'GET  /health-check  HTTP/1.1\r\n\r\n' },
  'a space behind the version': { request: 'GET /health-check HTTP/1.1 \r\n\r\n' },
  'a space before the colon': { request: get('Host : a\r\n\r\n') },
  'a folded field': { request: get('X: a\r\n b\r\n\r\n') },
  'control bytes in a value': { request: get('X: a\x01\x00b\r\n\r\n') },
  'bytes beyond ASCII': { request: get('X: a\xe9b\r\n\r\n') },
  '12 KB of fields': { request: get(`X: ${'a'.repeat(12_000)}\r\n\r\n`) },
  '20 KB of fields': {
    request: get(`X: ${'a'.repeat(20_000)}\r\n\r\n`),
    differs: { status: 431, closes: true, why: 'RFC 6585 says it more precisely than 400' },
  },
  '120 fields': {
    request: get(`${'X: a\r\n'.repeat(120)}\r\n`),
    differs: { status: 431, closes: true, why: 'RFC 6585 says it more precisely than 400' },
  },
};

const ENDPOINTS = {
  source: { address: '198.51.100.7', port: 40_000 },
  destination: { address: '203.0.113.1', port: 443 },
};
const BEGINNINGS: Readonly<Record<string, Buffer>> = {
  'without a PROXY header': Buffer.alloc(0),
  'behind a PROXY header, version 1': encodeV1(ENDPOINTS),
  'behind a PROXY header, version 2': encodeV2(null),
};

interface Answer {
  readonly status: number;
  readonly closes: boolean;
  readonly body: string;
}

async function ask(connection: RawConnection, beginning: Buffer, { request, responses = 1 }: Case): Promise<Answer[]> {
  connection.write(Buffer.concat([beginning, Buffer.from(request, 'latin1')]));
  const answers: Answer[] = [];
  while (answers.length < responses) {
    const { status, fields, body } = await connection.response(request.startsWith('HEAD') ? 'HEAD' : 'GET');
    answers.push({ status, closes: fields.get('connection') === 'close', body: status === 400 ? '' : body });
  }
  connection.close();
  return answers;
}

for (const [name, beginning] of Object.entries(BEGINNINGS)) {
  for (const isUsable of [true, false]) {
    test(`${isUsable ? 'up' : 'down'}, ${name}: each request is answered as by monitor-uri`, async (context) => {
      const instances = [instanceOf({ host: '127.0.0.1', port: 9 }, { state: isUsable ? 'ready' : 'maint' })];
      const plane = await TestPlane.start(context, { slot: { instances } });
      const front = { host: ownAddress(), port: await freePort(ownAddress()) };
      await startHaproxy(
        context,
        `frontend health
  mode http
  bind ${front.host}:${front.port} ${beginning.length > 0 ? 'accept-proxy' : ''}
  monitor-uri /health-check
  monitor fail if { nbsrv(instances) lt 1 }
backend instances
  mode http
  server one 127.0.0.1:9 ${isUsable ? '' : 'disabled'}
`,
        front,
      );
      for (const [title, one] of Object.entries(CASES)) {
        const ours = await ask(await plane.connectHealth(), beginning, one);
        const theirs = await ask(await RawConnection.open(front.port, front.host), beginning, one);
        const { differs } = one;
        if (differs === undefined) {
          assert.deepEqual(ours, theirs, title);
          continue;
        }
        const status = differs.status === 200 && !isUsable ? 503 : differs.status;
        assert.deepEqual([ours[0]?.status, ours[0]?.closes], [status, differs.closes], title);
        // A node that is down answers 503 to what HAProxy answers 503.
        if (isUsable) assert.notDeepEqual(ours, theirs, `${title}: HAProxy answers alike`);
      }
    });
  }
}
