/** Pods as the registry and the Swarm know them, and the node that is meant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRefusal } from '../../src/core/refusal.js';
import { parseAppDefinitions } from '../../src/documents/app-definition-document.js';
import type { AppDefinition } from '../../src/model/app-definition.js';
import { podsOf } from '../../src/placement/pods.js';
import { nodeNamed, servicesBoundTo } from '../../src/placement/swarm-node.js';

function definition(keys: object): AppDefinition {
  const whole = { image: 'shop:1', protocol: 'http', native_port: 8080, health: { path: '/up' }, ...keys };
  const { apps, problems } = parseAppDefinitions(JSON.stringify(whole), 'apps.yml', 'registry');
  assert.deepEqual(problems, []);
  return apps[0]?.definition ?? assert.fail();
}

function service(app: string, pod: string, constraints: readonly string[] = [`node.labels.pod==${pod}`]) {
  const labels = { 'com.autoproxy.managed': 'true', 'com.autoproxy.app': app, 'com.autoproxy.pod': pod };
  const spec = { TaskTemplate: { Placement: { Constraints: constraints } } };
  const known = {
    id: `id-${app}-${pod}`,
    version: 1,
    name: `${app}-${pod}`,
    updateState: '',
    updateMessage: '',
    begunAt: 0,
  };
  return { ...known, labels: new Map(Object.entries(labels)), spec };
}

function task(serviceId: string, nodeId: string, state = 'running') {
  return { serviceId, nodeId, state };
}

function node(name: string, labels: Readonly<Record<string, string>>) {
  const standing = { availability: 'active', state: 'ready', resources: { nanoCpus: 0, memoryBytes: 0 } };
  return {
    id: `${name}0000`,
    version: 1,
    name,
    labels: new Map(Object.entries(labels)),
    spec: {},
    address: '',
    ...standing,
  };
}

const NODES = [node('n2', { pod: 'alpha' }), node('n1', { rack: 'a', pod: 'alpha' }), node('n3', {})];
const VIEW = {
  nodes: NODES,
  pods: new Map(NODES.map(({ id, labels }) => [id, labels.get('pod') ?? ''])),
  services: [service('shop', 'alpha'), { ...service('other', 'alpha'), labels: new Map<string, string>() }],
  tasks: [
    task('id-shop-alpha', 'n10000'),
    task('id-shop-alpha', 'n20000', 'starting'),
    task('id-other-alpha', 'n10000'),
  ],
};

test('a pod has its nodes, the slots of its apps, and instances wanted and running', () => {
  const definitions = [
    definition({ name: 'shop', pods: ['alpha', 'beta'], num_instances: 3, slot: 21_000 }),
    // Started by other means: its slot counts, its instances do not.
    definition({ name: 'bank', pods: ['alpha'], num_instances: 9, image: undefined, slot: 21_002 }),
    // It has none yet.
    definition({ name: 'new', pods: ['alpha'], num_instances: 9, image: undefined, slot: undefined }),
  ];
  const { pods, nodesWithoutPod } = podsOf(definitions, VIEW);
  assert.deepEqual(
    pods.map(({ pod, slots, wanted, running, nodes }) => [pod, slots, wanted, running, nodes.map(({ name }) => name)]),
    [
      ['alpha', 2, 2, 1, ['n1', 'n2']],
      ['beta', 1, 1, 0, []],
    ],
  );
  const [node] = pods[0]?.nodes ?? [];
  const labels = { rack: 'a' };
  const expected = { id: 'n10000', name: 'n1', state: 'ready', availability: 'active', instances: 1, labels };
  assert.deepEqual({ ...node, labels: { ...node?.labels } }, expected);
  assert.deepEqual(
    nodesWithoutPod.map(({ name }) => name),
    ['n3'],
  );
});

test('a node is named by its host name, its id or the beginning of that', () => {
  const nodes = [
    { id: 'abcdef', name: 'n1' },
    { id: 'abcxyz', name: 'n2' },
    { id: 'qqqqqq', name: 'twin' },
    { id: 'rrrrrr', name: 'twin' },
  ];
  const named = (word: string): string => {
    const found = nodeNamed(nodes, word);
    return isRefusal(found) ? `${found.message}; ${found.hint}` : found.id;
  };
  assert.equal(named('n2'), 'abcxyz');
  assert.equal(named('abcd'), 'abcdef');
  assert.equal(named('rrrrrr'), 'rrrrrr');
  assert.equal(named('twin'), 'several nodes of the Swarm are twin; write an id: qqqqqq, rrrrrr');
  assert.match(named('abc'), /^the Swarm has no node abc; /, 'too short for an id');
  assert.equal(named('twins'), 'the Swarm has no node twins; did you mean twin?');
});

test('services with tasks on a node are bound to it by the label of its pod, not by others', () => {
  const services = [
    service('shop', 'alpha'),
    service('bank', 'alpha', ['node.role==worker']),
    service('gone', 'alpha'),
  ];
  const tasks = [task('id-shop-alpha', 'n10000'), task('id-bank-alpha', 'n10000'), task('id-gone-alpha', 'n20000')];
  assert.deepEqual(servicesBoundTo('n10000', { services, tasks }), ['shop-alpha']);
});
