/**
 * A node beside an engine on a script, with traffic: which event takes a container out, which one does not, and how it comes
 * back. The engine tells one event at a time, so none of them is made up for by another one.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { AppStatus } from '../../src/admin/state-document.js';
import { atEnd } from '../support/at-end.js';
import type { Made, ScriptedContainer } from '../support/docker/scripted-container.js';
import { ScriptedEngine } from '../support/docker/scripted-engine.js';
import { eventually } from '../support/eventually.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, SteadyTraffic } from '../support/traffic/steady-traffic.js';

const LABELS = { 'autoproxy.app': 'shop' };
const TURNS = 12;
/** Who waits here is woken, or waits for longer than the test does. */
const ONE_AT_A_TIME = 'limits: {connections: 1, queue: 9}, timeouts: {queue: 60s}';

class Shop {
  readonly engine: ScriptedEngine;
  readonly node: RunningNode;
  readonly #traffic: SteadyTraffic;
  #runs = 0;

  private constructor(engine: ScriptedEngine, node: RunningNode, traffic: SteadyTraffic) {
    this.engine = engine;
    this.node = node;
    this.#traffic = traffic;
  }

  /** With one container that stays, and says `stays`. */
  static async start(context: TestContext): Promise<Shop> {
    const engine = await ScriptedEngine.start(context);
    const file = (_: string, slot: number) => ({
      'shop.yml': `shop: {protocol: http, translated_port: ${slot}, instances: []}\n`,
      'checked.yml': `checked: {protocol: http, translated_port: ${slot + 4}, instances: [], health: {path: /slow, timeout: 60s}}\n`,
      'narrow.yml': `narrow: {protocol: http, translated_port: ${slot + 2}, instances: [], ${ONE_AT_A_TIME}}\n`,
    });
    const node = await startNode(context, file, { '--docker': engine.socketPath });
    engine.run('stays', madeAt(await HttpInstance.start(context, 'stays')));
    await eventually('it serves', async () => (await ask(node.host, node.slot)).status === 200);
    return new Shop(engine, node, new SteadyTraffic(context, node.host, node.slot));
  }

  /** It is removed with the part of the test. */
  run(part: TestContext, made: Made): ScriptedContainer {
    this.#runs += 1;
    const container = this.engine.run(`shop-${this.#runs}`, made);
    atEnd(part, () => this.engine.remove(container));
    return container;
  }

  /** Resolves when this instance has an answer in it. */
  async serves(name: string): Promise<void> {
    await eventually(`${name} serves`, async () => (await this.#ask()) === name);
  }

  /** Resolves when it is out; then the next requests must not meet it. */
  async isLeftOut(name: string, id: string): Promise<void> {
    await this.node.untilInForce(({ apps }) => !idsIn(apps).includes(id));
    for (let turn = 0; turn < TURNS; turn += 1) assert.notEqual(await this.#ask(), name);
  }

  async noneFailed(): Promise<void> {
    await this.#traffic.more(TURNS);
    assert.deepEqual(this.#traffic.failures, []);
  }

  /** What was told before has been read when this resolves. */
  async hasRead(part: TestContext): Promise<void> {
    const mark = `mark-${this.#runs}`;
    this.run(part, { labels: { 'autoproxy.app': mark } });
    await eventually('the event is read', async () =>
      (await this.node.state()).problems.some(({ message }) => message.includes(mark)),
    );
  }

  async #ask(): Promise<string> {
    return (await ask(this.node.host, this.node.slot)).body;
  }
}

function idsIn(apps: readonly AppStatus[]): readonly string[] {
  return apps.find(({ name }) => name === 'shop')?.instances.map(({ id }) => id) ?? [];
}

/** As a container that runs at the address of an instance. */
function madeAt({ host, port }: HttpInstance, made: Made = {}): Made {
  return { labels: LABELS, networks: { bridge: host }, ports: [`${port}/tcp`], ...made };
}

/** The engine tells this alone of the end. */
const WORDS_OF_AN_END: Readonly<Record<string, (engine: ScriptedEngine, container: ScriptedContainer) => void>> = {
  'kill, signal 15': (engine, container) => engine.tell(container, 'kill', { signal: '15' }),
  'kill, signal 9': (engine, container) => engine.tell(container, 'kill', { signal: '9' }),
  'kill, its own stop signal 3': (engine, container) => engine.tell(container, 'kill', { signal: '3' }),
  die: (engine, container) => endSilently(engine, container, 'die', { exitCode: '1' }),
  stop: (engine, container) => endSilently(engine, container, 'stop'),
  disconnect: (engine, container) => {
    container.state = 'exited';
    engine.disconnect(container, 'bridge');
  },
  destroy: (engine, container) => endSilently(engine, container, 'destroy'),
  pause: (engine, container) => engine.pause(container),
  'health_status: unhealthy': (engine, container) => engine.setHealth(container, 'unhealthy'),
};

function endSilently(
  engine: ScriptedEngine,
  container: ScriptedContainer,
  action: string,
  attributes: Readonly<Record<string, string>> = {},
): void {
  container.state = 'exited';
  container.networksNow = {};
  engine.tell(container, action, attributes);
}

test('what a container hears, and what follows', async (context) => {
  const shop = await Shop.start(context);

  await context.test('each event that means the end takes a container out, whichever comes first', async (part) => {
    const place = await HttpInstance.start(part, 'ends');
    for (const [words, happen] of Object.entries(WORDS_OF_AN_END)) {
      await part.test(words, async (one) => {
        const container = shop.run(one, madeAt(place, { stopSignal: 'SIGQUIT', health: 'healthy' }));
        await shop.serves('ends');
        happen(shop.engine, container);
        await shop.isLeftOut('ends', place.id);
        await shop.noneFailed();
      });
    }
  });

  await context.test(
    'its signal lets what is under way end; what is only a word to the app changes nothing',
    async (part) => {
      const place = await HttpInstance.start(part, 'hears');
      const container = shop.run(part, madeAt(place));
      for (const signal of ['28', '1', '10']) {
        await shop.serves('hears');
        shop.engine.tell(container, 'kill', { signal });
        await shop.hasRead(part);
        await shop.serves('hears');
      }
      const answers = Array.from({ length: 6 }, () => ask(shop.node.host, shop.node.slot, '/slow'));
      await place.slowRequest();
      shop.engine.tell(container, 'kill', { signal: '15' });
      await shop.isLeftOut('hears', place.id);
      const departing = async () => (await shop.node.state()).apps.find(({ name }) => name === 'shop')?.departing;
      await eventually('what is under way there is shown', async () => {
        const [one, ...others] = (await departing()) ?? [];
        return others.length === 0 && one?.life.startsWith(container.id.slice(0, 12)) === true && one.oldestMs > 0;
      });
      place.answerSlow();
      assert.equal((await Promise.race(answers)).body, 'late');
      await shop.noneFailed();
    },
  );

  await context.test('a container that survives its time to end has traffic again', async (part) => {
    const place = await HttpInstance.start(part, 'survives');
    const container = shop.run(part, madeAt(place, { stopTimeout: 1 }));
    await shop.serves('survives');
    shop.engine.tell(container, 'kill', { signal: '15' });
    await shop.isLeftOut('survives', place.id);
    await shop.serves('survives');
    const { problems } = await shop.node.state();
    assert.match(problems.map(({ message }) => message).join('\n'), /it got signal 15 and still runs/);
    await shop.noneFailed();
  });

  await context.test('a container that goes on after a pause has traffic again', async (part) => {
    const place = await HttpInstance.start(part, 'rests');
    const container = shop.run(part, madeAt(place));
    await shop.serves('rests');
    shop.engine.pause(container);
    await shop.isLeftOut('rests', place.id);
    shop.engine.unpause(container);
    await shop.serves('rests');
    await shop.noneFailed();
  });

  await context.test('HEALTHCHECK steers the traffic: none while it is starting or unhealthy', async (part) => {
    const place = await HttpInstance.start(part, 'checked');
    const container = shop.run(part, madeAt(place, { health: 'starting' }));
    await shop.hasRead(part);
    await shop.isLeftOut('checked', place.id);
    for (let turn = 0; turn < 2; turn += 1) {
      shop.engine.setHealth(container, 'healthy');
      await shop.serves('checked');
      shop.engine.setHealth(container, 'unhealthy');
      await shop.isLeftOut('checked', place.id);
    }
    await shop.noneFailed();
  });

  await context.test(
    'of two networks the label chooses; without it bridge, and else the one that is left',
    async (part) => {
      const [onBridge, onSide] = [await HttpInstance.start(part, 'bridge'), await HttpInstance.start(part, 'side')];
      const networks = { bridge: onBridge.host, side: onSide.host };
      const labelsOf = (place: HttpInstance, network: string) => ({
        ...LABELS,
        'autoproxy.port': String(place.port),
        'autoproxy.network': network,
      });
      const chosen = shop.run(part, { networks, labels: labelsOf(onSide, 'side') });
      await shop.serves('side');
      for (let turn = 0; turn < TURNS; turn += 1) await shop.isLeftOut('bridge', onBridge.id);
      shop.engine.disconnect(chosen, 'side');
      await shop.isLeftOut('side', onSide.id);
      shop.engine.remove(chosen);

      const both = shop.run(part, { networks, labels: labelsOf(onBridge, '') });
      await shop.serves('bridge');
      shop.engine.remove(both);
      await shop.isLeftOut('bridge', onBridge.id);
      shop.run(part, { networks: { side: onSide.host }, labels: labelsOf(onSide, '') });
      await shop.serves('side');
      await shop.noneFailed();
    },
  );

  await context.test('on the network of the host it is reached there, and its end is heard as well', async (part) => {
    const place = await HttpInstance.start(part, 'host');
    const labels = { ...LABELS, 'autoproxy.port': String(place.port), 'autoproxy.address': place.host };
    const container = shop.run(part, { labels, networkMode: 'host', networks: { host: '' } });
    await shop.serves('host');
    shop.engine.tell(container, 'kill', { signal: '15' });
    await shop.isLeftOut('host', place.id);
    await shop.noneFailed();
  });
});

test('nobody waits for a container that is gone', async (context) => {
  const shop = await Shop.start(context);

  await context.test('who waits for room at a container that ends is told at once', async (part) => {
    const { node } = shop;
    const place = await HttpInstance.start(part, 'narrow');
    const isQueued = async (count: number): Promise<boolean> =>
      (await node.state()).apps.some(({ name, queued }) => name === 'narrow' && queued === count);
    for (const action of ['kill', 'die', 'destroy']) {
      const container = shop.run(part, madeAt(place, { labels: { 'autoproxy.app': 'narrow' } }));
      await eventually('it serves', async () => (await ask(node.host, node.slot + 2)).status === 200);
      const arrived = place.slowRequest();
      const slow = ask(node.host, node.slot + 2, '/slow');
      await arrived;
      const waiting = ask(node.host, node.slot + 2);
      await eventually('it waits', () => isQueued(1));
      if (action === 'kill') shop.engine.tell(container, action, { signal: '15' });
      else endSilently(shop.engine, container, action);
      assert.equal((await waiting).status, 503);
      // Its signal lets what it has begun end. Nobody waits for an answer of what is gone.
      if (action === 'kill') place.answerSlow();
      assert.equal((await slow).status, action === 'kill' ? 200 : 502);
    }
  });

  await context.test('a check that is under way ends with its container', async (part) => {
    const place = await HttpInstance.start(part, 'checked');
    for (const action of ['kill', 'die', 'destroy']) {
      const asked = place.slowRequest();
      const container = shop.run(part, madeAt(place, { labels: { 'autoproxy.app': 'checked' } }));
      await asked;
      if (action === 'kill') shop.engine.tell(container, action, { signal: '15' });
      else endSilently(shop.engine, container, action);
      await eventually('nobody waits for its answer', () => place.slowRequests === 0);
    }
  });

  await context.test('drain --wait ends with the container that it waits for', async (part) => {
    const { node } = shop;
    const place = await HttpInstance.start(part, 'waited for');
    const container = shop.run(part, madeAt(place));
    await shop.serves('waited for');
    const arrived = place.slowRequest();
    for (let turn = 0; turn < 6; turn += 1) ask(node.host, node.slot, '/slow').catch(() => {});
    await arrived;
    const drained = runCliHere(['drain', container.name, '--wait', '20s', '--admin', node.admin]);
    await eventually('it drains', async () =>
      (await node.state()).apps.some(({ instances }) => instances.some(({ state }) => state === 'drain')),
    );
    endSilently(shop.engine, container, 'die');
    assert.equal((await drained).exitCode, 0);
  });
});
