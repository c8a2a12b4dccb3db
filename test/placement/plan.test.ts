/** The steps from what is there to what is wanted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLACEMENT_DEFAULTS } from '../../src/model/placement.js';
import { engineSpec } from '../../src/placement/engine-spec.js';
import { type Found, type FoundService, nameOf, planPlacement } from '../../src/placement/plan.js';
import { obstacles } from '../../src/placement/preflight.js';
import { ownLabels, type Service } from '../../src/placement/service.js';

function service(name: string, changes: Partial<Service> = {}): Service {
  const [app = '', pod = ''] = name.split('-');
  const { limits, reservations, update, restartDelayMs, spread } = PLACEMENT_DEFAULTS;
  return {
    ...{ name, app, pod, image: 'shop:1', replicas: 2, port: 8080, env: ['A=secret'], secrets: [], hostFiles: [] },
    ...{ healthcheck: null, limits, reservations, stopGraceMs: 35_000, restartDelayMs, update, spread },
    ...changes,
  };
}

/** As a manager gives it back: with defaults that nobody asked for. */
function found(wanted: Service, changes: object = {}): FoundService {
  const spec = engineSpec(wanted) as { readonly TaskTemplate: { readonly ContainerSpec: object } };
  const { TaskTemplate: task } = spec;
  const container = { ...task.ContainerSpec, Isolation: 'default', DNSConfig: {}, Init: false, ...changes };
  return {
    id: `id-of-${wanted.name}`,
    version: 7,
    name: wanted.name,
    labels: new Map(Object.entries(ownLabels(wanted))),
    spec: {
      ...spec,
      TaskTemplate: { ...task, ContainerSpec: container, ForceUpdate: 3, Runtime: 'container' },
      EndpointSpec: { Mode: 'vip' },
    },
  };
}

function swarm(...services: readonly FoundService[]): Found {
  const tasks = services.flatMap(({ id, name }) => [
    { id: `${name}.1`, serviceId: id, nodeId: 'a' },
    { id: `${name}.2`, serviceId: id, nodeId: 'b' },
  ]);
  return {
    services,
    tasks,
    pods: new Map([
      ['a', 'alpha'],
      ['b', 'beta'],
    ]),
  };
}

const ALL = (): boolean => true;

test('what is as it was told stays, whatever the engine added', () => {
  const { steps } = planPlacement([service('shop-alpha')], swarm(found(service('shop-alpha'))), ALL);
  assert.deepEqual(
    steps.map(({ kind }) => kind),
    ['keep'],
  );
});

test('create, update and remove, in the order of the names; services of apps that are not looked at stay', () => {
  const wanted = [service('shop-beta'), service('shop-alpha', { image: 'shop:2' })];
  const there = swarm(found(service('shop-alpha')), found(service('shop-gamma')), found(service('bank-alpha')));
  const { steps, refusals } = planPlacement(wanted, there, (app) => app === 'shop');
  assert.deepEqual(
    steps.map((step) => `${step.kind} ${nameOf(step)}`),
    ['update shop-alpha', 'create shop-beta', 'remove shop-gamma'],
  );
  assert.deepEqual(refusals, []);
});

test('each change says its field, and which tasks it replaces', () => {
  const own = service('shop-alpha');
  for (const [change, fields, replaced] of [
    [{ image: 'shop:2' }, ['image: shop:1 → shop:2'], 2],
    [{ env: ['A=other'] }, ['env: null → null'], 2],
    [{ replicas: 4 }, ['num_instances: 2 → 4'], 0],
    [{ stopGraceMs: 40_000 }, ['placement.stop_grace: 35000000000 → 40000000000'], 2],
    [{ update: { ...own.update, parallelism: 2 } }, ['placement.update: 1 → 2'], 0],
    [{ port: 9090 }, ['native_port: 8080 → 9090'], 2],
    // Only tasks on nodes that no longer fit.
    [{ spread: 'rack' }, ['placement.spread: null → [{"Spread":{"SpreadDescriptor":"node.labels.rack"}}]'], 1],
  ] as const) {
    const { steps } = planPlacement([service('shop-alpha', change)], swarm(found(own)), ALL);
    const [step] = steps;
    assert.ok(step?.kind === 'update');
    assert.deepEqual(
      step.fields.map(({ field, from, to }) => `${field}: ${from} → ${to}`),
      fields,
    );
    assert.equal(step.replaced.length, replaced, fields.join());
  }
});

test('what somebody else changed in a service of ours is drift, and named as the engine names it', () => {
  const there = swarm(found(service('shop-alpha'), { User: 'root' }));
  const [step] = planPlacement([service('shop-alpha')], there, ALL).steps;
  assert.ok(step?.kind === 'update');
  assert.deepEqual(step.fields, [
    { field: 'TaskTemplate.ContainerSpec.User', from: 'root', to: null, cost: 'replace' },
  ]);
});

test('a digest that a client added to the tag is no difference; a digest that is asked for is', () => {
  const digest = `@sha256:${'a'.repeat(64)}`;
  const there = swarm(found(service('shop-alpha', { image: `shop:1${digest}` })));
  assert.equal(planPlacement([service('shop-alpha')], there, ALL).steps[0]?.kind, 'keep');
  const pinned = service('shop-alpha', { image: `shop:1@sha256:${'b'.repeat(64)}` });
  assert.equal(planPlacement([pinned], there, ALL).steps[0]?.kind, 'update');
  assert.equal(planPlacement([pinned], swarm(found(service('shop-alpha'))), ALL).steps[0]?.kind, 'update');
});

test('a service that is not ours is refused and never touched', () => {
  const foreign = { ...found(service('shop-alpha')), labels: new Map<string, string>() };
  const { steps, refusals } = planPlacement([service('shop-alpha')], swarm(foreign), ALL);
  assert.deepEqual(steps, []);
  assert.match(refusals.join(), /^the service shop-alpha is there and autoproxy did not make it/);
  assert.deepEqual(planPlacement([], swarm(foreign), ALL).steps, []);
});

test('two apps whose services would have one name are refused', () => {
  const one = service('shop-b-c', { app: 'shop', pod: 'b-c' });
  const other = service('shop-b-c', { app: 'shop-b', pod: 'c' });
  assert.match(planPlacement([one, other], swarm(), ALL).refusals.join(), /would both be the service shop-b-c/);
  assert.match(planPlacement([one], swarm(found(other)), ALL).refusals.join(), /belongs to shop-b in the pod c/);
});

test('what the Swarm lacks is found before anything changes', () => {
  const plan = planPlacement(
    [service('shop-alpha', { secrets: [{ name: 'db', path: '/run/secrets/db' }] })],
    swarm(),
    ALL,
  );
  const node = { labels: new Map([['pod', 'alpha']]), availability: 'active', state: 'ready' };
  const against = (nodes: readonly (typeof node)[], secrets: ReadonlyMap<string, string>): string =>
    obstacles(plan, { nodes, secrets }).join('\n');
  const secrets = new Map([['db', 'id']]);
  assert.equal(against([node], secrets), '');
  assert.match(against([], secrets), /^shop-alpha: no node has the label pod=alpha; docker node update/);
  assert.match(against([{ ...node, availability: 'drain' }], secrets), /no node of the pod alpha is ready and active/);
  assert.match(against([{ ...node, state: 'down' }], secrets), /no node of the pod alpha is ready and active/);
  assert.match(against([node], new Map()), /shop reads the secret db, which Swarm does not have/);
});
