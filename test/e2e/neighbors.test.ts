/** Two nodes of one pod, from backups.txt and from --neighbors: bleed, and never more than one hop. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { AdminClient } from '../../src/admin/client.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { findPlace, type NodePlace, type RunningNode, startNodeAt } from '../support/node/node-process.js';
import { writeAtomically } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { RawConnection } from '../support/traffic/raw-connection.js';
import { ask, untilAnswered } from '../support/traffic/steady-traffic.js';

/** Asked at the start and then no more: what dies is found out by requests alone. */
const HARDLY_EVER = '{interval: 1h, timeout: 10s}';

function shopText(slot: number, instances: readonly string[]): string {
  return `shop: {protocol: http, translated_port: ${slot}, health: ${HARDLY_EVER}, instances: ${JSON.stringify(instances)}}\n`;
}

const WAYS: Readonly<Record<string, (place: NodePlace, pod: readonly string[]) => Promise<Record<string, string>>>> = {
  '--neighbors': async (_place, pod) => ({ '--neighbors': pod.join(',') }),
  'backups.txt': async ({ root }, pod) => {
    await writeFile(path.join(root, 'services', 'backups.txt'), pod.map((host) => `${host}\n`).join(''));
    return {};
  },
};

/** Node a and node b, each with the whole pod as its list, on the same slot; resolves when each has the other as up. */
async function startPod(
  context: TestContext,
  way: string,
  instances: readonly [a: readonly string[], b: readonly string[]],
  hostB = ownAddress(),
  { flags = {} }: { readonly flags?: Readonly<Record<string, string>> } = {},
) {
  const placeA = await findPlace(context);
  const { slot } = placeA;
  const placeB = { ...(await findPlace(context)), host: hostB, slot };
  const pod = [placeA.host, placeB.host];
  const start = async (place: NodePlace, own: readonly string[]): Promise<RunningNode> => {
    await mkdir(path.join(place.root, 'services'));
    await writeFile(path.join(place.root, 'services', 'shop.yml'), shopText(slot, own));
    return startNodeAt(context, place, { ...(await WAYS[way]?.(place, pod)), ...flags });
  };
  const [a, b] = await Promise.all([start(placeA, instances[0]), start(placeB, instances[1])]);
  for (const [node, other, hasInstance] of [
    [a, b, instances[1].length > 0],
    [b, a, instances[0].length > 0],
  ] as const) {
    const { neighbors } = await node.untilState(({ apps }) => apps[0]?.neighbors[0]?.up === hasInstance);
    assert.deepEqual(neighbors, [{ address: other.host }], 'the other one, and never itself');
  }
  return { a, b };
}

async function countsOf(node: RunningNode) {
  const [shop] = (await node.state()).apps;
  return { requests: shop?.requests ?? 0, bled: shop?.bled ?? 0, bledIn: shop?.bledIn ?? 0 };
}

/** What was counted on a and on b while something happened. */
async function countsDuring(
  { a, b }: { readonly a: RunningNode; readonly b: RunningNode },
  happen: () => Promise<void>,
) {
  const before = [await countsOf(a), await countsOf(b)];
  await happen();
  return [await countsOf(a), await countsOf(b)].map((after, index) => ({
    requests: after.requests - (before[index]?.requests ?? 0),
    bled: after.bled - (before[index]?.bled ?? 0),
    bledIn: after.bledIn - (before[index]?.bledIn ?? 0),
  }));
}

/** Requests that only the other node can answer: afterwards the workers of `node` know that it is up. */
async function proveBelief(context: TestContext, node: RunningNode, bodyOfOther: string): Promise<void> {
  const admin = new AdminClient({ address: node.admin });
  atEnd(context, () => admin.close());
  await admin.setAdminState('shop', null, 'drain');
  await untilAnswered(node.host, node.slot, { status: 200, body: bodyOfOther });
  await admin.setAdminState('shop', null, 'ready');
}

for (const way of Object.keys(WAYS)) {
  test(`${way}: an app without an instance here is served by the neighbor`, async (context) => {
    const instance = await HttpInstance.start(context, 'of b');
    const pod = await startPod(context, way, [[], [instance.id]]);
    const { a } = pod;
    await untilAnswered(a.host, a.slot, { status: 200, body: 'of b' });
    const counts = await countsDuring(pod, async () => {
      for (let count = 0; count < 3; count += 1) {
        assert.deepEqual(await ask(a.host, a.slot), { status: 200, body: 'of b' });
      }
    });
    assert.deepEqual(counts, [
      { requests: 3, bled: 3, bledIn: 0 },
      { requests: 3, bled: 0, bledIn: 3 },
    ]);
    // Its own health port does not count the neighbor's instances: else two empty nodes would keep each other up.
    assert.equal((await ask(a.host, a.slot + 1, '/health')).status, 503);
  });
}

test('when nobody has a living instance a request makes exactly one hop, then 503', async (context) => {
  const [ofA, ofB] = [await HttpInstance.start(context, 'of a'), await HttpInstance.start(context, 'of b')];
  const pod = await startPod(context, '--neighbors', [[ofA.id], [ofB.id]]);
  const { a, b } = pod;
  await proveBelief(context, a, 'of b');
  await proveBelief(context, b, 'of a');
  assert.deepEqual(await ask(a.host, a.slot), { status: 200, body: 'of a' });
  ofA.stop();
  ofB.stop();
  // Both nodes still believe in each other: only the mark of a bled request ends its way.
  const counts = await countsDuring(pod, async () => {
    assert.equal((await ask(a.host, a.slot)).status, 503);
  });
  assert.deepEqual(counts, [
    { requests: 1, bled: 1, bledIn: 0 },
    { requests: 1, bled: 0, bledIn: 1 },
  ]);

  for (const node of [a, b]) await node.write('shop.yml', shopText(node.slot, []));
  for (const node of [a, b]) await node.untilState(({ apps }) => apps[0]?.neighbors[0]?.up === false);
  assert.equal((await ask(a.host, a.slot)).status, 503);
});

test('a neighbor of another family is reached from the address that reaches it, by checks and by traffic', async (context) => {
  const instance = await HttpInstance.start(context, 'of b');
  // Loopback has one address of IPv6; the slot is free there as far as anybody can know.
  const { a, b } = await startPod(context, '--neighbors', [[], [instance.id]], '::1');
  await untilAnswered(a.host, a.slot, { status: 200, body: 'of b' });
  assert.equal((await countsOf(b)).bledIn, (await countsOf(a)).bled);
});

test('a node that meets itself under an address that it does not know never bleeds to itself', async (context) => {
  const instance = await HttpInstance.start(context, 'served');
  const place = await findPlace(context);
  // As behind NAT: what comes to this address comes to the node.
  const publicAddress = ownAddress();
  for (const port of [place.slot, place.slot + 1]) {
    const nat = createServer((client) => {
      const node = connect({ port, host: place.host });
      pipeline(client, node, client, () => {});
    });
    nat.listen(port, publicAddress);
    await once(nat, 'listening');
    atEnd(context, () => void nat.close());
  }
  await mkdir(path.join(place.root, 'services'));
  await writeFile(path.join(place.root, 'services', 'shop.yml'), shopText(place.slot, [instance.id]));
  const node = await startNodeAt(context, place, { '--neighbors': publicAddress });
  await node.untilState(({ neighbors }) => neighbors.length === 0);
  assert.deepEqual(await ask(publicAddress, place.slot), { status: 200, body: 'served' });
  instance.stop();
  assert.equal((await ask(node.host, node.slot)).status, 503);
  assert.deepEqual(await countsOf(node), { requests: 2, bled: 0, bledIn: 0 });
});

test('an internal app: the bleed of a node outside of the internal networks needs the key of the pod, read as it runs', async (context) => {
  const instance = await HttpInstance.start(context, 'of b');
  const keyFile = path.join(temporaryFolder(context, 'pod-key'), 'key');
  const client = ownAddress();
  const flags = { '--internal-networks': `${client}/32`, '--pod-key-file': keyFile };
  const { a, b } = await startPod(context, '--neighbors', [[], [instance.id]], ownAddress(), { flags });
  for (const [node, own] of [
    [a, []],
    [b, [instance.id]],
  ] as const) {
    await node.write('shop.yml', shopText(node.slot, own).replace('{', '{internal: true, '));
  }
  const status = async (): Promise<number> => {
    const connection = await RawConnection.open(a.slot, a.host, client);
    connection.write('GET / HTTP/1.1\r\nHost: shop\r\n\r\n');
    const response = await connection.response();
    connection.close();
    return response.status;
  };
  await eventually('b refuses a', async () => (await status()) === 403);
  await writeAtomically(keyFile, 'a-key-that-the-pod-shares\n');
  for (const node of [a, b]) await node.logged('the key of the pod was read');
  await eventually('b believes a', async () => (await status()) === 200);
});
