/** What a node holds when it is to be drained, and what stands against it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeDrainOf } from '../../src/placement/node-drain.js';
import { pausedSpec } from '../../src/placement/pause.js';

function node(name: string, { pod = 'alpha', availability = 'active', state = 'ready' } = {}) {
  const resources = { nanoCpus: 2e9, memoryBytes: 1e9 };
  return {
    id: name,
    version: 1,
    name,
    labels: new Map([['pod', pod]]),
    spec: {},
    address: '',
    resources,
    availability,
    state,
  };
}

function service(
  name: string,
  spec: object = { Mode: { Replicated: { Replicas: 2 } }, UpdateConfig: { Order: 'start-first' } },
) {
  const labels = new Map([
    ['com.autoproxy.managed', 'true'],
    ['com.autoproxy.app', name],
  ]);
  return { id: name, version: 1, name, labels, updateState: '', updateMessage: '', begunAt: 0, spec };
}

/** Its container is called as it is. */
function task(serviceId: string, nodeId: string, { state = 'running', nanoCpus = 0 } = {}) {
  const id = `${serviceId}@${nodeId}`;
  return { id, containerId: id, serviceId, nodeId, state, reserved: { nanoCpus, memoryBytes: 0 } };
}

const NODES = [node('n1'), node('n2'), node('elsewhere', { pod: 'beta' })];

function drainOf(
  tasks: readonly ReturnType<typeof task>[],
  { nodes = NODES, services = [service('shop')], served = tasks.map(({ containerId }) => containerId) } = {},
) {
  const { alone, ...rest } = nodeDrainOf(NODES[0] ?? assert.fail(), { nodes, services, tasks }, new Set(served));
  return { ...rest, services: rest.services.map(({ name }) => name), alone: alone.map(({ name }) => name) };
}

test('a service with an instance elsewhere in the pod is drained as it is', () => {
  assert.deepEqual(drainOf([task('shop', 'n1'), task('shop', 'n2')]), {
    services: ['shop'],
    alone: [],
    containers: ['shop@n1'],
    unserved: [],
    isLast: false,
    refusals: [],
  });
  // It takes no new task, and serves.
  const paused = [node('n1'), node('n2', { availability: 'pause' }), node('n3')];
  assert.deepEqual(drainOf([task('shop', 'n1'), task('shop', 'n2')], { nodes: paused }).alone, []);
});

test('one without a running instance elsewhere in the pod gets one first', () => {
  for (const other of [[], [task('shop', 'n2', { state: 'starting' })], [task('shop', 'elsewhere')]]) {
    const { alone, refusals } = drainOf([task('shop', 'n1'), ...other]);
    assert.deepEqual([alone, refusals], [['shop'], []]);
  }
  const down = [node('n1'), node('n2', { state: 'down' }), node('n3')];
  assert.deepEqual(drainOf([task('shop', 'n1'), task('shop', 'n2')], { nodes: down }).alone, ['shop']);
});

test('it is refused where a new one would come after the old one, or has no place', () => {
  const stopFirst = service('shop', { Mode: { Replicated: { Replicas: 1 } }, UpdateConfig: { Order: 'stop-first' } });
  assert.match(
    drainOf([task('shop', 'n1')], { services: [stopFirst] }).refusals.join(),
    /^all instances of shop are on n1, and it stops the old one first; raise num_instances, or write placement\.update\.order/,
  );
  assert.deepEqual(drainOf([task('shop', 'n1'), task('shop', 'n2')], { services: [stopFirst] }).refusals, []);
  const rules = { Mode: { Replicated: { Replicas: 1 } }, UpdateConfig: { Order: 'start-first', Delay: 0 } };
  const paused = service('shop', pausedSpec(rules));
  assert.match(
    drainOf([task('shop', 'n1')], { services: [paused] }).refusals.join(),
    /^all instances of shop are on n1, and its rollout is paused, so no new ones .*; autoproxy apply goes on with it$/,
  );
  const large = [task('shop', 'n1', { nanoCpus: 1.5e9 }), task('shop', 'n2', { nanoCpus: 1.5e9 })];
  assert.match(
    drainOf(large).refusals.join(),
    /^the other nodes of the pod alpha have no room for what shop reserves;/,
  );
});

test('all that leave the node need room at one time', () => {
  const tasks = ['shop', 'bank'].map((name) => task(name, 'n1', { nanoCpus: 1.5e9 }));
  const services = [service('shop'), service('bank')];
  for (const alone of tasks) assert.deepEqual(drainOf([alone], { services }).refusals, []);
  const { refusals } = drainOf(tasks, { services });
  assert.deepEqual([refusals.length, refusals.join().includes('no room for what shop reserves')], [1, true]);
});

test('the last node of a pod is refused while it has instances', () => {
  for (const changes of [{ availability: 'drain' }, { availability: 'pause' }, { state: 'down' }, { pod: 'beta' }]) {
    const nodes = [node('n1'), node('n2', changes)];
    const { refusals, isLast } = drainOf([task('shop', 'n1')], { nodes });
    assert.equal(isLast, true);
    assert.match(
      refusals.join(),
      /^n1 is the last node of the pod alpha that is ready and active, and runs shop; add a node: autoproxy pods label NODE alpha; with --force /,
    );
    assert.deepEqual(drainOf([], { nodes }).refusals, []);
  }
});

test('what the node of this machine does not serve is told of, and left to Swarm', () => {
  const tasks = [task('shop', 'n1'), task('bank', 'n1')];
  const services = [service('shop'), service('bank'), service('agent', { Mode: { Global: {} } })];
  const { unserved, containers, alone } = drainOf([...tasks, task('agent', 'n1')], { services, served: ['shop@n1'] });
  assert.deepEqual([unserved, containers, alone], [['bank'], ['shop@n1'], ['shop']]);
});
