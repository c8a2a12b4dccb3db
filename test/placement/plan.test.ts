/** The steps from what is there to what is wanted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLACEMENT_DEFAULTS } from '../../src/model/placement.js';
import { engineSpec, templateOf, updatedSpec } from '../../src/placement/engine-spec.js';
import { pausedSpec } from '../../src/placement/pause.js';
import { type Found, type FoundService, nameOf, planPlacement } from '../../src/placement/plan.js';
import { imagesIn, largeLossIn, obstacles } from '../../src/placement/preflight.js';
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
  const tasks = services.flatMap(({ id, name, spec }) => [
    { id: `${name}.1`, serviceId: id, nodeId: 'a', template: templateOf(spec) },
    { id: `${name}.2`, serviceId: id, nodeId: 'b', template: templateOf(spec) },
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

test('a service that is as it was told stays, with all that the engine added', () => {
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
    [{ stopGraceMs: 40_000 }, ['placement.stop_grace: 35s → 40s'], 2],
    [{ update: { ...own.update, parallelism: 2 } }, ['placement.update.parallelism: 1 → 2'], 0],
    [
      { update: { ...own.update, delayMs: 2_000, monitorMs: 90_000 } },
      ['placement.update.delay: null → 2s', 'placement.update.monitor: 5s → 90s'],
      0,
    ],
    [
      { limits: { milliCpus: 500, memoryBytes: 512 * 1_048_576 } },
      ['placement.limits.cpus: null → 0.5', 'placement.limits.memory: null → 512m'],
      2,
    ],
    [{ restartDelayMs: 1_500 }, ['placement.restart_delay: 500ms → 1500ms'], 2],
    [{ port: 9090 }, ['native_port: 8080 → 9090'], 2],
    // Only tasks on nodes that no longer fit.
    [{ spread: 'rack' }, ['placement.spread: null → rack'], 1],
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

test('a label that somebody added is named, and where it is', () => {
  const own = found(service('shop-alpha'), {
    Labels: { 'autoproxy.app': 'shop', 'autoproxy.port': '8080', team: 'one' },
  });
  const there = swarm({ ...own, spec: { ...own.spec, Labels: { stage: 'two' } } });
  const [step] = planPlacement([service('shop-alpha')], there, ALL).steps;
  assert.ok(step?.kind === 'update');
  const named = step.fields.map(({ field, from, to }) => `${field}: ${from} → ${to}`);
  assert.ok(named.includes('label team of the containers: one → null'), named.join());
  assert.ok(named.includes('label stage of the service: two → null'), named.join());
});

test('a digest that a client added to the tag makes no difference; a digest that is asked for does', () => {
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
  assert.match(refusals.join(), /^the service shop-alpha is there, and its labels do not say that it is autoproxy's/);
  const labels = ['managed=true', 'app=shop', 'pod=alpha'].map((label) => `--label-add com.autoproxy.${label}`);
  assert.ok(refusals.join().includes(`docker service update ${labels.join(' ')} shop-alpha says so`), refusals.join());
  const unlabelled = found(service('shop-alpha'));
  const lost = new Map([...unlabelled.labels].filter(([name]) => name !== 'com.autoproxy.managed'));
  const again = planPlacement([service('shop-alpha')], swarm({ ...unlabelled, labels: lost }), ALL);
  assert.match(
    again.refusals.join(),
    /docker service update --label-add com\.autoproxy\.managed=true shop-alpha says so/,
  );
  assert.deepEqual(planPlacement([], swarm(foreign), ALL).steps, []);
});

test('a service with the mark of ours that names no app is left alone', () => {
  const other = { ...found(service('mine-alpha')), labels: new Map([['com.autoproxy.managed', 'true']]) };
  const { steps, refusals } = planPlacement([], swarm(other), ALL);
  assert.deepEqual([steps, refusals], [[], []]);
});

test('a service of ours that somebody made global is refused, since Docker changes no mode', () => {
  const global = found(service('shop-alpha'));
  const there = swarm({ ...global, spec: { ...global.spec, Mode: { Global: {} } } });
  const { steps, refusals } = planPlacement([service('shop-alpha')], there, ALL);
  assert.deepEqual(steps, []);
  assert.match(refusals.join(), /has the mode Global, and Docker changes no mode; docker service rm shop-alpha, then/);
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
  const resources = { nanoCpus: 2e9, memoryBytes: 1e9 };
  const labels = new Map([['pod', 'alpha']]);
  const node = { id: 'a', name: 'a', labels, availability: 'active', state: 'ready', resources };
  const against = (nodes: readonly (typeof node)[], secrets: ReadonlyMap<string, string>): string =>
    obstacles(plan, { nodes, secrets, tasks: [], missingImages: new Map() }).join('\n');
  const secrets = new Map([['db', 'id']]);
  assert.equal(against([node], secrets), '');
  assert.match(against([], secrets), /^shop-alpha: no node has the label pod=alpha; autoproxy pods label NODE alpha/);
  const greedy = planPlacement(
    [service('shop-alpha', { limits: { milliCpus: 3_000, memoryBytes: null } })],
    swarm(),
    ALL,
  );
  const grounds = { nodes: [node], secrets, tasks: [], missingImages: new Map<string, string>() };
  assert.match(obstacles(greedy, grounds).join(), /^shop-alpha: placement\.limits\.cpus is 3; a has 2 cores/);
  assert.match(against([{ ...node, availability: 'drain' }], secrets), /no node of the pod alpha is ready and active/);
  assert.match(against([{ ...node, state: 'down' }], secrets), /no node of the pod alpha is ready and active/);
  assert.match(against([node], new Map()), /shop reads the secret db, which Swarm does not have/);
});

test('a large loss of apps is refused, an everyday one is not', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((app) => `${app}-alpha`);
  const there = swarm(...names.map((name) => found(service(name))));
  const lossWith = (kept: number): string | null => {
    const wanted = names.slice(0, kept).map((name) => service(name));
    return largeLossIn(planPlacement(wanted, there, ALL), there);
  };
  assert.equal(lossWith(3), null);
  assert.match(lossWith(2) ?? '', /^4 of 6 apps are not in the registry any more \(c, d, e, f\)/);
  assert.match(
    lossWith(0) ?? '',
    /^the registry names no app that is placed, and the Swarm has services of 6 apps \(.*, e and 1 more\).*--force/,
  );
  // One service is enough where the registry names nothing.
  const last = swarm(found(service('a-alpha')));
  assert.match(
    largeLossIn(planPlacement([], last, ALL), last) ?? '',
    /services of 1 app \(a\): is it the right registry/,
  );
  assert.equal(largeLossIn(planPlacement([], swarm(), ALL), swarm()), null);
  // A service of a pod that its app left does not count as a loss of the app.
  const moved = names.map((name) => service(name.replace('alpha', 'beta')));
  assert.equal(largeLossIn(planPlacement(moved, there, ALL), there), null);
});

test('an image that nobody gives is named once, with the services that it holds up', () => {
  const plan = planPlacement([service('shop-alpha', { image: 'shop:2' }), service('shop-beta')], there(), ALL);
  assert.deepEqual([...imagesIn(plan)], ['shop:2', 'shop:1']);
  const nodes = ['alpha', 'beta'].map((pod) => ({
    ...{ id: pod, name: pod, labels: new Map([['pod', pod]]), availability: 'active', state: 'ready' },
    resources: { nanoCpus: 2e9, memoryBytes: 1e9 },
  }));
  const missingImages = new Map([['shop:2', 'manifest unknown']]);
  assert.deepEqual(obstacles(plan, { nodes, secrets: new Map(), tasks: [], missingImages }), [
    'shop-alpha: this engine does not have the image shop:2, and its registry does not give it (manifest unknown); ' +
      'push it, or give --no-image-check when the nodes of the pod have it',
  ]);
});

test('an update that keeps the image does not ask for it', () => {
  const plan = planPlacement([service('shop-alpha', { env: ['A=other'] })], there(), ALL);
  assert.deepEqual([...imagesIn(plan)], []);
});

function there(): Found {
  return swarm(found(service('shop-alpha')));
}

test('half an update: only the tasks of the other version are replaced, on the way forth and on the way back', () => {
  const [old, fresh] = [service('shop-alpha'), service('shop-alpha', { image: 'shop:2' })];
  const there = found(fresh);
  const paused = { ...there, spec: pausedSpec(there.spec) };
  const half = swarm(paused);
  const tasks = half.tasks.map((task, index) =>
    index === 0 ? task : { ...task, template: templateOf(engineSpec(old)) },
  );
  const stepTo = (wanted: Service) => {
    const [step] = planPlacement([wanted], { ...half, tasks }, ALL).steps;
    assert.ok(step?.kind === 'update');
    return { fields: step.fields.map(({ field }) => field), replaced: step.replaced, isResumed: step.isResumed };
  };
  const update = 'placement.update.delay';
  assert.deepEqual(stepTo(fresh), { fields: [update], replaced: ['shop-alpha.2'], isResumed: true });
  assert.deepEqual(stepTo(old), { fields: ['image', update], replaced: ['shop-alpha.1'], isResumed: false });
  // Between two versions that are both there nothing is half done.
  assert.deepEqual(stepTo(service('shop-alpha', { image: 'shop:3' })).replaced, ['shop-alpha.1', 'shop-alpha.2']);
});

test('what somebody forced with docker service update --force stays, since a change of it would replace all tasks', () => {
  const { spec } = found(service('shop-alpha'));
  const { ForceUpdate: forced } = templateOf(updatedSpec(service('shop-alpha', { replicas: 3 }), spec, new Map())) as {
    readonly ForceUpdate?: number;
  };
  assert.equal(forced, 3);
  const [plain, updated] = [engineSpec(service('shop-alpha')), updatedSpec(service('shop-alpha'), {}, new Map())];
  assert.deepEqual(updated, plain);
});
