import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeV1, encodeV2 } from '../../../src/proxy-protocol/encode.js';
import type { SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { createRecordingLog } from '../../support/recording-log.js';
import { answering, okResponse, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const ENDPOINTS = {
  source: { address: '198.51.100.7', port: 40_000 },
  destination: { address: '203.0.113.1', port: 443 },
};
const HEADERS = {
  'version 1': encodeV1(ENDPOINTS),
  'version 2': encodeV2(ENDPOINTS, { hasChecksum: true, extras: { authority: 'shop.example' } }),
} as const;
const REQUEST = 'GET / HTTP/1.1\r\nHost: shop\r\n\r\n';
const DEMANDING: Partial<SlotSnapshot> = { acceptProxy: true, trustedProxies: ['127.0.0.0/8'] };

for (const [version, header] of Object.entries(HEADERS)) {
  test(`${version}: the instance hears of the client that the header names`, async (context) => {
    const instance = await ScriptedInstance.start(context, answering(okResponse('yes')));
    const plane = await TestPlane.start(context, { slot: { ...DEMANDING, instances: [instanceOf(instance)] } });
    const balancer = await plane.connect();
    balancer.write(Buffer.concat([header, Buffer.from(REQUEST, 'latin1')]));
    assert.equal((await balancer.response()).body, 'yes');
    // The header is the connection's: the second request has none.
    balancer.write(REQUEST);
    assert.equal((await balancer.response()).body, 'yes');
    assert.match(instance.received, /X-Forwarded-For: 198\.51\.100\.7\r\nX-Forwarded-Port: 443\r\n/);
    assert.doesNotMatch(instance.received, /PROXY|QUIT/);
    assert.match(plane.accessLog[0] ?? '', /^198\.51\.100\.7:40000 /);
    balancer.close();
  });

  test(`${version}: wherever header and request are cut, one request arrives`, async (context) => {
    const instance = await ScriptedInstance.start(context, answering(okResponse('yes')));
    const plane = await TestPlane.start(context, { slot: { ...DEMANDING, instances: [instanceOf(instance)] } });
    const whole = header.toString('latin1') + REQUEST;
    for (let cut = 1; cut < whole.length; cut += 1) {
      const balancer = await plane.connect();
      await balancer.writePieces([whole.slice(0, cut), whole.slice(cut)]);
      assert.equal((await balancer.response()).body, 'yes', `cut at ${cut}`);
      balancer.close();
    }
    const requests = instance.received.match(/GET \/ HTTP/g)?.length;
    assert.equal(requests, whole.length - 1);
  });

  test(`${version}: an internal slot looks at the client, not at the balancer`, async (context) => {
    const instance = await ScriptedInstance.start(context, answering(okResponse('yes')));
    const plane = await TestPlane.start(context, {
      slot: { ...DEMANDING, internal: true, instances: [instanceOf(instance)] },
    });
    const balancer = await plane.connect();
    balancer.write(Buffer.concat([header, Buffer.from(REQUEST, 'latin1')]));
    assert.equal((await balancer.response()).status, 403);
    assert.equal(instance.received, '');
    balancer.close();
  });
}

test('who speaks for itself (LOCAL, UNKNOWN) is its own client', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('yes')));
  const plane = await TestPlane.start(context, { slot: { ...DEMANDING, instances: [instanceOf(instance)] } });
  for (const header of [encodeV1(null), encodeV2(null)]) {
    const balancer = await plane.connect();
    balancer.write(Buffer.concat([header, Buffer.from(REQUEST, 'latin1')]));
    assert.equal((await balancer.response()).status, 200);
    assert.match(plane.accessLog.at(-1) ?? '', /^127\./);
    balancer.close();
  }
});

test('a source policy sends the client of the header always to the same instance', async (context) => {
  const instances = await Promise.all(
    ['a', 'b', 'c'].map((name) => ScriptedInstance.start(context, answering(okResponse(name)))),
  );
  const plane = await TestPlane.start(context, {
    slot: { ...DEMANDING, balance: 'source', instances: instances.map((instance) => instanceOf(instance)) },
  });
  const bodiesOf = async (address: string): Promise<string> => {
    const bodies = new Set<string>();
    for (let turn = 0; turn < 5; turn += 1) {
      const balancer = await plane.connect();
      const header = encodeV2({ ...ENDPOINTS, source: { address, port: 1_000 + turn } });
      balancer.write(Buffer.concat([header, Buffer.from(REQUEST, 'latin1')]));
      bodies.add((await balancer.response()).body);
      balancer.close();
    }
    return [...bodies].join('');
  };
  const answers = new Set<string>();
  for (let client = 1; client <= 20; client += 1) {
    const bodies = await bodiesOf(`198.51.100.${client}`);
    assert.equal(bodies.length, 1, `client ${client} met ${bodies}`);
    answers.add(bodies);
  }
  assert.ok(answers.size > 1, 'clients behind one balancer are spread');
});

for (const podKeys of [[], ['correct-horse-battery-staple']]) {
  const where = podKeys.length === 0 ? 'without a key of the pod' : 'with a key of the pod';

  test(`${where}, a sender that is not trusted is refused, with all that it may begin with`, async (context) => {
    const instance = await ScriptedInstance.start(context, answering(okResponse('yes')));
    const { log, lines } = createRecordingLog();
    const slot = { acceptProxy: true, instances: [instanceOf(instance)] };
    const plane = await TestPlane.start(context, { log, slot, snapshot: { podKeys } });
    const beginnings = [
      ...[encodeV1(ENDPOINTS), encodeV1(null), encodeV2(ENDPOINTS), encodeV2(null)],
      encodeV2(ENDPOINTS, { extras: { bledBy: 'node-2' } }),
      encodeV2(ENDPOINTS, { extras: { bledBy: 'node-2:AAAA' } }),
      ...[REQUEST, '\x16\x03\x01\x02\0', 'PROXY TCP4 1 2 3 4\r\n'].map((text) => Buffer.from(text, 'latin1')),
    ];
    for (const [index, beginning] of beginnings.entries()) {
      const sender = await plane.connect();
      sender.write(Buffer.concat([beginning, Buffer.from(REQUEST, 'latin1')]));
      assert.equal(await sender.ended(), '');
      assert.deepEqual(plane.counters.errors, { PROXY_HEADER_REFUSED: index + 1 });
    }
    assert.equal(instance.connections.length, 0);
    assert.deepEqual(
      lines.map(({ reason }) => reason),
      ["the sender's address is outside trusted_proxies"],
    );
  });
}

test('who sends no header within three seconds is closed', async (context) => {
  const clock = new FakeClock();
  const plane = await TestPlane.start(context, { clock, slot: DEMANDING });
  const balancer = await plane.connect();
  balancer.write('PROXY TCP4 198.51');
  // The connection is there when its deadline is watched.
  await eventually('the connection is accepted', () => clock.waits().length > 0);
  await clock.advance(2_800);
  assert.equal(plane.counters.errors.PROXY_HEADER_REFUSED, undefined);
  await clock.advance(400);
  assert.equal(await balancer.ended(), '');
  assert.equal(plane.counters.errors.PROXY_HEADER_REFUSED, 1);
});

test('a slot that begins to demand headers leaves the connections it has', async (context) => {
  const instance = await ScriptedInstance.start(context, answering(okResponse('yes')));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] } });
  const client = await plane.connect();
  client.write(REQUEST);
  await client.response();
  await plane.change(DEMANDING);
  client.write(REQUEST);
  assert.equal((await client.response()).status, 200);
  const late = await plane.connect();
  late.write(REQUEST);
  assert.equal(await late.ended(), '');
  client.close();
});
