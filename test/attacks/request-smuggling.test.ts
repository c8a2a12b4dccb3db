/**
 * Request smuggling: a client sends bytes that the proxy reads as one request and the instance as two. The second one,
 * the attacker's, was judged by nobody, and its response goes to whoever asks next on that connection. It needs a
 * message whose length can be read in two ways: Content-Length against Transfer-Encoding (CL.TE, TE.CL), a coding that
 * only one side recognizes (TE.TE), two lengths (CL.CL), folded lines, bare CR or LF, a space before the colon, NUL,
 * and chunk sizes that one side reads as another number.
 *
 * The instance here is the most lenient there is: it takes whatever comes. So nothing may come.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const SMUGGLED = 'GET /admin HTTP/1.1\r\nHost: a\r\n\r\n';
const CHUNKS = `0\r\n\r\n${SMUGGLED}`;

/** Fields of a POST to /, each refused by its head alone. */
const HEADS: Readonly<Record<string, string>> = {
  'CL.TE': 'Content-Length: 6\r\nTransfer-Encoding: chunked\r\n',
  'TE.CL': 'Transfer-Encoding: chunked\r\nContent-Length: 6\r\n',
  'CL.TE with a length of zero': 'Content-Length: 0\r\nTransfer-Encoding: chunked\r\n',
  'TE.TE, the second unknown': 'Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n',
  'TE.TE, the first unknown': 'Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n',
  'TE.TE, both chunked': 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n',
  'a list of codings': 'Transfer-Encoding: gzip, chunked\r\n',
  'chunked twice in a list': 'Transfer-Encoding: chunked, chunked\r\n',
  'chunked is not the last': 'Transfer-Encoding: chunked, identity\r\n',
  identity: 'Transfer-Encoding: identity\r\n',
  xchunked: 'Transfer-Encoding: xchunked\r\n',
  'a quoted coding': 'Transfer-Encoding: "chunked"\r\n',
  'a coding with a parameter': 'Transfer-Encoding: chunked;a=b\r\n',
  'an empty coding': 'Transfer-Encoding:\r\n',
  'a coding behind a vertical tab': 'Transfer-Encoding: \x0bchunked\r\n',
  'a coding behind a no-break space': 'Transfer-Encoding: \xa0chunked\r\n',
  'a coding with NUL': 'Transfer-Encoding: chunked\0\r\n',
  'a space before the colon': 'Transfer-Encoding : chunked\r\n',
  'a tab before the colon': 'Transfer-Encoding\t: chunked\r\n',
  'a NUL in the name': 'Transfer-\0Encoding: chunked\r\n',
  'a name behind a space': ' Transfer-Encoding: chunked\r\n',
  'a folded coding': 'Transfer-Encoding:\r\n chunked\r\n',
  'a folded other field': 'X-A: b\r\n Transfer-Encoding: chunked\r\n',
  'a tab fold': 'X-A: b\r\n\tTransfer-Encoding: chunked\r\n',
  'a bare LF behind a field': 'X-A: b\nTransfer-Encoding: chunked\r\n',
  'a bare CR in a field': 'X-A: b\rTransfer-Encoding: chunked\r\n',
  'CR CR LF': 'X-A: b\r\r\nTransfer-Encoding: chunked\r\n',
  'CL.CL': 'Content-Length: 0\r\nContent-Length: 33\r\n',
  'CL.CL, equal': 'Content-Length: 33\r\nContent-Length: 33\r\n',
  'a list of lengths': 'Content-Length: 33, 33\r\n',
  'a signed length': 'Content-Length: +33\r\n',
  'a negative length': 'Content-Length: -1\r\n',
  'a hexadecimal length': 'Content-Length: 0x21\r\n',
  'a length with a fraction': 'Content-Length: 33.0\r\n',
  'a length with an underscore': 'Content-Length: 3_3\r\n',
  'a length with a space inside': 'Content-Length: 3 3\r\n',
  'an empty length': 'Content-Length:\r\n',
  'a length with NUL': 'Content-Length: 33\0\r\n',
  'a space before the colon of a length': 'Content-Length : 33\r\n',
  'a line without a colon': 'Content-Length\r\n',
  'an empty name': ': x\r\n',
};

const STARTS: Readonly<Record<string, string>> = {
  'a bare LF behind the request line': 'POST / HTTP/1.1\nHost: a\r\n\r\n',
  'only bare LFs': 'POST / HTTP/1.1\nHost: a\nContent-Length: 0\n\n',
  'a bare CR in the request line': 'POST / HTTP/1.1\rHost: a\r\n\r\n',
  'a space too many before the version': 'POST /  HTTP/1.1\r\nHost: a\r\n\r\n',
  'a tab before the version': 'POST /\tHTTP/1.1\r\nHost: a\r\n\r\n',
  'a second request line in the target': 'POST /%20HTTP/1.1 x HTTP/1.1\r\nHost: a\r\n\r\n',
  'a NUL in the target': 'POST /\0 HTTP/1.1\r\nHost: a\r\n\r\n',
  'a byte above ASCII in the target': 'POST /\xff HTTP/1.1\r\nHost: a\r\n\r\n',
  'a lower-case version': 'POST / http/1.1\r\nHost: a\r\n\r\n',
  'HTTP/0.9': 'GET /\r\nHost: a\r\n\r\n',
  'HTTP/1.0 with a coding': 'POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
  'another version of HTTP': 'GET / HTTP/2.0\r\nHost: a\r\n\r\n',
};

for (const [name, fields] of Object.entries(HEADS)) {
  test(`${name}: refused, in one piece and byte by byte`, async (context) => {
    await refuses(context, `POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n${CHUNKS}`);
  });
}

for (const [name, head] of Object.entries(STARTS)) {
  test(`${name}: refused, in one piece and byte by byte`, async (context) => {
    await refuses(context, head + SMUGGLED);
  });
}

/** Every way of saying it gets an error or the end, and the instance does not even see a connection. */
async function refuses(context: test.TestContext, bytes: string): Promise<void> {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (const pieces of [[bytes], [...bytes.slice(0, 200)]]) {
    const client = await plane.connect();
    const writing = client.writePieces(pieces).catch(() => undefined);
    const answer = await client.ended();
    assert.match(answer, /^HTTP\/1\.1 (?:400|413|431|501|505) /);
    assert.match(answer, /\r\nConnection: close\r\n/);
    assert.equal(answer.match(/HTTP\/1\.1 /g)?.length, 1, 'one answer, and nothing for what stood behind');
    client.close();
    await writing;
  }
  assert.equal(instance.connections.length, 0);
}

/** Chunks that two readers may frame differently; behind each stands a request that a lenient one would find. */
const BODIES: Readonly<Record<string, string>> = {
  'a size with a sign': `+5\r\nhello\r\n${CHUNKS}`,
  'a size with 0x': `0x5\r\nhello\r\n${CHUNKS}`,
  'a size with an underscore': `0_5\r\nhello\r\n${CHUNKS}`,
  'a size behind a space': ` 5\r\nhello\r\n${CHUNKS}`,
  'a size before a space and a digit': `5 5\r\nhello\r\n${CHUNKS}`,
  'a size before a vertical tab': `5\x0b\r\nhello\r\n${CHUNKS}`,
  'an empty size': `\r\nhello\r\n${CHUNKS}`,
  'a size that ends in a bare LF': `5\nhello\r\n${CHUNKS}`,
  'a size that ends in a bare CR': `5\rhello\r\n${CHUNKS}`,
  'a size that ends in CR CR LF': `5\r\r\nhello\r\n${CHUNKS}`,
  'a size beyond 32 bits that means a small one': `ffffffff00000005\r\nhello\r\n${CHUNKS}`,
  'a size beyond 64 bits': `10000000000000005\r\nhello\r\n${CHUNKS}`,
  'a bare LF in an extension (funky chunks)': `5;a\nx\r\nhello\r\n${CHUNKS}`,
  'a bare CR in an extension': `5;a\rx\r\nhello\r\n${CHUNKS}`,
  'an open quote in an extension': `5;a="\r\nhello\r\n${CHUNKS}`,
  'a chunk that is longer than its size': `5\r\nhelloX\r\n${CHUNKS}`,
  'a chunk that ends in two other bytes': `5\r\nhelloXX${CHUNKS}`,
  'a chunk that ends in a bare LF': `5\r\nhello\n${CHUNKS}`,
  'a last chunk that ends in a bare LF': `0\n\n${SMUGGLED}`,
  'a trailer that ends in a bare LF': `0\r\nX-A: b\n\r\n${SMUGGLED}`,
  'a folded trailer': `0\r\nX-A: b\r\n c\r\n\r\n${SMUGGLED}`,
};

for (const method of ['POST', 'GET', 'OPTIONS', 'DELETE']) {
  test(`chunks of a ${method} with two meanings: nothing of them reaches the instance`, async (context) => {
    const instance = await ScriptedInstance.start(context);
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
    for (const [name, body] of Object.entries(BODIES)) {
      const client = await plane.connect();
      client.write(`${method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${body}`);
      assert.match(await client.ended(), /^HTTP\/1\.1 4(?:00|13) /, name);
      client.close();
    }
    assert.equal(instance.connections.length, 0);
  });
}

test('chunks that turn bad behind a head that was sent: the instance sees a request without an end', async (context) => {
  for (const [name, body] of Object.entries(BODIES)) {
    const instance = await ScriptedInstance.start(context);
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
    const client = await plane.connect();
    client.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    const upstream = await instance.connection(0);
    await upstream.until((text) => text.endsWith('\r\n\r\n'));
    client.write(body);
    assert.match(await client.ended(), /^HTTP\/1\.1 4(?:00|13) /, name);
    const received = await upstream.ended();
    assert.doesNotMatch(received, /0\r\n\r\n$|admin/, `${name}: ${JSON.stringify(received)}`);
    assert.equal(instance.connections.length, 1);
    client.close();
    plane.plane.close();
    instance.stop();
  }
});

/** One meaning by RFC 9112, and several in the field: what goes on has only the one. */
const CLEANED: Readonly<Record<string, string>> = {
  'a size before a space': '5 \r\nhello\r\n0\r\n\r\n',
  'a size before a tab': '5\t\r\nhello\r\n0\r\n\r\n',
  'blanks around an extension': '5 ; a = b\r\nhello\r\n0 ;c\r\n\r\n',
  'an extension that looks like a chunk': '5;0\r\nhello\r\n0;5\r\n\r\n',
  'an extension without a name': '5;\r\nhello\r\n0\r\n\r\n',
  'a trailer that frames': '5\r\nhello\r\n0\r\nContent-Length: 33\r\n\r\n',
  'a trailer with a coding': '5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n',
  'a trailer with a Host': '5\r\nhello\r\n0\r\nHost: admin\r\n\r\n',
  'a trailer that authenticates': '5\r\nhello\r\n0\r\nAuthorization: Basic YTpi\r\nX_Real_IP: 10.0.0.1\r\n\r\n',
};

test('chunks that others could read in another way go on in the one way, in one piece and byte by byte', async (context) => {
  const instance = await ScriptedInstance.start(context, (connection) =>
    connection.socket.on('data', () => {
      if (!connection.text.endsWith('0\r\n\r\n')) return;
      connection.write(
        okResponse(connection.text.slice(connection.text.indexOf('\r\n\r\n') + 4), 'Connection: close\r\n'),
      );
      connection.socket.end();
    }),
  );
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (const [name, body] of Object.entries(CLEANED)) {
    const request = `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ,chunked,\r\n\r\n${body}`;
    for (const pieces of [[request], [...request], [request.slice(0, -body.length), body]]) {
      const client = await plane.connect();
      const writing = client.writePieces([...pieces, SMUGGLED]).catch(() => undefined);
      assert.equal((await client.response()).body, '5\r\nhello\r\n0\r\n\r\n', name);
      client.close();
      await writing;
    }
  }
});

test('fields that name a length or a coding to readers of CGI variables alone are dropped', async (context) => {
  const instance = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(head)),
  );
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write(
    'POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 33\r\nTransfer_Encoding: chunked\r\nTransfer.Encoding: chunked\r\nContent-Length: 0\r\n\r\n',
  );
  const { body } = await client.response();
  assert.doesNotMatch(body, /[._]length|encoding/i);
  assert.match(body, /\r\nContent-Length: 0/);
  client.close();
});

test('bodies of methods that seldom have one keep their framing', async (context) => {
  // Who drops the coding of a DELETE and sends its body all the same makes a second request of it (CVE-2026-29057).
  for (const method of ['OPTIONS', 'DELETE', 'GET', 'PATCH']) {
    const instance = await ScriptedInstance.start(context);
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
    const client = await plane.connect();
    const chunk = `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`;
    client.write(`${method} / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`);
    const upstream = await instance.connection(0);
    const received = await upstream.until((text) => text.endsWith('\r\n0\r\n\r\n'));
    assert.ok(received.includes('\r\nTransfer-Encoding: chunked\r\n'));
    assert.ok(received.endsWith(`\r\n\r\n${chunk}`));
    upstream.write(okResponse('one'));
    assert.equal((await client.response()).body, 'one');
    client.write(`${method} / HTTP/1.1\r\nHost: a\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`);
    await upstream.until((text) =>
      text.endsWith(
        `Content-Length: ${SMUGGLED.length}\r\nX-Forwarded-Port: ${plane.port}\r\nX-Forwarded-Proto: http\r\n\r\n${SMUGGLED}`,
      ),
    );
    client.close();
  }
});
