/** X-Forwarded-For: who asked stands last in it, and once, whether a PROXY header or the sender's own list names the client. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeV2 } from '../../../src/proxy-protocol/encode.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { answering, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const toldOf = (head: string): string => {
  const lines = head.split('\r\n').filter((line) => /^x-forwarded-for:/i.test(line));
  const body = lines.map((line) => line.replace(/^[^:]*: */, '')).join(' | ');
  return `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
};

const CASES = [
  ['nobody has written it', '203.0.113.7', [], '203.0.113.7'],
  ['the edge has written it', '203.0.113.7', ['203.0.113.7'], '203.0.113.7'],
  ['an edge behind another proxy', '203.0.113.7', ['10.9.9.9, 203.0.113.7'], '10.9.9.9, 203.0.113.7'],
  ['in a line of its own', '203.0.113.7', ['10.9.9.9', '203.0.113.7'], '10.9.9.9 | 203.0.113.7'],
  ['it is not the last', '203.0.113.7', ['203.0.113.7, 10.9.9.9'], '203.0.113.7, 10.9.9.9 | 203.0.113.7'],
  ['an address that ends alike', '3.0.113.7', ['203.0.113.7'], '203.0.113.7 | 3.0.113.7'],
  ['IPv6', '2001:db8::7', ['2001:db8::7'], '2001:db8::7'],
  ['IPv6 that ends alike', 'db8::7', ['2001:db8::7'], '2001:db8::7 | db8::7'],
] as const;

for (const [what, address, written, expected] of CASES)
  test(`with a PROXY header, ${what}`, async (context) => {
    const instance = await ScriptedInstance.start(context, answering(toldOf));
    const plane = await TestPlane.start(context, {
      slot: { instances: [instanceOf(instance)], acceptProxy: true, trustedProxies: ['127.0.0.0/8'] },
    });
    const client = await plane.connect();
    const ends = {
      source: { address, port: 4_711 },
      destination: { address: address.includes(':') ? '::1' : '192.0.2.1', port: 443 },
    };
    const fields = written.map((value) => `X-Forwarded-For: ${value}\r\n`).join('');
    // Two on one connection: what was read of the first is not remembered.
    client.write(`${encodeV2(ends).toString('latin1')}GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
    assert.equal((await client.response()).body, expected);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await client.response()).body, address);
    client.close();
  });
