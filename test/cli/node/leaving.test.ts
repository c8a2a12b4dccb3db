/** The steps of `node drain` beside a manager that restarts, or changes the node itself, between a look and a change. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AdminClient } from '../../../src/admin/client.js';
import { leave, takeIn, takeOut } from '../../../src/cli/node/leaving.js';
import { systemClock } from '../../../src/core/clock.js';
import { DockerConnection } from '../../../src/docker/connection.js';
import { dockerSettingsFrom } from '../../../src/docker/settings.js';
import { Swarm } from '../../../src/placement/swarm.js';
import { atEnd } from '../../support/at-end.js';
import { ScriptedEngine } from '../../support/docker/scripted-engine.js';
import { instanceStatus } from '../state-documents.js';

const LABELS = { 'com.autoproxy.managed': 'true', 'com.autoproxy.app': 'shop', 'com.autoproxy.pod': 'alpha' };
const SPEC = { Name: 'shop-alpha', Labels: LABELS, TaskTemplate: {}, Mode: { Replicated: { Replicas: 2 } } };

interface Task {
  readonly id: string;
  readonly node: string;
  readonly slot: number;
  readonly state: string;
}

const COMPLETED = { State: 'completed' };
const SERVED = {
  name: 'shop',
  instances: [instanceStatus({ container: { id: 'old', name: 'old' } })],
  neighbors: [{ up: true }],
};

/** What the manager does with a change: it makes it or not, and its answer comes or is lost. */
type Fate = 'made' | 'lost' | 'made, and lost' | 'out of sequence';

interface Script {
  /** What it says at each look. */
  readonly tasksAt: (look: number) => readonly Task[] | 'silent';
  /** Of n1 at the begin. */
  readonly availability?: string;
  /** Of the changes of nodes and of the service, in their order; later ones are made. */
  readonly fates?: readonly Fate[];
}

/** A Swarm of the nodes n1, which leaves or comes back, and n2. */
class LeavingNode {
  readonly said: string[] = [];
  /** Changes that the manager made. */
  readonly made: string[] = [];
  readonly #engine: ScriptedEngine;
  readonly #fates: Fate[];
  readonly #connection: DockerConnection;
  #availability: string;
  #forced = 0;

  private constructor(engine: ScriptedEngine, connection: DockerConnection, { availability, fates }: Script) {
    this.#engine = engine;
    this.#connection = connection;
    this.#availability = availability ?? 'drain';
    this.#fates = [...(fates ?? [])];
  }

  static async start(context: TestContext, script: Script): Promise<LeavingNode> {
    const engine = await ScriptedEngine.start(context);
    const settings = dockerSettingsFrom({ docker: engine.url, dockerTlsVerify: false, dockerCertPath: null });
    assert.ok(settings !== null);
    const connection = new DockerConnection(settings, systemClock);
    atEnd(context, () => connection.close());
    await connection.negotiate(new AbortController().signal);
    const leaving = new LeavingNode(engine, connection, script);
    leaving.#answer(script);
    return leaving;
  }

  /** What the commands hand on; the node of this machine serves the container of the task `old`. */
  get parts(): Parameters<typeof leave>[0] {
    const { signal } = new AbortController();
    const now = (): number => systemClock.now();
    return {
      swarm: new Swarm(this.#connection, signal),
      client: { readState: async () => ({ apps: [SERVED] }) } as unknown as AdminClient,
      ...{ nodeId: 'n1', signal, now, until: now() + 5_000, isForced: false },
      say: (line) => this.said.push(line),
    };
  }

  #answer({ tasksAt }: Script): void {
    const { answers } = this.#engine;
    let looks = -1;
    answers.set('/services', () => {
      const spec = { ...SPEC, TaskTemplate: { ForceUpdate: this.#forced } };
      return { body: JSON.stringify([{ ID: 'id', Version: { Index: 1 }, Spec: spec, UpdateStatus: COMPLETED }]) };
    });
    answers.set('/secrets', () => ({ body: '[]' }));
    answers.set('/nodes', () => ({
      body: JSON.stringify([nodeOf('n1', this.#availability), nodeOf('n2', 'active')]),
    }));
    answers.set('/tasks', () => {
      looks += 1;
      const tasks = tasksAt(looks);
      return tasks === 'silent'
        ? 'broken'
        : { body: JSON.stringify(tasks.map((task) => taskOf(task, this.#availability))) };
    });
    answers.set('/nodes/n1/update', () => this.#change(() => this.#availabilityNext()));
    answers.set('/services/id/update', () =>
      this.#change(() => {
        this.#forced += 1;
        return `forced ${this.#forced}`;
      }),
    );
  }

  #change(make: () => string) {
    const fate = this.#fates.shift() ?? 'made';
    if (fate === 'out of sequence') return { status: 500, body: '{"message": "update out of sequence"}' } as const;
    if (fate !== 'lost') this.made.push(make());
    return fate === 'made' ? ({ body: '{}' } as const) : 'broken';
  }

  /** Bodies are not read: a node leaves step by step. */
  #availabilityNext(): string {
    this.#availability =
      this.#availability === 'active' ? 'pause' : this.#availability === 'pause' ? 'drain' : 'active';
    return this.#availability;
  }
}

async function leaveWith(
  context: TestContext,
  tasksAt: Script['tasksAt'],
): Promise<{ readonly said: readonly string[] }> {
  const leaving = await LeavingNode.start(context, { tasksAt });
  await leave(leaving.parts);
  return leaving;
}

function nodeOf(name: string, availability: string): object {
  return {
    ...{ ID: name, Version: { Index: 1 }, Spec: { Availability: availability, Labels: { pod: 'alpha' } } },
    ...{ Description: { Hostname: name, Resources: {} }, Status: { State: 'ready' } },
  };
}

/** @param availability of n1 */
function taskOf({ id, node, slot, state }: Task, availability: string): object {
  const desired = node === 'n1' && availability === 'drain' ? 'shutdown' : 'running';
  return {
    ...{ ID: id, ServiceID: 'id', NodeID: node, Slot: slot, DesiredState: desired, Spec: {} },
    Status: { State: state, ContainerStatus: { ContainerID: id } },
  };
}

const LEAVING: Task = { id: 'old', node: 'n1', slot: 1, state: 'running' };
const MOVED: readonly Task[] = [
  { id: 'new', node: 'n2', slot: 1, state: 'running' },
  { id: 'other', node: 'n2', slot: 2, state: 'running' },
];

test('a manager that restarts meanwhile is asked again', async (context) => {
  // Looks 0 and 1 come before the wait.
  const { said } = await leaveWith(context, (look) => (look === 3 ? 'silent' : look < 5 ? [LEAVING, ...MOVED] : MOVED));
  assert.equal(said.filter((line) => line.includes('the manager is asked again')).length, 1);
});

test('two tasks in one slot are one instance', async (context) => {
  const twice = [MOVED[0], { ...MOVED[0], id: 'twice' }] as readonly Task[];
  const { said } = await leaveWith(context, (look) => (look < 3 ? [LEAVING, ...twice] : look < 6 ? twice : MOVED));
  assert.deepEqual(said, [
    'shop-alpha: 1 of 2 tasks run on other nodes',
    'shop-alpha: 2 of 2 tasks run on other nodes',
  ]);
});

/** The change of a manager that restarts just then. */
const RESTARTS = [
  ['it is not made', ['lost', 'made']],
  ['it is made, and its answer is lost', ['made, and lost']],
  ['the manager changes the node between the look and the change', ['out of sequence', 'made']],
] as const;

for (const [title, fates] of RESTARTS) {
  test(`each change of a node is asked for until it is made: ${title}`, async (context) => {
    const gone = await LeavingNode.start(context, { tasksAt: () => MOVED, availability: 'pause', fates });
    await leave(gone.parts);
    assert.deepEqual(gone.made, ['drain']);
    await takeIn(gone.parts, 'active');
    assert.deepEqual(gone.made, ['drain', 'active']);
    const back = await LeavingNode.start(context, { tasksAt: () => MOVED, availability: 'drain', fates });
    await takeIn(back.parts, 'active');
    assert.deepEqual(back.made, ['active']);
    const out = await LeavingNode.start(context, { tasksAt: () => MOVED, availability: 'active', fates });
    assert.deepEqual(await takeOut(out.parts, 0), { instances: 0, left: 0 });
    assert.deepEqual(out.made, ['pause']);
    const alone = { availability: 'active', fates: ['made', ...fates] } as const;
    const moving: LeavingNode = await LeavingNode.start(context, {
      ...alone,
      tasksAt: () => (moving.made.length < 2 ? [LEAVING] : MOVED),
    });
    await takeOut(moving.parts, 0);
    assert.deepEqual(moving.made, ['pause', 'forced 1']);
  });
}
