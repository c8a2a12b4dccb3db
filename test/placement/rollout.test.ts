/** What a rollout says when somebody else, or a silent manager, comes between. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../src/core/clock.js';
import { DockerConnection } from '../../src/docker/connection.js';
import { dockerSettingsFrom } from '../../src/docker/settings.js';
import { PLACEMENT_DEFAULTS } from '../../src/model/placement.js';
import { ClaimLost } from '../../src/placement/apply-claim.js';
import { engineSpec } from '../../src/placement/engine-spec.js';
import { planPlacement } from '../../src/placement/plan.js';
import { rollOut } from '../../src/placement/rollout.js';
import type { Service } from '../../src/placement/service.js';
import { Swarm } from '../../src/placement/swarm.js';
import { atEnd } from '../support/at-end.js';
import { ScriptedEngine } from '../support/docker/scripted-engine.js';

const { limits, reservations, update, restartDelayMs, spread } = PLACEMENT_DEFAULTS;

function shop(image: string): Service {
  return {
    ...{ name: 'shop-alpha', app: 'shop', pod: 'alpha', image, replicas: 1, port: 8080, env: [], secrets: [] },
    ...{ hostFiles: [], healthcheck: null, limits, reservations, stopGraceMs: 35_000, restartDelayMs, update, spread },
  };
}

interface Held {
  spec: object;
  version: number;
  updateState: string;
}

/** A manager with one service, which takes an update as a real one does. */
class Leader {
  service: Held | null = { spec: engineSpec(shop('shop:1')), version: 1, updateState: 'completed' };
  /** What it does to an update, instead of taking it. */
  onUpdate: () => 'taken' | 'lost' | 'not taken' = () => 'taken';
  /** Before each look. */
  onLook: (look: number) => void = () => {};
  updates = 0;
  #looks = -1;
  readonly swarm: Swarm;
  readonly #signal = new AbortController().signal;

  private constructor(engine: ScriptedEngine, swarm: Swarm) {
    this.swarm = swarm;
    engine.answers.set('/services', () => {
      this.#looks += 1;
      this.onLook(this.#looks);
      return { body: JSON.stringify(this.service === null ? [] : [this.#listed(this.service)]) };
    });
    engine.answers.set('/tasks', () => ({
      body: JSON.stringify([
        {
          ...{ ID: 'task', ServiceID: 'id', NodeID: 'node', Slot: 1, DesiredState: 'running' },
          ...{ Spec: {}, Status: { State: 'running' } },
        },
      ]),
    }));
    engine.answers.set('/nodes', () => ({ body: '[]' }));
    engine.answers.set('/secrets', () => ({ body: '[]' }));
    engine.answers.set('/networks/bridge', () => ({ body: '{"Name": "bridge"}' }));
    engine.answers.set('/services/id/update', () => {
      this.updates += 1;
      const fate = this.onUpdate();
      if (fate !== 'not taken') this.become('shop:2');
      return fate === 'taken' ? { body: '{}' } : 'broken';
    });
  }

  static async start(context: TestContext): Promise<Leader> {
    const engine = await ScriptedEngine.start(context);
    const settings = dockerSettingsFrom({ docker: engine.url, dockerTlsVerify: false, dockerCertPath: null });
    assert.ok(settings !== null);
    const connection = new DockerConnection(settings, systemClock);
    atEnd(context, () => connection.close());
    const { signal } = new AbortController();
    await connection.negotiate(signal);
    return new Leader(engine, new Swarm(connection, signal));
  }

  become(image: string, updateState = 'completed'): void {
    this.service = { spec: engineSpec(shop(image)), version: (this.service?.version ?? 0) + 1, updateState };
  }

  #listed({ spec, version, updateState }: Held): object {
    return { ID: 'id', Version: { Index: version }, Spec: spec, UpdateStatus: { State: updateState } };
  }

  async apply(image: string, timeoutMs = 5_000, confirm = async (): Promise<void> => {}) {
    // The plan is look 0.
    this.#looks = -1;
    const plan = planPlacement([shop(image)], await this.swarm.view(), () => true);
    const said: string[] = [];
    const listener = { onProgress: () => {}, onSilence: (reason: string) => said.push(reason) };
    const now = (): number => systemClock.now();
    const until = now() + timeoutMs;
    const parts = { swarm: this.swarm, secrets: new Map(), listener, now, until, signal: this.#signal, confirm };
    const { kind, reason } = await rollOut(plan, parts);
    return { kind, reason, silences: said.length };
  }
}

test('nothing is changed when the claim does not stand any more', async (context) => {
  const leader = await Leader.start(context);
  const lost = new ClaimLost('lost');
  await assert.rejects(
    leader.apply('shop:2', 5_000, async () => {
      throw lost;
    }),
    lost,
  );
  assert.equal(leader.updates, 0);
});

test('an update that somebody else replaced by another one is not called a success', async (context) => {
  const leader = await Leader.start(context);
  leader.onLook = (look) => {
    if (look === 2) leader.become('shop:3', 'updating');
    if (look === 3) leader.become('shop:3');
  };
  assert.deepEqual(await leader.apply('shop:2'), {
    kind: 'overtaken',
    reason: 'somebody else changed it meanwhile (image)',
    silences: 0,
  });
});

test('a service that is removed meanwhile ends the rollout at once', async (context) => {
  const leader = await Leader.start(context);
  leader.onLook = (look) => {
    if (look === 2) leader.service = null;
  };
  const { kind, reason } = await leader.apply('shop:2');
  assert.deepEqual([kind, reason], ['overtaken', 'it was removed meanwhile']);
});

test('a service that nothing changes, and that Docker rolls back or somebody changes, is named', async (context) => {
  const leader = await Leader.start(context);
  leader.onLook = (look) => {
    if (look === 1) leader.become('shop:0', 'rollback_completed');
  };
  assert.equal((await leader.apply('shop:1')).kind, 'rolled-back');
  leader.become('shop:1');
  leader.onLook = (look) => {
    if (look === 1) leader.become('shop:3');
  };
  assert.equal((await leader.apply('shop:1')).kind, 'overtaken');
});

test('an update whose answer is lost is not sent twice when it was taken, and again when it was not', async (context) => {
  const leader = await Leader.start(context);
  leader.onUpdate = () => 'lost';
  assert.deepEqual(await leader.apply('shop:2'), { kind: 'done', reason: '', silences: 1 });
  assert.equal(leader.updates, 1);
  leader.become('shop:1');
  leader.onUpdate = () => (leader.updates === 2 ? 'not taken' : 'taken');
  assert.deepEqual(await leader.apply('shop:2'), { kind: 'done', reason: '', silences: 1 });
  assert.equal(leader.updates, 3);
});

test('a manager that stays silent ends the rollout with the time, and not as a failure', async (context) => {
  const leader = await Leader.start(context);
  leader.onUpdate = () => 'not taken';
  const { kind, reason, silences } = await leader.apply('shop:2', 700);
  assert.equal(kind, 'deadline');
  assert.match(reason, /broke the connection off/);
  assert.equal(silences, 1);
});
