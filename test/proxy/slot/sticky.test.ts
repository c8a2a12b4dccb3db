/** A client stays with its instance by a cookie that says nothing about it and that the instance does not see. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { StickyCookie } from '../../../src/proxy/slot/sticky.js';
import type { InstanceSnapshot, SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { freePort } from '../../support/addresses.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import type { RawResponse } from '../../support/traffic/raw-connection.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const STICKY = { cookie: 'S', key: 'secret' };

interface World {
  readonly plane: TestPlane;
  readonly instances: readonly InstanceSnapshot[];
  /** Asks on a connection of its own; the body names the instance and has the Cookie lines that it saw. */
  ask(lines?: string): Promise<RawResponse>;
}

async function start(context: TestContext, slot: Partial<SlotSnapshot> = {}, count = 4): Promise<World> {
  const instances: InstanceSnapshot[] = [];
  for (let index = 0; index < count; index += 1) {
    const answer = (head: string): string => {
      const seen = head.split('\r\n').filter((line) => /^cookie:/i.test(line));
      return okResponse(`${index} ${JSON.stringify(seen)}`);
    };
    instances.push(instanceOf(await ScriptedInstance.start(context, answering(answer))));
  }
  const plane = await TestPlane.start(context, { slot: { instances, sticky: STICKY, ...slot } });
  const ask = async (lines = ''): Promise<RawResponse> => {
    const client = await plane.connect();
    client.write(`GET / HTTP/1.1\r\nHost: a\r\n${lines}Connection: close\r\n\r\n`);
    const response = await client.response();
    client.close();
    return response;
  };
  return { plane, instances, ask };
}

function setCookieOf({ fields }: RawResponse): string | null {
  return fields.get('set-cookie') ?? null;
}

function instanceIn({ body }: RawResponse): string {
  return body.split(' ')[0] ?? '';
}

test('the first answer binds the client; it stays there and is not bound again', async (context) => {
  const { ask } = await start(context);
  const first = await ask();
  const cookie = setCookieOf(first);
  assert.match(cookie ?? '', /^S=[A-Za-z0-9_-]{22}; path=\/; HttpOnly$/);
  assert.equal(first.fields.get('cache-control'), 'private');
  const value = cookie?.split(';')[0];
  for (let turn = 0; turn < 12; turn += 1) {
    const next = await ask(`Cookie: a=1; ${value}; b=2\r\n`);
    assert.equal(instanceIn(next), instanceIn(first));
    assert.equal(setCookieOf(next), null);
    assert.ok(!next.fields.has('cache-control'));
    assert.equal(next.body, `${instanceIn(first)} ["Cookie: a=1; b=2"]`);
  }
});

test('a value that stands for no instance is not honored, not passed on, and replaced', async (context) => {
  const { ask, instances } = await start(context);
  const [first] = instances;
  const others = ['', 'x', '0', '__proto__', 'constructor', first?.id ?? '', 'A'.repeat(22), 'A'.repeat(8_000)];
  for (const value of others) {
    const response = await ask(`Cookie: S=${value}\r\n`);
    assert.match(setCookieOf(response) ?? '', /^S=/, value);
    assert.match(response.body, / \[\]$/, value);
  }
});

test('a name is taken as it is, also with characters that mean something in an expression', () => {
  for (const [name, other] of [
    ['a.b', 'axb'],
    ['a.b', 'ab'],
    ['a+', 'aa'],
    ['$a', 'a'],
    ['a|b', 'b'],
    ['a*', 'a'],
    ['^a', 'a'],
  ] as const) {
    const cookie = new StickyCookie({ cookie: name, key: 'secret' });
    const block = `HTTP/1.1 200 OK\r\nSet-Cookie: ${other}=1\r\nSet-Cookie: ${name}=2\r\n`;
    assert.equal(cookie.withoutSetCookie(block), `HTTP/1.1 200 OK\r\nSet-Cookie: ${other}=1\r\n`, name);
    assert.equal(cookie.withoutCookie(`Cookie: ${other}=1; ${name}=2\r\n`), `Cookie: ${other}=1\r\n`, name);
  }
});

test('the cookie alone is taken out of a line; all else stays as it was written', () => {
  const cookie = new StickyCookie(STICKY);
  const without = (cookies: string): string => {
    const block = cookie.withoutCookie(`GET / HTTP/1.1\r\nCookie: ${cookies}\r\nA: b\r\n`);
    return block.slice('GET / HTTP/1.1\r\n'.length, -'A: b\r\n'.length);
  };
  for (const [cookies, kept] of [
    ['S=1; b=2', 'Cookie: b=2\r\n'],
    ['b=2;\tS = 1 ; c', 'Cookie: b=2;\tc\r\n'],
    ['b=2; S=1', 'Cookie: b=2\r\n'],
    ['b=2; S=1;  ', 'Cookie: b=2\r\n'],
    ['S=1', ''],
    ['S=1; $Path=/; b', 'Cookie: b\r\n'],
    ['S="1;2"; b', 'Cookie: b\r\n'],
    ['Sx', 'Cookie: Sx\r\n'],
    ['S', 'Cookie: S\r\n'],
    ['xS=1', 'Cookie: xS=1\r\n'],
    ['b="x; S=1"; c', 'Cookie: b="x; S=1"; c\r\n'],
    ['b="x; S=1', 'Cookie: b="x\r\n'],
  ] as const) {
    assert.equal(without(cookies), kept, cookies);
  }
});

test('the first value that stands for an instance counts, wherever blanks are', () => {
  const cookie = new StickyCookie(STICKY);
  const known = new Map([
    ['one', 1],
    ['two', 2],
  ]);
  for (const [cookies, value] of [
    ['S=one', 'one'],
    ['a=1; S=gone; S = two\t; S=one', 'two'],
    ['S=\t one \t', 'one'],
    ['S', ''],
    ['Sone', ''],
    ['S="one"', ''],
    ['', ''],
  ] as const) {
    assert.equal(cookie.idIn(cookies, known), value, cookies);
  }
});

test('with another key, or for another app, another value', () => {
  const id = '10.0.0.1:80';
  const values = ['secret', 'another', ''].map((key) => new StickyCookie({ cookie: 'S', key }).idOf(id));
  assert.equal(new Set(values).size, 3);
  assert.equal(new StickyCookie(STICKY).idOf(id), values[0]);
});

test('another key binds each client anew, and another name too; without a change nobody is', async (context) => {
  const { ask, plane } = await start(context);
  const value = setCookieOf(await ask())?.split(';')[0];
  await plane.change({ retries: 2 });
  assert.equal(setCookieOf(await ask(`Cookie: ${value}\r\n`)), null);
  await plane.change({ sticky: { cookie: 'S', key: 'another' } });
  const again = setCookieOf(await ask(`Cookie: ${value}\r\n`));
  assert.match(again ?? '', /^S=/);
  assert.notEqual(again?.split(';')[0], value);
  await plane.change({ sticky: { cookie: 'T', key: 'another' } });
  assert.match(setCookieOf(await ask(`Cookie: ${again}\r\n`)) ?? '', /^T=/);
  await plane.change({ sticky: null });
  const unbound = await ask(`Cookie: ${value}\r\n`);
  assert.equal(setCookieOf(unbound), null);
  assert.match(unbound.body, new RegExp(`\\["Cookie: ${value}"\\]$`));
});

test('an instance that is gone or in maintenance is left for another, which binds; a drained one keeps its clients', async (context) => {
  const { ask, plane, instances } = await start(context);
  const first = await ask();
  const value = setCookieOf(first)?.split(';')[0];
  const changed = (change: Partial<InstanceSnapshot>): InstanceSnapshot[] =>
    instances.map((one, index) => (String(index) === instanceIn(first) ? { ...one, ...change } : one));
  await plane.change({ instances: changed({ state: 'drain' }) });
  for (let turn = 0; turn < 4; turn += 1) {
    assert.equal(instanceIn(await ask(`Cookie: ${value}\r\n`)), instanceIn(first));
  }
  for (const change of [{ state: 'maint' }, { up: false }] as const) {
    await plane.change({ instances: changed(change) });
    const other = await ask(`Cookie: ${value}\r\n`);
    assert.notEqual(instanceIn(other), instanceIn(first));
    assert.match(setCookieOf(other) ?? '', /^S=/);
  }
  await plane.change({ instances });
  assert.equal(instanceIn(await ask(`Cookie: ${value}\r\n`)), instanceIn(first), 'it is back, and so is its client');
});

test('a client whose instance refuses is served by another one, which binds it', async (context) => {
  const { plane, ask } = await start(context, { retries: 1 }, 1);
  const refusing = instanceOf({ host: plane.host, port: await freePort(plane.host) });
  await plane.change({ instances: [refusing, ...plane.slot.instances] });
  const response = await ask(`Cookie: S=${new StickyCookie(STICKY).idOf(refusing.id)}\r\n`);
  assert.deepEqual([response.status, instanceIn(response)], [200, '0']);
  assert.match(setCookieOf(response) ?? '', /^S=/);
});

test('what an instance sets under the name does not reach the client', async (context) => {
  const lines = 'Set-Cookie: S=mine; path=/x\r\nSet-Cookie: a=1\r\nset-cookie:S =x\r\nSet-Cookie: SS=2\r\n';
  const answer = `HTTP/1.1 200 OK\r\n${lines}Content-Length: 2\r\n\r\nok`;
  const instance = await ScriptedInstance.start(context, answering(answer));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)], sticky: STICKY } });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  assert.match(setCookieOf(await client.response()) ?? '', /^a=1, SS=2, S=[\w-]{22}; path=\/; HttpOnly$/);
  client.close();
});

test('a switch of protocols binds too', async (context) => {
  const answer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  const instance = await ScriptedInstance.start(context, answering(answer));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)], sticky: STICKY } });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
  assert.match(await client.until((text) => text.includes('\r\n\r\n')), /^set-cookie: S=[\w-]{22};/im);
  client.close();
});

test('a neighbor gets the cookie, and may set it', async (context) => {
  const bound = 'HTTP/1.1 200 OK\r\nSet-Cookie: S=of-the-neighbor; path=/; HttpOnly\r\nContent-Length: 2\r\n\r\nok';
  const neighbor = await ScriptedInstance.start(context, answering(bound));
  const plane = await TestPlane.start(context, {
    slot: {
      port: neighbor.port,
      neighbors: [{ host: neighbor.host, localAddress: null, up: true, node: null }],
      sticky: STICKY,
    },
  });
  const client = await plane.connect();
  client.write('GET / HTTP/1.1\r\nHost: a\r\nCookie: a=1; S=of-the-neighbor\r\n\r\n');
  assert.equal(setCookieOf(await client.response()), 'S=of-the-neighbor; path=/; HttpOnly');
  assert.match(neighbor.connections[0]?.text ?? '', /^Cookie: a=1; S=of-the-neighbor\r$/m);
  client.close();
});
