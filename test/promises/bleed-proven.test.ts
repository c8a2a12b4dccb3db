/**
 * Where the nodes of a pod share a key, a neighbor is believed by its proof, wherever its traffic comes from: its client
 * may use an internal app, is heard of by the instance, and comes by HTTPS when it did. Without a key none of that holds.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { BLEED_MARK_NAME } from '../../src/http1/fields.js';
import { BleedMarks } from '../../src/proxy/slot/bleed-marks.js';
import { encodeV2 } from '../../src/proxy-protocol/encode.js';
import type { SlotSnapshot } from '../../src/snapshot/snapshot.js';
import { ownAddress } from '../support/addresses.js';
import { eventually } from '../support/eventually.js';
import { TestPlane } from '../support/node/plane.js';
import { type Pod, startPod } from '../support/node/pod.js';
import { testClock } from '../support/node/services-directory.js';
import { instanceOf } from '../support/node/snapshots.js';
import { createRecordingLog } from '../support/recording-log.js';
import { answering, okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';

const KEY = 'correct-horse-battery-staple';
const CLIENT = ownAddress();
const GET = 'GET / HTTP/1.1\r\nHost: shop\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\n\r\n';
const ENDS = { source: { address: '198.51.100.7', port: 40_000 }, destination: { address: '192.0.2.1', port: 443 } };

/** A trusts its client and B nobody; the client alone is internal. The instance stands at B. */
async function start(context: TestContext, podKeys: readonly string[], slot: Partial<SlotSnapshot>): Promise<Pod> {
  const instance = await ScriptedInstance.start(
    context,
    slot.protocol === 'tcp' ? undefined : answering((head) => okResponse(head)),
  );
  const pod = await startPod(context, slot);
  const common = { podKeys, internalNetworks: [`${CLIENT}/32`, '198.51.100.0/24'], neighborProxy: 'v2' } as const;
  await pod.a.change({ trustedProxies: [`${CLIENT}/32`] }, { ...common, nodeId: `id-of-${pod.a.host}` });
  await pod.b.change(
    { trustedProxies: [], instances: [instanceOf(instance)] },
    { ...common, nodeId: `id-of-${pod.b.host}` },
  );
  return pod;
}

for (const [name, keys] of [
  ['with a key', [KEY]],
  ['without a key', []],
] as const) {
  const isProven = keys.length > 0;

  test(`HTTP, ${name}: an internal app`, async (context) => {
    const { a } = await start(context, keys, { internal: true });
    const client = await a.connect(CLIENT);
    for (let turn = 0; turn < 3; turn += 1) {
      client.write(GET);
      assert.equal((await client.response()).status, isProven ? 200 : 403);
    }
    client.close();
  });

  test(`HTTP, ${name}: what the client's own proxy said`, async (context) => {
    const { a } = await start(context, keys, {});
    const client = await a.connect(CLIENT);
    client.write(GET);
    const { body } = await client.response();
    assert.equal(
      body.match(/x-forwarded-proto: [^\r]*/gi)?.join(),
      `X-Forwarded-Proto: ${isProven ? 'https' : 'http'}`,
    );
    assert.equal(body.match(/x-forwarded-p/gi)?.length, 2, 'each once');
    assert.ok(!body.includes(BLEED_MARK_NAME) && !body.includes(KEY));
    client.close();
  });

  test(`a slot that demands headers, ${name}: a neighbor outside the trusted proxies`, async (context) => {
    const { a, b } = await start(context, keys, { acceptProxy: true, internal: true });
    const client = await a.connect(CLIENT);
    client.write(Buffer.concat([encodeV2(ENDS), Buffer.from(GET)]));
    const { status, body } = await client.response();
    assert.equal(status, isProven ? 200 : 502);
    assert.equal(b.counters.errors.PROXY_HEADER_REFUSED ?? 0, isProven ? 0 : 1);
    if (isProven) assert.deepEqual(body.match(/x-forwarded-for: [^\r]*/gi), ['X-Forwarded-For: 198.51.100.7']);
    client.close();
  });

  test(`TCP, ${name}: an internal app`, async (context) => {
    const { a, b } = await start(context, keys, { protocol: 'tcp', internal: true });
    const client = await a.connect(CLIENT);
    client.write('hello');
    if (isProven) {
      // The one who is judged is the client of A.
      await eventually('B has it connected', () => b.counters.tunnels === 1);
    } else {
      await client.ended();
    }
    assert.deepEqual([b.counters.bledIn, b.counters.errors.FORBIDDEN ?? 0], [1, isProven ? 0 : 1]);
    client.close();
  });
}

test('a proof holds for the request that has it, and not for the next one on its connection', async (context) => {
  const instance = await ScriptedInstance.start(
    context,
    answering((head) => okResponse(head)),
  );
  const nodeId = 'id-of-b';
  const plane = await TestPlane.start(context, {
    slot: { instances: [instanceOf(instance)], internal: true },
    snapshot: { nodeId, podKeys: [KEY], internalNetworks: ['10.0.0.0/8'] },
  });
  const { log } = createRecordingLog();
  const sender = { node: 'a', nodeId: 'id-of-a', clock: testClock, log };
  const marks = new BleedMarks({ ...sender, keys: [KEY] });
  const strangers = new BleedMarks({ ...sender, keys: ['a-key-of-another-pod'] });
  const client = await plane.connect();
  for (const [mark, status] of [
    [marks.markFor(nodeId), 200],
    [null, 403],
    [marks.markFor(nodeId), 200],
    [strangers.markFor(nodeId), 403],
    [marks.markFor('id-of-c'), 403],
    ['a', 403],
  ] as const) {
    client.write(`GET / HTTP/1.1\r\nHost: a\r\n${mark === null ? '' : `${BLEED_MARK_NAME}: ${mark}\r\n`}\r\n`);
    assert.equal((await client.response()).status, status, String(mark));
  }
  client.close();
});
