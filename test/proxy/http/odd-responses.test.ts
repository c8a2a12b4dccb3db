/**
 * Responses of real servers that break a rule of RFC 9112, through the data plane: what the client gets of each, and
 * whether the connection to the instance carries another request. HAProxy passes nearly all of them; those that have two
 * meanings are in test/attacks/response-splitting.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

interface OddResponse {
  readonly sent: string;
  /** All that the client gets. */
  readonly got: string;
  readonly isKept?: boolean;
  readonly method?: string;
}

const OK = 'HTTP/1.1 200 OK\r\n';
const CHUNKS = '5\r\nhello\r\n0\r\n\r\n';

const RESPONSES: Readonly<Record<string, OddResponse>> = {
  'a length in a 204': {
    sent: 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\nX-A: 1\r\n\r\n',
    got: 'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n',
  },
  'a length of zero in a 204': {
    sent: 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n',
    got: 'HTTP/1.1 204 No Content\r\n\r\n',
    isKept: true,
  },
  'a length in a 204, and the body': {
    sent: 'HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello',
    got: 'HTTP/1.1 204 No Content\r\n\r\n',
  },
  'chunks in a 204': {
    sent: 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    got: 'HTTP/1.1 204 No Content\r\n\r\n',
  },
  'a length in a 304': {
    sent: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
    got: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
    isKept: true,
  },
  'a coding in a 304': {
    sent: 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n',
    got: 'HTTP/1.1 304 Not Modified\r\n\r\n',
    isKept: true,
  },
  'a length in a 103': {
    sent: `HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\nLink: </a>\r\n\r\n${okResponse('hello')}`,
    got: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${okResponse('hello')}`,
  },
  'a length and chunks': {
    sent: `${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    got: `${OK}Transfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
  },
  'a length and chunks, to HEAD': {
    sent: `${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n`,
    got: `${OK}Transfer-Encoding: chunked\r\n\r\n`,
    method: 'HEAD',
  },
  'the same length twice': {
    sent: `${OK}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`,
    got: `${OK}Content-Length: 5\r\n\r\nhello`,
    isKept: true,
  },
  'the same length in a list': {
    sent: `${OK}Content-Length: 5, 5\r\n\r\nhello`,
    got: `${OK}Content-Length: 5\r\n\r\nhello`,
    isKept: true,
  },
  'a length with zeros in front': {
    sent: `${OK}Content-Length: 0005\r\n\r\nhello`,
    got: `${OK}Content-Length: 5\r\n\r\nhello`,
    isKept: true,
  },
  'only bare LFs': {
    sent: 'HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 5\n\nhello',
    got: `${OK}X-A: 1\r\nContent-Length: 5\r\n\r\nhello`,
  },
  'only bare LFs, until the end': {
    sent: 'HTTP/1.0 200 OK\n\nhello',
    got: `${OK}Connection: close\r\n\r\nhello`,
  },
  'a folded field': {
    sent: `${OK}X-A: 1\r\n\t2\r\nContent-Length: 5\r\n\r\nhello`,
    got: `${OK}X-A: 1 2\r\nContent-Length: 5\r\n\r\nhello`,
  },
  'a blank before the colon': {
    sent: `${OK}X-A : 1\r\nContent-Length: 5\r\n\r\nhello`,
    got: `${OK}X-A: 1\r\nContent-Length: 5\r\n\r\nhello`,
  },
  'control bytes in a value': {
    sent: `${OK}X-A: \x01b\x7f\r\nContent-Length: 5\r\n\r\nhello`,
    got: `${OK}X-A:  b \r\nContent-Length: 5\r\n\r\nhello`,
  },
  'an empty line before it': { sent: `\r\n${okResponse('hello')}`, got: okResponse('hello') },
  'status 600': {
    sent: 'HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n',
    got: 'HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n',
    isKept: true,
  },
  'status 999': {
    sent: 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n',
    got: 'HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n',
    isKept: true,
  },
  'no reason and no blank': {
    sent: 'HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello',
    got: 'HTTP/1.1 200 \r\nContent-Length: 5\r\n\r\nhello',
    isKept: true,
  },
  'HTTP/1.2': {
    sent: 'HTTP/1.2 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    got: `${OK}Content-Length: 5\r\n\r\nhello`,
    isKept: true,
  },
  'a parameter in Connection': {
    sent: okResponse('hello', 'Connection: Keep-Alive, timeout=5\r\n'),
    got: okResponse('hello'),
    isKept: true,
  },
  'a quoted close in Connection': {
    sent: okResponse('hello', 'Connection: "close"\r\n'),
    got: okResponse('hello'),
  },
  'an empty element of the coding': {
    sent: `${OK}Transfer-Encoding: chunked,\r\n\r\n${CHUNKS}`,
    got: `${OK}Transfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    isKept: true,
  },
  'padded sizes and extensions': {
    sent: `${OK}Transfer-Encoding: chunked\r\n\r\n5  ; a="b;c"\r\nhello\r\n0 \r\n\r\n`,
    got: `${OK}Transfer-Encoding: chunked\r\n\r\n${CHUNKS}`,
    isKept: true,
  },
  'trailers that may not be there': {
    sent: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nContent-Length: 9\r\nSet-Cookie: a=1\r\nX-Sum: 1\r\n\r\n`,
    got: `${OK}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`,
    isKept: true,
  },
};

for (const [name, { sent, got, isKept = false, method = 'GET' }] of Object.entries(RESPONSES)) {
  test(`${name}: passes${isKept ? '' : ', and the connection carries nothing else'}`, async (context) => {
    for (const pieces of [[sent], [...sent]]) {
      const instance = await ScriptedInstance.start(context);
      const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
      const client = await plane.connect();
      client.write(`${method} /1 HTTP/1.1\r\nHost: a\r\n\r\n`);
      const upstream = await instance.connection(0);
      await upstream.until((text) => text.endsWith('\r\n\r\n'));
      await upstream.writePieces(pieces).catch(() => undefined);
      if (!/Content-Length|Transfer-Encoding/.test(sent)) upstream.socket.end();
      assert.equal(await client.until((text) => text.length >= got.length), got);
      if (got.includes('Connection: close')) continue;
      if (!isKept) await upstream.ended();
      const next = plane.counters.requests;
      client.write('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
      const second = await instance.connection(isKept ? 0 : 1);
      await second.until((text) => text.includes('GET /2 ') && text.endsWith('\r\n\r\n'));
      second.write(okResponse('two'));
      assert.equal(await client.until((text) => text.endsWith('two')), got + okResponse('two'));
      assert.equal(plane.counters.requests, next + 1);
      client.close();
    }
  });
}

test('a status beyond 599 counts as a 5xx, and the log has it as it was', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  const upstream = await instance.connection(0);
  await upstream.until((text) => text.endsWith('\r\n\r\n'));
  upstream.write('HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n');
  assert.equal((await client.response()).status, 999);
  assert.deepEqual(plane.counters.responses, [0, 0, 0, 0, 0, 1]);
  assert.match(plane.accessLog.join(''), / 999 \d+ - - ---- /);
  client.close();
});
