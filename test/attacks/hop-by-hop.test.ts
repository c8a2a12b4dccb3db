/**
 * The hop-by-hop attack: `Connection` names fields that the next hop shall remove. A client that names fields which a
 * proxy added or an application relies on (X-Forwarded-For, Host, Cookie, Content-Length) would have them forgotten: its
 * address hidden, its request framed anew. Fields that frame, route or authenticate are kept whatever Connection says;
 * all others that it names are removed, as RFC 9110 7.6.1 demands.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const PROTECTED = [
  'Host: shop.example',
  'X-Forwarded-For: 192.0.2.9',
  'Authorization: Basic eDp5',
  'Cookie: session=1',
  'Content-Type: text/plain',
  'Content-Length: 5',
];

/** What a new connection to an instance asks for. */
const OURS = '\r\nConnection: keep-alive';

test('what frames, routes or authenticates stays, however Connection names it', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const names = PROTECTED.map((line) => line.slice(0, line.indexOf(':')));
  const wishes = [
    `Connection: close, ${names.join(', ')}`,
    `Connection: ${names.join(',').toUpperCase()}`,
    names.map((name) => `Connection: ${name}`).join('\r\n'),
    `Connection: X-Forwarded-Port, X-Forwarded-Proto, Transfer-Encoding,\t${names.join('\t,')}`,
  ];
  for (const [index, wish] of wishes.entries()) {
    const client = await plane.connect();
    client.write(`POST / HTTP/1.1\r\n${PROTECTED.join('\r\n')}\r\n${wish}\r\n\r\nhello`);
    const upstream = await instance.connection(index);
    const received = await upstream.until((text) => text.endsWith('hello'));
    for (const line of PROTECTED) assert.ok(received.includes(`\r\n${line}\r\n`), `${wish}: ${line}`);
    assert.ok(received.includes(`\r\nX-Forwarded-Port: ${plane.port}\r\nX-Forwarded-Proto: http\r\n`));
    assert.doesNotMatch(received.replace(OURS, ''), /connection/i);
    upstream.write(okResponse('', 'Connection: close\r\n'));
    await client.response();
    client.close();
  }
});

test('other named fields go, and so do those of the hop itself', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write(
    'GET / HTTP/1.1\r\nHost: a\r\nx-secret: 1\r\nX-Kept: 2\r\nConnection: keep-alive, X-Secret\r\nX-SECRET: 3\r\n' +
      'Keep-Alive: timeout=9\r\nProxy-Connection: keep-alive\r\nTE: trailers\r\nUpgrade: websocket\r\n\r\n',
  );
  const upstream = await instance.connection(0);
  const received = await upstream.until((text) => text.endsWith('\r\n\r\n'));
  assert.doesNotMatch(received.replace(OURS, ''), /secret|keep-alive|proxy-connection|\r\nte:|upgrade|\r\nconnection/i);
  assert.ok(received.includes('\r\nX-Kept: 2\r\n'));
  // The same towards the client.
  upstream.write(
    okResponse('hi', 'X-Inner: 1\r\nConnection: X-Inner, Content-Length\r\nKeep-Alive: timeout=5\r\nX-Kept: 2\r\n'),
  );
  const { fields, body } = await client.response();
  assert.equal(body, 'hi');
  assert.deepEqual([...fields.keys()], ['content-length', 'x-kept']);
  client.close();
});

test('an element of Connection that is not a token names nothing, and ends the connection where it holds a close', async (context) => {
  const instance = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(/^connection:|x-a/im.test(head.replace(OURS, '')) ? head : 'nothing of it')),
  );
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (const [value, closes] of [
    ['a b', false],
    ['x:y', false],
    ['keep-alive; x', false],
    ['timeout=5, X-A', false],
    ['close;q=1', true],
    ['"close"', true],
    ['"a, close"', true],
    ['close\xa0', true],
  ] as const) {
    const client = await plane.connect();
    client.write(
      `GET / HTTP/1.1\r\nHost: a\r\n${value.includes('X-A') ? 'X-A: 1\r\n' : ''}Connection: ${value}\r\n\r\n`,
    );
    const { status, fields, body } = await client.response();
    assert.equal(status, 200, value);
    assert.equal(body, 'nothing of it', value);
    assert.equal(fields.get('connection'), closes ? 'close' : undefined, value);
    client.close();
  }
});
