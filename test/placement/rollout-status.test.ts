/** How a rollout stands, from what a manager says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLACEMENT_DEFAULTS } from '../../src/model/placement.js';
import { engineSpec, templateOf } from '../../src/placement/engine-spec.js';
import { pausedSpec } from '../../src/placement/pause.js';
import { rolloutOf, type ServiceRollout } from '../../src/placement/rollout-status.js';
import { ownLabels, type Service } from '../../src/placement/service.js';

type Swarm = Parameters<typeof rolloutOf>[2];
type Task = Swarm['tasks'][number];

const NODES = [
  { id: 'a', name: 'node-a' },
  { id: 'b', name: 'node-b' },
];

function shop(image = 'shop:1', changes: Partial<Service> = {}): Service {
  const { limits, reservations, update, restartDelayMs, spread } = PLACEMENT_DEFAULTS;
  return {
    ...{ name: 'shop-alpha', app: 'shop', pod: 'alpha', image, replicas: 2, port: 8080, env: [], secrets: [] },
    ...{ hostFiles: [], healthcheck: null, limits, reservations, stopGraceMs: 35_000, restartDelayMs, update, spread },
    ...changes,
  };
}

/** @param of the version that made it */
function task(of: Service, changes: Partial<Task> = {}): Task {
  const own = { id: 't1', serviceId: 'id-of-shop-alpha', nodeId: 'a', slot: 1, image: of.image, containerId: 'c1' };
  const times = { createdAt: 500, stateSince: 1_000, changedAt: 2_000 };
  const template = { ...templateOf(engineSpec(of)), ForceUpdate: 0, Runtime: 'container' };
  return { ...own, ...times, template, desiredState: 'running', state: 'running', error: '', ...changes };
}

/** It fails as soon as it is made. */
function failed(of: Service, slot: number, error: string, stateSince = 1_000): Task {
  return task(of, {
    slot,
    desiredState: 'shutdown',
    state: 'rejected',
    error,
    stateSince,
    createdAt: stateSince,
    changedAt: stateSince,
  });
}

function swarm(held: Service, tasks: readonly Task[], updateState = '', updateMessage = ''): Swarm {
  const { name } = held;
  const labels = new Map(Object.entries(ownLabels(held)));
  const service = {
    id: `id-of-${name}`,
    version: 7,
    name,
    labels,
    spec: engineSpec(held),
    updateState,
    updateMessage,
    begunAt: 0,
  };
  return { services: [service], tasks, nodes: NODES };
}

const NUMBERS = [shop('shop:1'), shop('shop:2')].map((one) => templateOf(engineSpec(one)));
const numberOf = (_service: string, template: object): number | null => {
  const image = (of: object): unknown => (of as { ContainerSpec: { Image: string } }).ContainerSpec.Image;
  return NUMBERS.findIndex((one) => image(one) === image(template)) + 1 || null;
};

function statusOf(wanted: Service, there: Swarm): ServiceRollout {
  const [status, ...others] = rolloutOf('shop', [wanted], there, numberOf);
  assert.deepEqual(others, []);
  return status ?? assert.fail();
}

const TWO = [task(shop()), task(shop(), { slot: 2, nodeId: 'b' })];

test('all tasks run the version that is asked for: done', () => {
  const { state, running, wanted, versions } = statusOf(shop(), swarm(shop(), TWO, 'completed'));
  assert.deepEqual([state, running, wanted], ['done', 2, 2]);
  assert.deepEqual(versions, [
    {
      version: { number: 1, label: '1', image: 'shop:1' },
      isCurrent: true,
      differs: null,
      nodes: [
        { node: 'node-a', running: 1, starting: 0, ending: 0 },
        { node: 'node-b', running: 1, starting: 0, ending: 0 },
      ],
      ending: [],
    },
  ]);
});

test('in the middle of an update each version has its tasks, and what ends is named', () => {
  const tasks = [
    task(shop('shop:2'), { id: 'new' }),
    task(shop('shop:2'), { slot: 2, nodeId: '', state: 'preparing' }),
    task(shop(), { id: 'old', desiredState: 'shutdown', containerId: 'c7', changedAt: 5_000 }),
    task(shop(), { slot: 2, nodeId: 'b' }),
    // What never ran and is to end does not count.
    task(shop(), { slot: 2, desiredState: 'shutdown', state: 'assigned' }),
  ];
  const { state, running, versions } = statusOf(shop('shop:2'), swarm(shop('shop:2'), tasks, 'updating'));
  assert.deepEqual([state, running], ['busy', 1]);
  assert.deepEqual(
    versions.map(({ version, isCurrent, nodes }) => [version.number, isCurrent, nodes]),
    [
      [
        2,
        true,
        [
          { node: '', running: 0, starting: 1, ending: 0 },
          { node: 'node-a', running: 1, starting: 0, ending: 0 },
        ],
      ],
      [
        1,
        false,
        [
          { node: 'node-a', running: 0, starting: 0, ending: 1 },
          { node: 'node-b', running: 1, starting: 0, ending: 0 },
        ],
      ],
    ],
  );
  assert.deepEqual(versions[1]?.ending, [{ id: 'old', node: 'node-a', containerId: 'c7', since: 5_000 }]);
});

test('a version that was rolled back is named; the definition asks for another one, so it is over', () => {
  const broken = [
    failed(shop('shop:3'), 1, 'No such image: shop:3', 9_000),
    failed(shop('shop:3'), 1, 'old news', 8_000),
  ];
  const there = swarm(shop(), [...TWO, ...broken], 'rollback_completed', 'rollback completed');
  const { state, reason, failures } = statusOf(shop('shop:3'), there);
  assert.deepEqual([state, reason], ['rolled-back', 'version ?1, shop:3 failed: No such image: shop:3']);
  assert.deepEqual(failures[0], {
    version: { number: null, label: '?1', image: 'shop:3' },
    node: 'node-a',
    error: 'No such image: shop:3',
    count: 1,
    lastAt: 9_000,
  });
  assert.equal(statusOf(shop(), there).state, 'done', 'the definition was put back');
});

test('a rollback under way is not over, and one that was paused has failed', () => {
  const state = (updateState: string) => statusOf(shop('shop:3'), swarm(shop(), TWO, updateState, 'why')).state;
  assert.equal(state('rollback_started'), 'busy');
  assert.equal(state('rollback_paused'), 'failed');
  const paused = statusOf(
    shop('shop:3'),
    swarm(shop('shop:3'), [failed(shop('shop:3'), 1, 'exit 1')], 'paused', 'why'),
  );
  assert.deepEqual([paused.state, paused.reason], ['failed', 'why; exit 1']);
});

test('a definition that was not applied is named field by field; so are services that it lacks, or no longer has', () => {
  const { state, reason } = statusOf(shop('shop:2', { replicas: 3 }), swarm(shop(), TWO, 'completed'));
  assert.deepEqual([state, reason], ['unapplied', 'other than the definition: image, num_instances']);
  const beta = shop('shop:1', { name: 'shop-beta', pod: 'beta' });
  const all = rolloutOf('shop', [beta], swarm(shop(), TWO), numberOf);
  assert.deepEqual(
    all.map((one) => [one.service, one.pod, one.state, one.reason, one.running]),
    [
      ['shop-alpha', 'alpha', 'unapplied', 'the definition does not ask for it', 2],
      ['shop-beta', 'beta', 'unapplied', 'it is not there', 0],
    ],
  );
});

test('services of other apps, and those that autoproxy did not make, are not shown', () => {
  const there = swarm(shop(), TWO);
  const [service] = there.services;
  const labels = new Map(Object.entries(ownLabels(shop())).filter(([key]) => !key.endsWith('managed')));
  assert.deepEqual(rolloutOf('till', [], there, numberOf), []);
  assert.deepEqual(
    rolloutOf('shop', [], { ...there, services: service ? [{ ...service, labels }] : [] }, numberOf),
    [],
  );
});

test('a new service is busy while it starts, and has failed when one task failed three times', () => {
  const one = task(shop(), { state: 'starting' });
  assert.equal(statusOf(shop(), swarm(shop(), [one])).state, 'busy');
  const twice = [failed(shop(), 1, 'exit 1', 5_000), failed(shop(), 1, 'exit 2', 6_000)];
  const early = statusOf(shop(), swarm(shop(), [one, ...twice]));
  assert.deepEqual([early.state, early.reason], ['busy', 'exit 2']);
  const late = statusOf(shop(), swarm(shop(), [one, ...twice, failed(shop(), 1, 'exit 1', 7_000)]));
  assert.deepEqual([late.state, late.reason], ['failed', 'exit 1']);
  assert.deepEqual(
    late.failures.map(({ error, count, lastAt }) => [error, count, lastAt]),
    [
      ['exit 1', 2, 7_000],
      ['exit 2', 1, 6_000],
    ],
  );
});

test('a task that finds no place says why', () => {
  const waiting = task(shop(), { state: 'pending', nodeId: '', error: 'no suitable node' });
  const { state, reason } = statusOf(shop(), swarm(shop(), [waiting], 'updating'));
  assert.deepEqual([state, reason], ['busy', 'no suitable node']);
});

test('a task of the version before that still is to run keeps a rollout open, also when the manager calls its update completed', () => {
  const mixed = [task(shop()), task(shop('shop:0'), { slot: 2 })];
  assert.equal(statusOf(shop('shop:1', { replicas: 1 }), swarm(shop('shop:1', { replicas: 1 }), mixed)).state, 'busy');
});

test('an update that rollout pause holds is paused, also when the last task was replaced meanwhile', () => {
  const there = swarm(shop('shop:2'), [task(shop('shop:2')), task(shop(), { slot: 2 })], 'updating');
  const services = there.services.map((service) => ({ ...service, spec: pausedSpec(service.spec) }));
  assert.equal(statusOf(shop('shop:2'), { ...there, services }).state, 'paused');
  const tasks = [task(shop('shop:2')), task(shop('shop:2'), { slot: 2 })];
  assert.equal(statusOf(shop('shop:2'), { ...there, services, tasks }).state, 'paused');
  const cleared = services.map((service) => ({ ...service, updateState: '' }));
  const { state } = statusOf(shop('shop:2'), { ...there, services: cleared });
  assert.equal(state, 'paused', 'the manager clears its state for a moment when the rules of the update change');
});

const ENDED = 'containers end with code 0: of themselves, or because their HEALTHCHECK fails';

test('a version that was rolled back without a word of the engine has a reason, and its number where images are equal', () => {
  const slow = shop('shop:1', { env: ['SLOW=1'] });
  const ended = [1, 2, 3].map((slot) => task(slow, { slot, desiredState: 'shutdown', state: 'complete' }));
  const isSlow = (template: object): boolean => JSON.stringify(template).includes('SLOW');
  const [status] = rolloutOf(
    'shop',
    [slow],
    swarm(shop(), [...TWO, ...ended], 'rollback_completed'),
    (_name, template) => (isSlow(template) ? 7 : 6),
  );
  assert.deepEqual([status?.state, status?.reason], ['rolled-back', `version 7, shop:1 failed: ${ENDED}`]);
});

test('a rollback without a failed task may be the work of a person', () => {
  const { state, reason } = statusOf(shop('shop:3'), swarm(shop(), TWO, 'rollback_completed', 'rollback completed'));
  assert.deepEqual(
    [state, reason],
    ['rolled-back', 'no task has failed since it began: somebody may have rolled it back by hand'],
  );
});

test('tasks that end with code 0, as after a HEALTHCHECK that fails, have a reason while they start and when they are given up', () => {
  const ended = (count: number): Task[] =>
    Array.from({ length: count }, () => task(shop(), { desiredState: 'shutdown', state: 'complete' }));
  const stateAfter = (count: number): unknown[] => {
    const { state, reason } = statusOf(shop(), swarm(shop(), ended(count)));
    return [state, reason];
  };
  assert.deepEqual(stateAfter(1), ['busy', ENDED]);
  assert.deepEqual(stateAfter(3), ['failed', ENDED]);
});

test('a service of the name that somebody else made is told apart from one that is missing', () => {
  const there = swarm(shop(), []);
  const services = there.services.map((service) => ({ ...service, labels: new Map<string, string>() }));
  const { state, reason } = statusOf(shop(), { ...there, services });
  assert.deepEqual([state, reason], ['foreign', 'autoproxy did not make the service of this name']);
});

test('a failure has the number of the version that was in force at its time', () => {
  const tasks = [failed(shop(), 1, 'exit 1', 5_000), failed(shop(), 1, 'exit 1', 9_000)];
  const [status] = rolloutOf('shop', [shop()], swarm(shop(), tasks), (_name, _template, before = 10_000) =>
    before < 7_000 ? 5 : 7,
  );
  assert.deepEqual(
    status?.failures.map(({ version, count, lastAt }) => [version.number, count, lastAt]),
    [
      [7, 1, 9_000],
      [5, 1, 5_000],
    ],
  );
});

test('two tasks in one slot, as a restarted manager leaves them, count as one', () => {
  const twice = [...TWO, task(shop(), { id: 't3', slot: 2, nodeId: 'b' })];
  const { state, running } = statusOf(shop(), swarm(shop(), twice, 'completed'));
  assert.deepEqual([state, running], ['done', 2]);
});

/** The same Swarm, whose service was updated, or rolled back by hand, at this time. */
function begunAt(time: number, { services, ...rest }: Swarm): Swarm {
  return { ...rest, services: services.map((service) => ({ ...service, begunAt: time })) };
}

test('what failed before a rollback by hand is not its reason', () => {
  const broken = failed(shop('shop:2'), 1, 'exit 1', 5_000);
  const there = swarm(shop(), [...TWO, broken], 'rollback_completed', 'rollback completed');
  const byHand = statusOf(shop('shop:3'), begunAt(6_000, there));
  assert.deepEqual(
    [byHand.state, byHand.reason],
    ['rolled-back', 'no task has failed since it began: somebody may have rolled it back by hand'],
  );
  assert.equal(byHand.failures.length, 1, 'it is shown');
  assert.equal(statusOf(shop('shop:3'), begunAt(4_000, there)).reason, 'version 2, shop:2 failed: exit 1');
});

test('what failed before an update is not the reason why it stops, or does not run', () => {
  const earlier = [5_000, 5_100, 5_200].map((at) => failed(shop('shop:2'), 1, 'old news', at));
  const reasons = (updateState: string): unknown[] => {
    const there = swarm(shop('shop:2'), [task(shop('shop:2')), ...earlier], updateState, 'why');
    return [4_000, 6_000].map((time) => {
      const { state, reason } = statusOf(shop('shop:2'), begunAt(time, there));
      return [state, reason];
    });
  };
  assert.deepEqual(reasons('paused'), [
    ['failed', 'why; old news'],
    ['failed', 'why'],
  ]);
  assert.deepEqual(reasons('completed'), [
    ['failed', 'old news'],
    ['busy', ''],
  ]);
});

test('a task that the manager made before the update is not of it, also when its node has another clock, or when the manager changes it later', () => {
  const broken = { ...failed(shop('shop:2'), 1, 'exit 1', 1_000), createdAt: 9_000 };
  const there = swarm(shop(), [...TWO, broken], 'rollback_completed');
  const changed = { ...failed(shop('shop:2'), 1, 'exit 1', 7_000), changedAt: 9_000 };
  const late = swarm(shop(), [...TWO, changed], 'rollback_completed');
  assert.match(statusOf(shop('shop:3'), begunAt(8_000, late)).reason, /by hand$/);
  assert.equal(statusOf(shop('shop:3'), begunAt(8_000, there)).reason, 'version 2, shop:2 failed: exit 1');
});

test('versions that the history lacks are told apart, also where they have one image', () => {
  const byHand = (word: string) => shop('shop:9', { env: [`WORD=${word}`] });
  const tasks = [
    task(byHand('a')),
    // It ended well, and is not shown: it takes no label.
    task(byHand('old'), { slot: 3, desiredState: 'shutdown', state: 'shutdown' }),
    task(byHand('b'), { slot: 2, nodeId: 'b' }),
    failed(byHand('b'), 2, 'exit 1'),
    task(shop(), { slot: 4 }),
  ];
  const { versions, failures } = statusOf(shop(), swarm(byHand('a'), tasks, 'updating'));
  assert.deepEqual(
    versions.map(({ version, differs }) => [version.number, version.label, differs]),
    [
      [null, '?1', ['env', 'image']],
      [null, '?2', ['env', 'image']],
      [1, '1', null],
    ],
  );
  assert.deepEqual(
    failures.map(({ version }) => version),
    [{ number: null, label: '?2', image: 'shop:9' }],
  );
});
