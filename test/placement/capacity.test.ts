/** Room for reservations: a task that fits no node would wait for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLACEMENT_DEFAULTS, type UpdateRules } from '../../src/model/placement.js';
import { limitProblems, roomProblems } from '../../src/placement/capacity.js';
import type { ServiceStep } from '../../src/placement/plan.js';
import type { Service } from '../../src/placement/service.js';

const MIB = 1_048_576;

interface Asked {
  readonly app?: string;
  readonly milliCpus?: number;
  readonly limit?: number;
  readonly memoryBytes?: number;
  readonly replicas?: number;
  readonly order?: UpdateRules['order'];
}

function service({ app = 'shop', milliCpus, limit, memoryBytes, replicas = 2, order = 'start-first' }: Asked): Service {
  const { limits, update, restartDelayMs, spread } = PLACEMENT_DEFAULTS;
  return {
    ...{ name: `${app}-alpha`, app, pod: 'alpha', image: 'shop:1', replicas, port: 8080, env: [], secrets: [] },
    ...{ hostFiles: [], healthcheck: null, stopGraceMs: 35_000, restartDelayMs, spread },
    limits: { ...limits, milliCpus: limit ?? null },
    reservations: { milliCpus: milliCpus ?? null, memoryBytes: memoryBytes ?? null },
    update: { ...update, order },
  };
}

function create(asked: Asked): ServiceStep {
  return { kind: 'create', service: service(asked) };
}

function update(asked: Asked, replaced: readonly string[]): ServiceStep {
  const { app = 'shop' } = asked;
  const found = { id: app, version: 1, name: `${app}-alpha`, labels: new Map<string, string>(), spec: {} };
  return { kind: 'update', service: service(asked), found, fields: [], isResumed: false, replaced };
}

/** Two cores and 1 GiB each. */
function node(id: string, pod = 'alpha', changes: { readonly availability?: string; readonly state?: string } = {}) {
  const resources = { nanoCpus: 2e9, memoryBytes: 1_024 * MIB };
  return {
    id,
    name: id,
    labels: new Map([['pod', pod]]),
    availability: 'active',
    state: 'ready',
    resources,
    ...changes,
  };
}

/** A task that is called by its service and its node. */
function holding(serviceId: string, nodeId: string, cores: number, mib = 0) {
  return {
    id: `${serviceId}@${nodeId}`,
    serviceId,
    nodeId,
    reserved: { nanoCpus: cores * 1e9, memoryBytes: mib * MIB },
  };
}

const NODES = [node('a'), node('b'), node('elsewhere', 'beta')];

function problemsOf(steps: readonly ServiceStep[], tasks: readonly ReturnType<typeof holding>[] = [], nodes = NODES) {
  return roomProblems({ steps, refusals: [] }, { nodes, tasks });
}

function problems(
  step: ServiceStep,
  ...grounds: [tasks?: readonly ReturnType<typeof holding>[], nodes?: typeof NODES]
) {
  return problemsOf([step], ...grounds).join('\n');
}

test('what is reserved fits or not, by each node and by each resource', () => {
  assert.equal(problems(create({ milliCpus: 1_000, replicas: 4 })), '');
  assert.match(
    problems(create({ milliCpus: 1_000, replicas: 5 })),
    /^shop-alpha: 5 × 1 cores reserved, and the pod alpha has room for 4; ask for less in num_instances or placement\.reservations, or add a node$/,
  );
  // Three cores are free, and no node has 1.5 of them twice.
  assert.match(problems(create({ milliCpus: 1_500, replicas: 3 })), /has room for 2/);
  assert.match(problems(create({ memoryBytes: 2_048 * MIB, replicas: 1 })), /1 × 2048 MiB reserved.* room for 0/);
  assert.match(
    problems(create({ milliCpus: 100, memoryBytes: 600 * MIB, replicas: 3 })),
    /0\.1 cores and 600 MiB.* for 2/,
  );
  assert.equal(problems(create({ replicas: 1_000 })), '', 'nothing is reserved');
});

test('what others hold there counts, and what they hold elsewhere does not', () => {
  const asked = create({ milliCpus: 1_000, replicas: 3 });
  assert.equal(problems(asked, [holding('bank', 'a', 1)]), '');
  assert.match(problems(asked, [holding('bank', 'a', 1), holding('bank', 'b', 1)]), /room for 2/);
  assert.equal(problems(asked, [holding('bank', 'elsewhere', 2)]), '');
});

test('nodes that take no tasks have no room; a pod without any is named elsewhere', () => {
  const asked = create({ milliCpus: 1_000, replicas: 3 });
  assert.match(problems(asked, [], [node('a'), node('b', 'alpha', { availability: 'drain' })]), /room for 2/);
  assert.match(problems(asked, [], [node('a'), node('b', 'alpha', { state: 'down' })]), /room for 2/);
  assert.equal(problems(asked, [], [node('a', 'alpha', { availability: 'pause' })]), '');
});

test('an update needs room for its own tasks, and start-first for one beside them', () => {
  const own = [holding('shop', 'a', 2), holding('shop', 'b', 2)];
  const BOTH = own.map(({ id }) => id);
  const asked = { milliCpus: 2_000 };
  assert.match(
    problems(update(asked, BOTH), own),
    /^shop-alpha: start-first needs room for one task more \(2 cores\), and the pod alpha is full; write placement\.update\.order: stop-first/,
  );
  assert.equal(problems(update({ ...asked, order: 'stop-first' }, BOTH), own), '');
  assert.equal(problems(update(asked, []), own), '', 'no task is replaced or added');
  assert.match(problems(update({ ...asked, replicas: 3 }, []), own), /room for 2/);
  assert.equal(problems(update({ milliCpus: 1_000 }, BOTH), [holding('shop', 'a', 1), holding('shop', 'b', 1)]), '');
});

test('services of one plan take the room from each other', () => {
  const shop = create({ app: 'shop', milliCpus: 1_000, replicas: 3 });
  const bank = create({ app: 'bank', milliCpus: 1_500, replicas: 1 });
  assert.deepEqual([...problemsOf([shop]), ...problemsOf([bank])], [], 'each has room alone');
  assert.deepEqual(problemsOf([bank, shop]), [
    'shop-alpha: 3 × 1 cores reserved, and the pod alpha has room for 2 beside bank-alpha of this plan; ' +
      'ask for less in num_instances or placement.reservations, or add a node',
  ]);
  // The large one finds its place in each order of the two.
  assert.deepEqual(
    problemsOf([create({ app: 'bank', milliCpus: 500, replicas: 4 }), create({ milliCpus: 2_000, replicas: 1 })]),
    [],
  );
  const elsewhere = { ...service({ app: 'till', milliCpus: 2_000, replicas: 1 }), name: 'till-beta', pod: 'beta' };
  assert.deepEqual(problemsOf([create({ milliCpus: 2_000 }), { kind: 'create', service: elsewhere }]), []);
});

test('one that has no room alone is not blamed on others, and takes none from them', () => {
  const large = create({ app: 'bank', milliCpus: 2_000, replicas: 3 });
  const [said, ...others] = problemsOf([large, create({ milliCpus: 2_000 })]);
  assert.match(said ?? '', /^bank-alpha: 3 × 2 cores reserved, and the pod alpha has room for 2; ask for less/);
  assert.deepEqual(others, []);
});

test('what new services of the plan take is missing for the updates, and what an update gives up is there for the next', () => {
  const own = [holding('shop', 'a', 1), holding('shop', 'b', 1)];
  const ids = own.map(({ id }) => id);
  const bank = create({ app: 'bank', milliCpus: 1_000 });
  const [said, ...others] = problemsOf([bank, update({ milliCpus: 1_000 }, ids)], own);
  assert.match(
    said ?? '',
    /^shop-alpha: start-first needs room for one task more \(1 cores\), and the pod alpha is full beside bank-alpha of this plan;/,
  );
  assert.deepEqual(others, []);
  const grown = { app: 'till', milliCpus: 2_000, replicas: 1 };
  const full = [...own, holding('till', 'a', 1)];
  assert.match(problemsOf([update(grown, ['till@a'])], full).join(), /room for 0|is full/);
  const smaller = update({ app: 'shop', milliCpus: 1_000, replicas: 1 }, []);
  assert.deepEqual(problemsOf([smaller, update({ ...grown, order: 'stop-first' }, ['till@a'])], full), []);
});

test('a limit of CPU above what a node of the pod has is refused, since its engine takes no such container', () => {
  const limitsOf = (limit: number, nodes = NODES) =>
    limitProblems({ steps: [create({ limit })], refusals: [] }, { nodes });
  assert.deepEqual(limitsOf(2_000), []);
  assert.deepEqual(limitsOf(2_001), [
    'shop-alpha: placement.limits.cpus is 2.001; a has 2 cores, and takes no container with more: write less, or take it out of the pod',
  ]);
  const large = { nanoCpus: 8e9, memoryBytes: 1_024 * MIB };
  assert.match(limitsOf(4_000, [{ ...node('a'), resources: large }, node('b')]).join(), /b has 2 cores/);
  const drained = node('b', 'alpha', { availability: 'drain' });
  assert.deepEqual(limitsOf(4_000, [{ ...node('a'), resources: large }, drained, node('c', 'beta')]), []);
});
