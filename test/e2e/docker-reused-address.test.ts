/**
 * Two apps whose containers take turns at one address, as fast as a real engine gives it to the next one, and whose files
 * both list it; traffic on kept connections: no request meets the other app. AUTOPROXY_ROUNDS says how often; the figures are printed.
 */
import assert from 'node:assert/strict';
import { Agent } from 'node:http';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../support/at-end.js';
import { whyNoDocker } from '../support/docker/docker-engine.js';
import { TestEngine } from '../support/docker/test-engine.js';
import { eventually } from '../support/eventually.js';
import { type RunningNode, startNodeOn } from '../support/node/node-process.js';
import { ask } from '../support/traffic/steady-traffic.js';

const ROUNDS = Number(process.env.AUTOPROXY_ROUNDS ?? 4);
const APPS = ['shop', 'blog'] as const;
/** The first that an engine gives. */
const ADDRESS = '172.17.0.2';
const CLIENTS_OF_EACH = 3;
const ANSWERS_OF_A_ROUND = 30;

const REASON = whyNoDocker();
const skip = REASON === null ? false : `no Docker engine: ${REASON}`;

/** One is enough: both give an address to the next container at once, and docker/real-engine reads the lives of both. */
const VERSION = '28';

test('no request meets the app that has the address now', { skip }, async (context) => {
  const engine = await TestEngine.start(context, { version: VERSION });
  const node = await startNodeOn(
    context,
    engine.machine,
    (_, slot) => ({ 'apps.yml': APPS.map((app, index) => appText(app, slot + 2 * index)).join('') }),
    { '--docker': engine.socketPath },
  );
  await engine.machine.open(node.host, node.slot + 2);
  const shop = await engine.startApp('shop', { labels: { 'autoproxy.app': 'shop' }, env: { ON_STOP: 'abrupt' } });
  assert.equal(shop.address, ADDRESS);
  const clients = new TurnClients(context, node);
  await clients.served('shop');
  await engine.call('POST', '/containers/shop/kill');
  const blog = await engine.startApp('blog', { labels: { 'autoproxy.app': 'blog' }, env: { ON_STOP: 'abrupt' } });
  assert.equal(blog.address, ADDRESS, 'the engine gives the address to the next one');
  for (let round = 0; round < ROUNDS; round += 1) {
    const [old, next] = round % 2 === 0 ? (['blog', 'shop'] as const) : (['shop', 'blog'] as const);
    await clients.served(old);
    // Half of the rounds by a signal that it obeys, half without warning.
    await engine.call('POST', `/containers/${old}/${round % 4 < 2 ? 'stop' : 'kill'}`);
    const { status } = await engine.call('POST', `/containers/${next}/start`);
    assert.equal(status, 204);
    assert.equal(await engine.addressOf(next), ADDRESS);
  }
  await clients.stop();
  context.diagnostic(
    `${ROUNDS} rounds, ${clients.right} answers of the app, ${clients.others} of 502 and 503, 0 wrong`,
  );
  assert.deepEqual(clients.wrong, []);
});

function appText(name: string, slot: number): string {
  return `${name}: {protocol: http, translated_port: ${slot}, instances: ["${ADDRESS}:8080"]}\n`;
}

/** Asks both slots all the time, on kept connections. */
class TurnClients {
  right = 0;
  /** Nobody was there. */
  others = 0;
  readonly wrong: string[] = [];
  readonly #counts = new Map<string, number>();
  readonly #agent = new Agent({ keepAlive: true });
  readonly #loops: readonly Promise<void>[];
  #isOver = false;

  constructor(context: TestContext, node: RunningNode) {
    atEnd(context, () => this.stop());
    const turns = APPS.flatMap((app, index) => Array.from({ length: CLIENTS_OF_EACH }, () => ({ app, index })));
    this.#loops = turns.map(({ app, index }) => this.#run(app, node.host, node.slot + 2 * index));
  }

  /** Resolves when this app has answered so often that connections to it are kept. */
  served(app: string): Promise<void> {
    const wanted = (this.#counts.get(app) ?? 0) + ANSWERS_OF_A_ROUND;
    return eventually(`${app} serves`, () => (this.#counts.get(app) ?? 0) >= wanted || this.wrong.length > 0);
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    this.#agent.destroy();
  }

  async #run(app: string, host: string, port: number): Promise<void> {
    while (!this.#isOver) {
      const answer = await ask(host, port, '/', this.#agent).catch(() => null);
      if (answer?.status !== 200) {
        this.others += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
        continue;
      }
      const { app: said } = JSON.parse(answer.body) as { readonly app: string };
      if (said !== app) this.wrong.push(`${said} instead of ${app}`);
      this.right += 1;
      this.#counts.set(app, (this.#counts.get(app) ?? 0) + 1);
    }
  }
}
