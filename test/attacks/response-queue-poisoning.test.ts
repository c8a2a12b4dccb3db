/**
 * Response-queue poisoning: an instance that can be made to send more than one response to one request (or one that
 * nobody asked for) leaves bytes on a kept-alive connection. Whoever gets that connection next is given an answer that
 * was made for somebody else, and all that follow are off by one. So a connection with anything on it that belongs to
 * no request is never used again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import type { RawConnection } from '../support/traffic/raw-connection.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const POISON = okResponse('poison');

/** What an instance sends to a request whose rightful answer ends where `poisoned` goes on. */
const ANSWERS: Readonly<Record<string, { readonly method: string; readonly poisoned: string }>> = {
  'two responses': { method: 'GET', poisoned: okResponse('first') + POISON },
  'bytes behind a length': { method: 'GET', poisoned: `${okResponse('first')}excess` },
  'an empty line behind a length': { method: 'GET', poisoned: `${okResponse('first')}\r\n` },
  'a body in answer to HEAD': {
    method: 'HEAD',
    poisoned: `HTTP/1.1 200 OK\r\nContent-Length: ${POISON.length}\r\n\r\n${POISON}`,
  },
  'a body behind 204 with its length': {
    method: 'GET',
    poisoned: `HTTP/1.1 204 No Content\r\nContent-Length: ${POISON.length}\r\n\r\n${POISON}`,
  },
  'the length of a body in a 204': {
    method: 'GET',
    poisoned: `HTTP/1.1 204 No Content\r\nContent-Length: ${POISON.length}\r\n\r\n`,
  },
  'chunks announced in a 204': {
    method: 'GET',
    poisoned: 'HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n',
  },
  'a length and chunks': {
    method: 'GET',
    poisoned: 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n',
  },
  'a body behind 204': { method: 'GET', poisoned: `HTTP/1.1 204 No Content\r\n\r\n${POISON}` },
  'a body behind 304': { method: 'GET', poisoned: `HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n${POISON}` },
  'bytes behind the last chunk': {
    method: 'GET',
    poisoned: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\n\r\n${POISON}`,
  },
  'an interim response behind the final one': {
    method: 'GET',
    poisoned: `${okResponse('first')}HTTP/1.1 100 Continue\r\n\r\n`,
  },
};

/** Answers the first request of its first connection with `first`, and all others with their own path. */
function poisoner(first: string): (connection: RawConnection) => void {
  let isFirst = true;
  return (connection) => {
    let answered = 0;
    connection.socket.on('data', () => {
      const heads = connection.text.split('\r\n\r\n');
      for (; answered < heads.length - 1; answered += 1) {
        const path = /^\S+ (\S+)/.exec(heads[answered] ?? '')?.[1] ?? '';
        connection.write(isFirst ? first : okResponse(path));
        isFirst = false;
      }
    });
  };
}

for (const [name, { method, poisoned }] of Object.entries(ANSWERS)) {
  test(`${name}: the connection is not used again`, async (context) => {
    const instance = await ScriptedInstance.start(context, poisoner(poisoned));
    const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
    const attacker = await plane.connect();
    attacker.write(`${method} /attacker HTTP/1.1\r\nHost: a\r\n\r\n`);
    const answer = await attacker.response(method);
    assert.notEqual(answer.body, 'poison');
    for (const path of ['/victim-1', '/victim-2']) {
      const victim = await plane.connect();
      victim.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      assert.equal((await victim.response()).body, path);
      victim.close();
    }
    attacker.write('GET /again HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await attacker.response()).body, '/again', 'the attacker gets what it asks for, too');
    assert.ok(instance.connections.length >= 2);
    attacker.close();
  });
}

test('a response behind an interim one that announced a body ends the connection', async (context) => {
  const interim = `HTTP/1.1 103 Early Hints\r\nContent-Length: ${POISON.length}\r\n\r\n`;
  const instance = await ScriptedInstance.start(context, poisoner(interim + okResponse('first')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).status, 103);
  assert.equal((await client.response()).body, 'first');
  await (await instance.connection(0)).ended();
  client.write('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).body, '/2');
  client.close();
});

test('an instance that was seen to answer HEAD with a body gets no further request behind a HEAD', async (context) => {
  // As gunicorn does for an application that gives the body of GET: it comes in packets of its own, now and then after
  // the next request is on its way.
  let heads = 0;
  const instance = await ScriptedInstance.start(context, (connection) => {
    let answered = 0;
    let isLate = false;
    connection.socket.on('data', () => {
      const requests = connection.text.split('\r\n\r\n').slice(0, -1);
      for (const request of requests.slice(answered)) {
        answered += 1;
        if (isLate) connection.write(POISON);
        isLate = request.startsWith('HEAD');
        if (isLate) heads += 1;
        connection.write(isLate ? `HTTP/1.1 200 OK\r\nContent-Length: ${POISON.length}\r\n\r\n` : okResponse('mine'));
        if (heads === 1 && isLate) setImmediate(() => connection.write(POISON));
      }
    });
  });
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const attacker = await plane.connect();
  for (let head = 0; head < 3; head += 1) {
    attacker.write('HEAD /attacker HTTP/1.1\r\nHost: a\r\n\r\n');
    await attacker.response('HEAD');
    // The first body comes in time to be seen for what it is.
    if (head === 0) await (await instance.connection(0)).ended();
    attacker.write('GET /victim HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await attacker.response()).body, 'mine');
  }
  attacker.close();
});

test('a response that nobody asked for closes the idle connection', async (context) => {
  const instance = await ScriptedInstance.start(context, poisoner(okResponse('first')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).body, 'first');
  const idle = await instance.connection(0);
  idle.write(POISON);
  await idle.ended();
  client.write('GET /2 HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.equal((await client.response()).body, '/2');
  assert.equal(instance.connections.length, 2);
  client.close();
});

test('a request that comes in the very turn of the poison does not get it from a connection that is being closed', async (context) => {
  const instance = await ScriptedInstance.start(context, poisoner(okResponse('first')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const clients = await Promise.all(Array.from({ length: 20 }, () => plane.connect()));
  const [attacker] = clients;
  attacker?.write('GET /0 HTTP/1.1\r\nHost: a\r\n\r\n');
  await attacker?.response();
  const idle = await instance.connection(0);
  // The poison was on its way first; POSTs, which nobody may repeat, follow at once.
  await new Promise<void>((resolve) => idle.socket.write(POISON, 'latin1', () => resolve()));
  for (const [index, client] of clients.entries())
    client.write(`POST /${index} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`);
  for (const [index, client] of clients.entries()) assert.equal((await client.response()).body, `/${index}`);
  for (const client of clients) client.close();
});

test('an instance that speaks before it is asked is not believed', async (context) => {
  // The bytes come with the connection: they answer the first request only because nothing tells them apart. They must
  // not answer a second one.
  const instance = await ScriptedInstance.start(context, (connection) => connection.write(POISON + POISON));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (let turn = 0; turn < 3; turn += 1) {
    const client = await plane.connect();
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await client.response();
    client.close();
    assert.equal(plane.counters.instances[`${instance.host}:${instance.port}`]?.idle, 0);
  }
  assert.equal(instance.connections.length, 3);
});
