/**
 * Promise: when one container of several ends, no GET fails, no POST that an app would have answered fails, and nothing
 * waits for a container that is gone.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../support/at-end.js';
import { whyNoDocker } from '../support/docker/docker-engine.js';
import { DOCKER_VERSIONS } from '../support/docker/docker-versions.js';
import { TestEngine } from '../support/docker/test-engine.js';
import { eventually } from '../support/eventually.js';
import { type RunningNode, startNodeOn } from '../support/node/node-process.js';
import { PacedTraffic } from '../support/traffic/paced-traffic.js';

const REASON = whyNoDocker();
const skip = REASON === null ? false : `no Docker engine: ${REASON}`;
const LABELS = { 'autoproxy.app': 'shop' };
const RATE = 100;
/** The clients share two cores with all else. */
const MAX_MS = 5_000;
/** A connect to an address that is nobody's any more fails after 3 s, and one that is dropped after 10 s. */
const MAX_SENT_MS = 2_500;
/** What the kernel holds of one answer on its way, several times over. */
const LARGE_BYTES = 40_000_000;
/** Only its event takes an app out that takes connections after its signal. */
const SERVES_ON_MS = 4_000;

/** How an app obeys its stop signal, as container-app.ts reads it. */
const OBEYING = {
  /** An app that closes kept connections at its signal cuts a POST that is on its way; this one answers on them. */
  graceful: { ON_STOP: 'graceful', KEEP_IDLE: 1, EXIT_AFTER_MS: 1_000 },
  lingering: { ON_STOP: 'lingering', EXIT_AFTER_MS: SERVES_ON_MS },
  abrupt: { ON_STOP: 'abrupt' },
} as const;

interface End {
  readonly name: string;
  readonly onStop: keyof typeof OBEYING;
  /** POSTs that were with the app when it ended may fail. */
  readonly mayLosePosts: boolean;
  /** Whether the container is a new instance afterwards, or none. */
  readonly isBack: boolean;
  readonly happen: (engine: TestEngine, container: string) => Promise<unknown>;
  /** When it is out, and before the last answer is waited for. */
  readonly afterwards?: (engine: TestEngine, container: string) => Promise<unknown>;
  /** More flags of `docker run`. */
  readonly flags?: readonly string[];
}

const ENDS: readonly End[] = [
  end('docker stop', 'graceful', false, false, (engine, id) => engine.docker('stop', id)),
  end('docker stop of an app that ends at once', 'abrupt', true, false, (engine, id) => engine.docker('stop', id)),
  end('docker stop of an app that serves on', 'lingering', false, false, (engine, id) => engine.docker('stop', id)),
  end('docker restart', 'graceful', false, true, (engine, id) => engine.docker('restart', id)),
  end('docker kill', 'graceful', true, false, (engine, id) => engine.docker('kill', id)),
  end('docker rm -f', 'graceful', true, false, (engine, id) => engine.docker('rm', '-f', id)),
  end('a crash', 'graceful', true, false, async (engine, id) => {
    const pid = await engine.docker('inspect', '--format', '{{.State.Pid}}', id);
    // The engine is not asked, so its first word is the end.
    await engine.machine.run('sh', '-c', `kill -KILL ${pid}`);
  }),
  {
    ...end('too much memory', 'graceful', true, false, async (engine, id) => {
      await engine.machine
        .run('curl', '-s', '--max-time', '5', `http://${await engine.addressOf(id)}:8080/hog`)
        .catch(() => '');
    }),
    flags: ['--memory', '96m'],
  },
  {
    ...end('docker pause', 'graceful', true, false, (engine, id) => engine.docker('pause', id)),
    // What was with it when it was frozen is answered then.
    afterwards: (engine, id) => engine.docker('unpause', id),
  },
];

/**
 * On the older engine, those that it tells in its own way: a signal that is not obeyed yet, an end and a start, an end without
 * a signal. All else is one of these for the node, and is seen on the newer one.
 */
const ENDS_ON_OLDER: readonly string[] = ['docker stop of an app that serves on', 'docker restart', 'a crash'];

function end(name: string, onStop: End['onStop'], mayLosePosts: boolean, isBack: boolean, happen: End['happen']): End {
  return { name, onStop, mayLosePosts, isBack, happen };
}

/** Its answer, from the head on: nothing is read of the body yet. */
function startRequest(part: TestContext, node: RunningNode, method: string, path: string): Promise<IncomingMessage> {
  const asked = request({ host: node.host, port: node.slot, agent: false, method, path });
  atEnd(part, () => asked.destroy());
  asked.end();
  return once(asked, 'response').then(([response]) => response as IncomingMessage);
}

async function bytesUntilEnd(response: IncomingMessage): Promise<number> {
  let bytes = 0;
  response.on('data', (part: Buffer) => {
    bytes += part.length;
  });
  response.on('error', () => {});
  await new Promise((resolve) => response.on('close', resolve));
  return bytes;
}

for (const version of DOCKER_VERSIONS) {
  test(`${version}: one of three containers ends`, {
    skip,
  }, async (context) => {
    const engine = await TestEngine.start(context, { version });
    const files = (_: string, slot: number) => ({
      'shop.yml': `shop:\n  protocol: http\n  translated_port: ${slot}\n  instances: []\n`,
    });
    const node = await startNodeOn(context, engine.machine, files, { '--docker': engine.socketPath });
    const run = (name: string, onStop: End['onStop'], flags: readonly string[] = []) =>
      engine.startApp(name, {
        labels: LABELS,
        env: { APP: 'shop', ...OBEYING[onStop] },
        flags,
      });
    await run('one', 'graceful');
    await run('two', 'graceful');
    await areUp(node, 2);
    const traffic = await PacedTraffic.start(context, engine.namespace, {
      host: node.host,
      port: node.slot,
      rate: RATE,
      app: 'shop',
    });
    await traffic.stop();
    const isOlder = version === DOCKER_VERSIONS[0];
    const ends = isOlder ? ENDS.filter(({ name }) => ENDS_ON_OLDER.includes(name)) : ENDS;
    for (const [index, { name, onStop, mayLosePosts, isBack, happen, afterwards, flags }] of ends.entries()) {
      await context.test(name, async (part) => {
        const { id } = await run(`ends-${index}`, onStop, flags);
        await areUp(node, 3);
        await traffic.again();
        await traffic.more(RATE / 2);
        await happen(engine, id);
        await traffic.more(RATE / 2);
        await areUp(node, isBack ? 3 : 2);
        await afterwards?.(engine, id);
        const { failedGets, failedPosts, wrongApp, slowestMs, slowestSentMs, served, byContainer } =
          await traffic.stop();
        await engine.docker('rm', '-f', id).catch(() => '');
        const lost = mayLosePosts ? [] : failedPosts;
        assert.deepEqual({ failedGets, lost, wrongApp }, { failedGets: [], lost: [], wrongApp: 0 });
        assert.ok(slowestMs < MAX_MS, `slowest ${slowestMs} ms`);
        assert.ok(slowestSentMs < MAX_SENT_MS, `slowest ${slowestSentMs} ms since it was sent`);
        const lastMs = byContainer[id.slice(0, 12)]?.lastAfterStopMs ?? Number.NaN;
        assert.ok(lastMs < SERVES_ON_MS / 2, `it got a request ${lastMs} ms after its signal`);
        part.diagnostic(`${served} served, ${failedPosts.length} POSTs lost, slowest ${slowestMs.toFixed(0)} ms`);
        await areUp(node, 2);
      });
    }
    if (isOlder) return;
    await context.test('what is under way with a container that loses its network ends at once', async (part) => {
      const { id } = await run('unreachable', 'graceful');
      await areUp(node, 3);
      // One of three requests is with each; more than the kernel holds, for clients that do not read yet.
      const gets = Array.from({ length: 3 }, () => startRequest(part, node, 'GET', '/slow?ms=2000'));
      const posts = Array.from({ length: 3 }, () => startRequest(part, node, 'POST', '/slow?ms=2000'));
      const large = Array.from({ length: 3 }, () => startRequest(part, node, 'GET', `/large?bytes=${LARGE_BYTES}`));
      await eventually('each has three of them', async () => {
        const { apps } = await node.state();
        return apps[0]?.instances.every(({ inFlight }) => inFlight === 3) === true;
      });
      const answers = await Promise.all(large.map((response) => response));
      await engine.docker('network', 'disconnect', 'bridge', id);
      const statuses = await Promise.all([...gets, ...posts].map(async (response) => (await response).statusCode));
      assert.deepEqual(statuses.sort(), [200, 200, 200, 200, 200, 502]);
      const bytes = await Promise.all(answers.map(bytesUntilEnd));
      const cut = bytes.filter((length) => length < LARGE_BYTES);
      assert.equal(cut.length, 1, `answers of ${bytes} bytes`);
      part.diagnostic(`the answer that was cut had ${cut} of ${LARGE_BYTES} bytes`);
      await areUp(node, 2);
    });
  });
}

async function areUp(node: RunningNode, count: number): Promise<void> {
  await node.untilInForce(({ apps }) => {
    const instances = apps.find(({ name }) => name === 'shop')?.instances ?? [];
    return instances.length === count && instances.every(({ health }) => health === 'up');
  });
}
