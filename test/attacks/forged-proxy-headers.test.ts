/**
 * PROXY headers from who may not send them, broken ones, none where one is due, two where one is: the connection is
 * closed without an answer, nothing of it reaches an instance, and one line says who sent what.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeV1, encodeV2 } from '../../src/proxy-protocol/encode.js';
import { TestPlane } from '../support/node/plane.js';
import { instanceOf } from '../support/node/snapshots.js';
import { createRecordingLog } from '../support/recording-log.js';
import { ScriptedInstance } from '../support/traffic/scripted-instance.js';

const ENDPOINTS = {
  source: { address: '10.0.0.1', port: 40_000 },
  destination: { address: '203.0.113.1', port: 443 },
};
const V1 = encodeV1(ENDPOINTS).toString('latin1');
const V2 = encodeV2(ENDPOINTS).toString('latin1');
const REQUEST = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';

const ATTACKS: readonly (readonly [name: string, bytes: string, said: RegExp])[] = [
  ['no header', REQUEST, /plain HTTP request/],
  ['a TLS hello', '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', /TLS hello/],
  ['a line that lies about its protocol', 'PROXY UDP4 1.2.3.4 1.2.3.4 1 1\r\n', /must be TCP4, TCP6 or UNKNOWN/],
  ['an address of another family', 'PROXY TCP4 ::1 ::1 1 1\r\n', /does not fit its protocol/],
  ['a line that does not end', `PROXY TCP4 ${'1'.repeat(120)}`, /107 bytes/],
  ['a binary header of another version', V2.replace('\x21', '\x31'), /must be of version 2/],
  ['a length that goes beyond reason', `${V2.slice(0, 14)}\xff\xff`, /longer than the limit/],
];

for (const protocol of ['http', 'tcp'] as const) {
  for (const [name, bytes, said] of ATTACKS) {
    test(`${protocol}: ${name}`, async (context) => {
      const instance = await ScriptedInstance.start(context);
      const { log, lines } = createRecordingLog();
      const plane = await TestPlane.start(context, {
        log,
        slot: {
          protocol,
          acceptProxy: true,
          trustedProxies: ['127.0.0.0/8'],
          instances: [instanceOf(instance)],
        },
      });
      for (let turn = 0; turn < 3; turn += 1) {
        const attacker = await plane.connect();
        attacker.write(bytes);
        assert.equal(await attacker.ended(), '');
      }
      assert.equal(instance.connections.length, 0);
      assert.equal(plane.counters.errors.PROXY_HEADER_REFUSED, 3);
      const warnings = lines.filter(({ level }) => level === 'warn');
      assert.equal(warnings.length, 1, 'three connections, one line');
      assert.match(String(warnings[0]?.reason), said);
      assert.match(String(warnings[0]?.peer), /^127\./);
      assert.match(String(warnings[0]?.firstBytes), /^[\x20-\x7e]+$/);
    });
  }

  test(`${protocol}: a header of a sender that is not trusted`, async (context) => {
    const instance = await ScriptedInstance.start(context);
    const { log, lines } = createRecordingLog();
    const plane = await TestPlane.start(context, {
      log,
      slot: { protocol, acceptProxy: true, trustedProxies: ['10.0.0.0/8'], instances: [instanceOf(instance)] },
    });
    const attacker = await plane.connect();
    attacker.write(V1 + REQUEST);
    assert.equal(await attacker.ended(), '');
    assert.equal(instance.connections.length, 0);
    assert.match(String(lines.find(({ level }) => level === 'warn')?.reason), /trusted_proxies/);
  });

  for (const [name, second] of [
    ['v1', V1],
    ['v2', V2],
  ] as const) {
    test(`${protocol}: a second header, ${name}, in the same packet or a later one`, async (context) => {
      const instance = await ScriptedInstance.start(context);
      const { log, lines } = createRecordingLog();
      const plane = await TestPlane.start(context, {
        log,
        slot: { protocol, acceptProxy: true, trustedProxies: ['127.0.0.0/8'], instances: [instanceOf(instance)] },
      });
      const ways = [[V2 + second + REQUEST], [V2, second, REQUEST], [V2 + second.slice(0, 5), second.slice(5)]];
      for (const pieces of ways) {
        const attacker = await plane.connect();
        await attacker.writePieces(pieces).catch(() => undefined);
        assert.equal(await attacker.ended(), '', 'no answer');
        attacker.close();
      }
      assert.equal(instance.received, '');
      assert.equal(plane.counters.errors.PROXY_HEADER_REFUSED, ways.length);
      const warnings = lines.filter(({ level }) => level === 'warn');
      assert.equal(warnings.length, 1);
      assert.match(String(warnings[0]?.reason), /second PROXY header.*two balancers/);
    });
  }
}

test('on a slot that expects no header, one is not read as a request', async (context) => {
  const instance = await ScriptedInstance.start(context);
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  for (const header of [V1, V2]) {
    const attacker = await plane.connect();
    attacker.write(header + REQUEST);
    assert.equal((await attacker.response()).status, 400);
    attacker.close();
  }
  assert.equal(instance.received, '');
});
