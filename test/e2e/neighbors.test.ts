/** Two nodes of one pod, from backups.txt and from --neighbors: bleed, and never more than one hop. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { HttpInstance } from '../support/http-instance.js';
import { findPlace, type NodePlace, type RunningNode, startNodeAt } from '../support/node-process.js';
import { ask } from '../support/steady-traffic.js';

/** Asked at the start and then no more: what dies is found out by requests alone. */
const HARDLY_EVER = '{interval: 1h}';

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
) {
  const placeA = await findPlace(context);
  const { slot } = placeA;
  const placeB = { ...(await findPlace(context)), slot };
  const pod = [placeA.host, placeB.host];
  const start = async (place: NodePlace, own: readonly string[]): Promise<RunningNode> => {
    await mkdir(path.join(place.root, 'services'));
    await writeFile(path.join(place.root, 'services', 'shop.yml'), shopText(slot, own));
    return startNodeAt(context, place, (await WAYS[way]?.(place, pod)) ?? {});
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
  return { requests: shop?.requests, bled: shop?.bled, bledIn: shop?.bledIn };
}

for (const way of Object.keys(WAYS)) {
  test(`${way}: an app without an instance here is served by the neighbor`, async (context) => {
    const instance = await HttpInstance.start(context, 'of b');
    const { a, b } = await startPod(context, way, [[], [instance.id]]);
    for (let count = 0; count < 3; count += 1) {
      assert.deepEqual(await ask(a.host, a.slot), { status: 200, body: 'of b' });
    }
    assert.deepEqual(await countsOf(a), { requests: 3, bled: 3, bledIn: 0 });
    assert.deepEqual(await countsOf(b), { requests: 3, bled: 0, bledIn: 3 });
    // Its own health port does not count the neighbor's instances: else two empty nodes would keep each other up.
    assert.equal((await ask(a.host, a.slot + 1, '/health')).status, 503);
  });
}

test('when nobody has a living instance a request makes exactly one hop, then 503', async (context) => {
  const [ofA, ofB] = [await HttpInstance.start(context, 'of a'), await HttpInstance.start(context, 'of b')];
  const { a, b } = await startPod(context, '--neighbors', [[ofA.id], [ofB.id]]);
  assert.deepEqual(await ask(a.host, a.slot), { status: 200, body: 'of a' });
  // Both nodes still believe in each other: only the mark of a bled request ends its way.
  ofA.stop();
  ofB.stop();
  assert.equal((await ask(a.host, a.slot)).status, 503);
  assert.deepEqual(await countsOf(a), { requests: 2, bled: 1, bledIn: 0 });
  assert.deepEqual(await countsOf(b), { requests: 1, bled: 0, bledIn: 1 });

  for (const node of [a, b]) await node.write('shop.yml', shopText(node.slot, []));
  for (const node of [a, b]) await node.untilState(({ apps }) => apps[0]?.neighbors[0]?.up === false);
  assert.equal((await ask(a.host, a.slot)).status, 503);
  assert.equal((await countsOf(b)).requests, 1, 'both are known to be empty: no hop at all');
});
