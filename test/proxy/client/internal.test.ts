/**
 * Who may use an `internal` slot, in all forms in which somebody can come: by the socket, spoken for by a PROXY header, or
 * bled by a node. Who is spoken for is judged by its own address alone, whoever speaks.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../../src/core/log.js';
import { BLEED_MARK_NAME } from '../../../src/http1/fields.js';
import { BleedMarks } from '../../../src/proxy/slot/bleed-marks.js';
import { encodeV1, encodeV2 } from '../../../src/proxy-protocol/encode.js';
import type { SlotSnapshot } from '../../../src/snapshot/snapshot.js';
import { ownAddress } from '../../support/addresses.js';
import { TestPlane } from '../../support/node/plane.js';
import { testClock } from '../../support/node/services-directory.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { RawConnection } from '../../support/traffic/raw-connection.js';
import { ScriptedInstance } from '../../support/traffic/scripted-instance.js';

const INSIDE = ownAddress();
const OUTSIDE = ownAddress();
const BALANCER = ownAddress();
const KEY = 'correct-horse-battery-staple';
const RECEIVER = 'id-of-node-1';

function markOf(key: string, receiver = RECEIVER): string {
  const options = { node: 'node-9', nodeId: 'id-of-node-9', keys: [key], clock: testClock, log: silentLog };
  return new BleedMarks(options).markFor(receiver);
}

function endsOf(address: string) {
  return { source: { address, port: 40_000 }, destination: { address: '192.0.2.1', port: 80 } };
}

/** Of a sender on a socket of its own machine: its address says nothing, and it speaks for nobody. */
function encodeUnix(bledBy: string): Buffer {
  const inet = encodeV2(endsOf(INSIDE), { extras: { bledBy } });
  const tlvs = inet.subarray(28);
  const header = Buffer.concat([inet.subarray(0, 16), Buffer.alloc(216), tlvs]);
  header.writeUInt8(0x31, 13);
  header.writeUInt16BE(216 + tlvs.length, 14);
  return header;
}

const PROVEN = markOf(KEY);
const ENDS_INSIDE = endsOf('198.51.100.7');
const ENDS_OUTSIDE = endsOf('203.0.113.9');
const NO_HEADER = Buffer.alloc(0);

interface Form {
  readonly what: string;
  readonly from: string;
  /** The connection begins with it. */
  readonly header?: Buffer;
  /** In the request. */
  readonly mark?: string;
  readonly fields?: string;
  readonly isAllowed: boolean;
  /** For HTTP alone: the form needs a request. */
  readonly isHttpOnly?: true;
}

const FORMS: readonly Form[] = [
  { what: 'a client of an internal network', from: INSIDE, isAllowed: true },
  { what: 'any other client', from: OUTSIDE, isAllowed: false },
  {
    what: 'a client that says in fields that it is another one',
    from: OUTSIDE,
    fields: `X-Forwarded-For: ${INSIDE}\r\nForwarded: for=${INSIDE}\r\nX-Real-IP: ${INSIDE}\r\n`,
    isAllowed: false,
    isHttpOnly: true,
  },
  {
    what: 'a proxy outside that speaks for a client inside',
    from: BALANCER,
    header: encodeV1(ENDS_INSIDE),
    isAllowed: true,
  },
  {
    what: 'a proxy outside that speaks for one outside',
    from: BALANCER,
    header: encodeV2(ENDS_OUTSIDE),
    isAllowed: false,
  },
  {
    what: 'a proxy inside that speaks for a client outside',
    from: INSIDE,
    header: encodeV1(ENDS_OUTSIDE),
    isAllowed: false,
  },
  { what: 'a proxy inside that speaks for itself', from: INSIDE, header: encodeV2(null), isAllowed: true },
  { what: 'a proxy outside that speaks for itself', from: BALANCER, header: encodeV2(null), isAllowed: false },
  { what: 'a proxy outside that does not know its client', from: BALANCER, header: encodeV1(null), isAllowed: false },
  {
    what: 'a node that proves its mark, in a request',
    from: OUTSIDE,
    mark: PROVEN,
    isAllowed: true,
    isHttpOnly: true,
  },
  { what: 'a mark without proof', from: OUTSIDE, mark: 'node-9', isAllowed: false, isHttpOnly: true },
  { what: 'a mark of another key', from: OUTSIDE, mark: markOf('another'), isAllowed: false, isHttpOnly: true },
  {
    what: 'a mark for another node',
    from: OUTSIDE,
    mark: markOf(KEY, 'id-of-node-2'),
    isAllowed: false,
    isHttpOnly: true,
  },
  {
    what: 'a node that speaks for a client inside',
    from: OUTSIDE,
    header: encodeV2(ENDS_INSIDE, { extras: { bledBy: PROVEN } }),
    mark: PROVEN,
    isAllowed: true,
  },
  {
    what: 'a node that speaks for a client outside, whatever it proves',
    from: OUTSIDE,
    header: encodeV2(ENDS_OUTSIDE, { extras: { bledBy: PROVEN } }),
    mark: PROVEN,
    isAllowed: false,
  },
  {
    what: 'a node inside that speaks for a client outside',
    from: INSIDE,
    header: encodeV2(ENDS_OUTSIDE, { extras: { bledBy: PROVEN } }),
    mark: PROVEN,
    isAllowed: false,
  },
  {
    what: 'a trusted sender whose client proves a mark in its request',
    from: BALANCER,
    header: encodeV1(ENDS_OUTSIDE),
    mark: PROVEN,
    isAllowed: false,
    isHttpOnly: true,
  },
  {
    what: 'a node that speaks for itself, with a proof in its header',
    from: OUTSIDE,
    header: encodeUnix(PROVEN),
    mark: PROVEN,
    isAllowed: true,
  },
];

async function startInternal(context: TestContext, slot: Partial<SlotSnapshot>, bind?: string): Promise<TestPlane> {
  const instance = await ScriptedInstance.start(context, (connection) => {
    connection.socket.on('data', () => connection.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'));
  });
  return TestPlane.start(context, {
    ...(bind !== undefined && { bind }),
    slot: {
      internal: true,
      trustedProxies: [`${BALANCER}/32`, `${INSIDE}/32`],
      instances: [instanceOf(instance)],
      ...slot,
    },
    snapshot: { internalNetworks: [`${INSIDE}/32`, '198.51.100.0/24'], podKeys: [KEY], nodeId: RECEIVER },
  });
}

function requestOf({ fields = '', mark }: Form): string {
  return `GET / HTTP/1.1\r\nHost: a\r\n${fields}${mark === undefined ? '' : `${BLEED_MARK_NAME}: ${mark}\r\n`}\r\n`;
}

for (const form of FORMS) {
  const { what, from, header = NO_HEADER, isAllowed, isHttpOnly = false } = form;
  const acceptProxy = header !== NO_HEADER;

  test(`HTTP: ${what}: ${isAllowed ? 'allowed' : 'refused'}`, async (context) => {
    const plane = await startInternal(context, { acceptProxy });
    const client = await plane.connect(from);
    client.write(Buffer.concat([header, Buffer.from(requestOf(form))]));
    assert.equal((await client.response()).status, isAllowed ? 200 : 403);
    // The connection lives on, and each of its requests is judged.
    client.write(requestOf(form));
    assert.equal((await client.response()).status, isAllowed ? 200 : 403);
    assert.deepEqual(plane.counters.errors, isAllowed ? {} : { FORBIDDEN: 2 });
    await plane.change({ internal: false });
    client.write(requestOf(form));
    assert.equal((await client.response()).status, 200, 'any of them may use a slot that is not internal');
  });

  if (isHttpOnly) continue;
  test(`TCP: ${what}: ${isAllowed ? 'allowed' : 'refused'}`, async (context) => {
    const plane = await startInternal(context, { acceptProxy, protocol: 'tcp' });
    const client = await plane.connect(from).catch(() => null);
    client?.write(Buffer.concat([header, Buffer.from('hello')]));
    if (isAllowed) await client?.until((text) => text.startsWith('HTTP/1.1 200'));
    else assert.equal((await client?.ended()) ?? '', '');
    assert.deepEqual(plane.counters.errors, isAllowed ? {} : { FORBIDDEN: 1 });
  });
}

test('on a socket of IPv6, clients of IPv4 have the addresses that they have', async (context) => {
  const plane = await startInternal(context, {}, '::');
  for (const [from, status] of [
    [INSIDE, 200],
    [OUTSIDE, 403],
  ] as const) {
    const client = await RawConnection.open(plane.port, '127.0.0.1', from);
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    assert.equal((await client.response()).status, status);
    client.close();
  }
});
