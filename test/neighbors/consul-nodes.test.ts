/** Which nodes of the pod count, by what Consul says of them: only an operator's word and a missing registration remove one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckEntry, ServiceNode } from '../../src/consul/answers.js';
import { listedFrom, type Named, namesIn } from '../../src/neighbors/consul-addresses.js';
import { isShown, podNodesFrom, type RegisteredNode } from '../../src/neighbors/consul-nodes.js';

const OWN = { id: 'autoproxy-alpha-a', agent: 'agent-a' };

function nodeOf(name: string, checks: readonly Partial<CheckEntry>[] = [], address = `10.0.0.${name}`): ServiceNode {
  const service = { id: `autoproxy-alpha-${name}`, name: 'autoproxy', tags: ['alpha'], meta: { node: name }, address };
  return {
    node: `agent-${name}`,
    nodeAddress: '192.0.2.1',
    service: { ...service, port: 1936, weights: { passing: 1, warning: 1 } },
    checks: checks.map((check) => ({
      id: 'ready',
      name: '',
      status: 'passing',
      output: '',
      notes: '',
      serviceId: service.id,
      ...check,
    })),
  };
}

const SELF = nodeOf('a');

function standings(
  answer: readonly ServiceNode[],
  previous: readonly RegisteredNode[] = [],
  doubt: string | null = null,
) {
  return podNodesFrom([SELF, ...answer], OWN, previous, doubt).map(
    ({ name, standing, remark }) => `${name} ${standing}${remark === null ? '' : `: ${remark}`}`,
  );
}

test('a check that warns speaks against nobody', () => {
  assert.deepEqual(
    standings([nodeOf('2', [{ status: 'warning' }, { id: 'disk', status: 'warning', serviceId: '' }])]),
    ['2 counted'],
  );
});

test('the death of an agent, a critical check of the machine and of /ready are doubts, and no more', () => {
  assert.deepEqual(
    standings([
      nodeOf('2', [{ id: 'serfHealth', status: 'critical', serviceId: '' }]),
      nodeOf('3', [{ id: 'disk', status: 'critical', serviceId: '' }]),
      nodeOf('4', [{ id: 'service:autoproxy-alpha-4', status: 'critical' }]),
    ]),
    [
      '2 doubted: check serfHealth is critical',
      '3 doubted: check disk is critical',
      '4 doubted: check service:autoproxy-alpha-4 is critical',
    ],
  );
});

test('maintenance of the registration and of the machine is an operator’s word, and its reason is told', () => {
  const ofService = {
    id: '_service_maintenance:autoproxy-alpha-2',
    status: 'critical',
    notes: ' new disk\x1b ',
  } as const;
  const ofMachine = { id: '_node_maintenance', status: 'critical', serviceId: '' } as const;
  assert.deepEqual(standings([nodeOf('2', [ofService]), nodeOf('3', [ofMachine, { status: 'critical' }])]), [
    '2 leftOut: it is in maintenance: new disk\\u001b',
    '3 leftOut: its machine is in maintenance',
  ]);
});

test('a node that is not registered any more is gone; a doubtful answer removes nobody, and a doubt does not mean maintenance', () => {
  const maintenance = { id: '_node_maintenance', status: 'critical', serviceId: '' } as const;
  const nodes = podNodesFrom([SELF, nodeOf('2'), nodeOf('3'), nodeOf('4', [maintenance])], OWN, [], null);
  assert.deepEqual(standings([nodeOf('2')], nodes), ['2 counted']);
  assert.deepEqual(standings([nodeOf('2')], nodes, 'Consul failed'), [
    '2 counted',
    '3 doubted: Consul failed',
    '4 leftOut: its machine is in maintenance',
  ]);
});

test('a clone whose node has the same name on another machine is another node', () => {
  const clone: ServiceNode = { ...nodeOf('a', [], '10.0.0.9'), node: 'agent-clone' };
  const both = [clone, { ...SELF, node: 'Agent-A' }];
  assert.ok(isShown(both, OWN));
  assert.deepEqual(
    podNodesFrom(both, OWN, [], null).map(({ host }) => host),
    ['10.0.0.9'],
  );
  // Where the name of the own agent is not known, what has the own id is this node.
  assert.deepEqual([podNodesFrom([clone], OWN, [], null), isShown([clone], OWN)], [[], true]);
  assert.ok(!isShown([nodeOf('2')], OWN));
});

const NAMED: Named = {
  addressesOf: (name) => (name === 'b.internal' || name === 'old.internal' ? ['10.0.0.5', 'fd00::5'] : []),
  failureOf: (name) => (name === 'b.internal' || name === 'new.internal' ? null : 'ENOTFOUND'),
};

function listed(host: string) {
  const [node] = podNodesFrom([SELF, nodeOf('2', [], host)], OWN, [], null);
  assert.ok(node !== undefined);
  const { node: read, problem } = listedFrom(node, NAMED);
  return [namesIn([node]).length, read.addresses, problem?.message ?? null];
}

test('a name that stands for an address is resolved, and said where it does not resolve', () => {
  assert.deepEqual(listed('10.0.0.7'), [0, ['10.0.0.7'], null]);
  assert.deepEqual(listed('fd00::7'), [0, ['fd00::7'], null]);
  assert.deepEqual(listed(''), [0, ['192.0.2.1'], null], 'the address of its agent');
  assert.deepEqual(listed('b.internal'), [1, ['10.0.0.5', 'fd00::5'], null]);
  assert.deepEqual(listed('new.internal'), [1, [], null], 'it is being asked');
  assert.deepEqual(listed('old.internal'), [
    1,
    ['10.0.0.5', 'fd00::5'],
    'node 2 is registered with the address "old.internal": ENOTFOUND; 10.0.0.5, fd00::5, the last good answer, applies',
  ]);
  assert.deepEqual(listed('gone.internal'), [
    1,
    [],
    'node 2 is registered with the address "gone.internal": ENOTFOUND; it takes no bleed',
  ]);
  for (const host of ['0.0.0.0', '::', '10.0.0', 'a b', 'x\x1b', '10.0.0.1:80'])
    assert.match(String(listed(host)[2]), /: it is not an IP address or a name; it takes no bleed$/, host);
});
