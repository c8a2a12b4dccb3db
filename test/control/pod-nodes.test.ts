/** Which nodes take the bleed, when the list says an address and the health port says who answers there. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { PodNodes } from '../../src/control/pod-nodes.js';
import { silentLog } from '../../src/core/log.js';
import { HealthChecker } from '../../src/health/checker.js';
import { atEnd } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { appOf } from '../support/node/apps.js';
import { configOf } from './configs.js';

const APPS = [appOf('shop', 21_000), appOf('search', 21_010)];
const OWN_ID = 'own';

/** @param answering who answers at an address; null: somebody without a name; no entry: nobody */
function createNodes(context: TestContext, answering: Map<string, string | null>) {
  const clock = new FakeClock();
  const asked: { host: string; port: number; localAddress: string | null }[] = [];
  const checker = new HealthChecker({
    clock,
    random: () => 0.5,
    log: silentLog,
    async probe({ host, port, localAddress = null }) {
      asked.push({ host, port, localAddress });
      const node = answering.get(host);
      return node === undefined
        ? { hasPassed: false, detail: 'refused' }
        : { hasPassed: true, detail: 'status 200', node };
    },
  });
  atEnd(context, () => checker.stop());
  const config = configOf({ bind: '::', ip: '10.0.0.1' });
  const nodes = new PodNodes({ config, nodeId: OWN_ID, checker, clock, onOtherSource: () => {} });
  const look = async (): Promise<readonly string[]> => {
    for (let round = 0; round < 4; round += 1) {
      checker.setTargets(nodes.targetsFor(APPS));
      await clock.advance(1_500);
    }
    nodes.targetsFor(APPS);
    return nodes.picked;
  };
  return { nodes, look, asked, checker, clock };
}

test('a node that meets itself under an address that it does not know does not count itself as a neighbor', async (context) => {
  const answering = new Map<string, string | null>([
    ['203.0.113.7', OWN_ID],
    ['203.0.113.8', 'b'],
    ['203.0.113.9', 'c'],
  ]);
  const { nodes, look } = createNodes(context, answering);
  nodes.setAddresses([...answering.keys()]);
  assert.deepEqual([...(await look())].sort(), ['203.0.113.8', '203.0.113.9']);
  assert.ok(nodes.neighborsOf('shop').every(({ up }) => up));
  assert.ok(nodes.neighborsOf('search').every(({ up }) => up));
});

test('alone with itself it has no neighbor, also in the moment of the first answer', async (context) => {
  const answering = new Map<string, string | null>([['203.0.113.7', OWN_ID]]);
  const { nodes, look, asked, checker, clock } = createNodes(context, answering);
  nodes.setAddresses(['203.0.113.7']);
  checker.setTargets(nodes.targetsFor(APPS));
  await clock.advance(1);
  assert.equal(checker.nodeAt('shop neighbor 203.0.113.7'), OWN_ID);
  assert.ok(nodes.neighborsOf('shop').every(({ up }) => !up));
  assert.deepEqual(await look(), []);
  // It is asked on, at one port: one day another node may answer there.
  asked.length = 0;
  await look();
  assert.deepEqual([...new Set(asked.map(({ port }) => port))], [21_001]);
  answering.set('203.0.113.7', 'b');
  assert.deepEqual(await look(), ['203.0.113.7']);
});

test('one node with two addresses is one neighbor', async (context) => {
  const answering = new Map<string, string | null>([
    ['10.0.0.2', 'b'],
    ['fd00::2', 'b'],
    ['10.0.0.3', 'c'],
    ['fd00::3', 'c'],
  ]);
  const { nodes, look } = createNodes(context, answering);
  nodes.setAddresses([...answering.keys()]);
  const ids = (await look()).map((address) => answering.get(address));
  assert.deepEqual([...ids].sort(), ['b', 'c']);
});

test('neighbors that give no name are told apart by their addresses', async (context) => {
  const { nodes, look } = createNodes(
    context,
    new Map([
      ['10.0.0.2', null],
      ['10.0.0.3', null],
    ]),
  );
  nodes.setAddresses(['10.0.0.2', '10.0.0.3']);
  assert.equal((await look()).length, 2);
  assert.deepEqual(
    nodes.neighborsOf('shop').map(({ node, up }) => [node, up]),
    [
      [null, true],
      [null, true],
    ],
  );
});

test('a check that is lost does not make a node a stranger', async (context) => {
  const answering = new Map<string, string | null>([['10.0.0.2', 'b']]);
  const { nodes, checker, clock } = createNodes(context, answering);
  nodes.setAddresses(['10.0.0.2']);
  checker.setTargets(nodes.targetsFor(APPS));
  await clock.advance(1);
  answering.delete('10.0.0.2');
  await clock.advance(1_200);
  assert.equal(checker.lastCheckOf('shop neighbor 10.0.0.2')?.ok, false);
  assert.deepEqual(
    nodes.neighborsOf('shop').map(({ node, up }) => [node, up]),
    [['b', true]],
  );
});

test('a doubted node keeps its place, and is asked with one more behind it; never with the whole pod', async (context) => {
  const pod = Array.from({ length: 9 }, (_, index) => `203.0.113.${index + 1}`);
  const { nodes, look } = createNodes(context, new Map(pod.map((address) => [address, address])));
  nodes.setAddresses(pod);
  const ring = nodes.others;
  const [first = '', second = '', third = '', fourth = ''] = ring;
  assert.deepEqual(await look(), [first, second]);
  nodes.setAddresses(pod, [first]);
  assert.deepEqual(await look(), [first, second, third]);
  nodes.setAddresses(pod, [first, third]);
  assert.deepEqual(await look(), [first, second, third, fourth].slice(0, 4));
  nodes.setAddresses(pod, pod);
  assert.deepEqual(await look(), ring.slice(0, 4));
  nodes.setAddresses(pod);
  assert.deepEqual(await look(), [first, second]);
});
