/** The two images of the Dockerfile, built and run by a real engine, as a person builds and runs them. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freePort, ownAddress } from '../support/addresses.js';
import { importBase, startImageEngine, whyNoDocker } from '../support/docker/docker-engine.js';
import type { TestEngine } from '../support/docker/test-engine.js';
import { EdgeClient, freeEdgePorts, listenText, seenBy, startApp } from '../support/edge/edge-process.js';
import { definitionsOf, edgeFolder, siteText } from '../support/edge/edge-release.js';
import { eventually } from '../support/eventually.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { untilAnswered } from '../support/traffic/steady-traffic.js';

/** A check that takes longer than its 3 s, on a busy machine, is tried again. */
const HEALTHY_MS = 60_000;

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

test('the images', async (context) => {
  const reason = whyNoDocker();
  if (reason !== null) return context.skip(`no Docker engine: ${reason}`);
  const engine = await startImageEngine(context);
  const base = await importBase(engine);
  for (const target of ['node', 'edge'])
    await context.test(`${target} is built`, async (part) => {
      const startedAt = performance.now();
      const build = ['build', '--network', 'host', '--build-arg', `BASE_IMAGE=${base}`, '--target', target];
      await engine.docker(...build, '--tag', `autoproxy-${target}`, ROOT);
      const size = await engine.docker('image', 'inspect', '--format', '{{.Size}}', `autoproxy-${target}`);
      const tookS = (performance.now() - startedAt) / 1_000;
      part.diagnostic(`${tookS.toFixed(0)} s, ${(Number(size) / 1e6).toFixed(0)} MB`);
    });
  await context.test('a node', (part) => runNode(part, engine));
  await context.test('an edge', (part) => runEdge(part, engine));
});

/** In the host's network, as it is meant to run, while `use` goes on; where that fails, it says what the container said. */
async function withContainer(
  engine: TestEngine,
  name: string,
  more: readonly string[],
  use: () => Promise<void>,
): Promise<void> {
  await engine.docker('run', '--detach', '--name', name, '--network', 'host', ...more);
  try {
    await use();
  } catch (error) {
    throw new Error(`${(error as Error).message}; the container said:\n${await engine.logs(name)}`, { cause: error });
  } finally {
    await engine.docker('rm', '--force', name);
  }
}

async function runNode(context: TestContext, engine: TestEngine): Promise<void> {
  const host = ownAddress();
  const slot = await freePort(host);
  const instance = await HttpInstance.start(context, 'shop');
  const folder = edgeFolder(context);
  mkdirSync(path.join(folder, 'services'));
  // The node in the container is another user.
  chmodSync(folder, 0o755);
  writeFileSync(
    path.join(folder, 'services/shop.yml'),
    `shop:\n  protocol: http\n  translated_port: ${slot}\n  instances: [${instance.host}:${instance.port}]\n`,
  );
  const env = { BIND: host, ADMIN: `${host}:${await freePort(host)}`, NODE: 'docker-1', LAME_DUCK: '1s' };
  const options = [
    ...['--health-interval', '1s', '--volume', `${folder}:/etc/autoproxy.d:ro`],
    ...['--volume', 'state:/var/lib/autoproxy'],
    ...Object.entries(env).flatMap(([name, value]) => ['--env', `AUTOPROXY_${name}=${value}`]),
    'autoproxy-node',
  ];
  const healthIs = (wanted: string): Promise<void> =>
    eventually(
      `its health is ${wanted}`,
      async () => (await engine.docker('inspect', '--format', '{{.State.Health.Status}}', 'node')) === wanted,
      HEALTHY_MS,
    );
  await withContainer(engine, 'node', options, async () => {
    await untilAnswered(host, slot, { status: 200, body: 'shop' });
    await healthIs('healthy');
    assert.equal(await engine.docker('exec', 'node', 'id', '-un'), 'node');

    await engine.docker('stop', '--time', '30', 'node');
    assert.equal(await engine.docker('inspect', '--format', '{{.State.ExitCode}}', 'node'), '0');
    // What it kept in its volume is all that it can serve now.
    writeFileSync(path.join(folder, 'services/shop.yml'), 'shop: [\n');
    await engine.docker('start', 'node');
    await untilAnswered(host, slot, { status: 200, body: 'shop' });
  });
}

async function runEdge(context: TestContext, engine: TestEngine): Promise<void> {
  const folder = edgeFolder(context);
  const [address, node] = [ownAddress(), ownAddress()];
  const ports = await freeEdgePorts(address);
  const definition = (name: string, slot: number): string =>
    `name: ${name}\npods: [alpha]\nprotocol: http\nslot: ${slot}\nhealth: {interval: 100ms, rise: 1}\nedge: {routes: [{host: ${name}.one.example}]}\n`;
  const apps = [definition('shop', 21_510), definition('side', 21_512)] as const;
  for (const app of definitionsOf(apps.join('---\n'))) await startApp(context, app, node);
  mkdirSync(path.join(folder, 'apps'));
  writeFileSync(path.join(folder, 'apps/shop.yml'), apps[0]);
  const servers = `servers: {nodes: {alpha: [${node}]}, send_proxy: none}\n${listenText(address, ports)}\nprocess: {max_connections: 200}`;
  writeFileSync(path.join(folder, 'edge.yml'), siteText(folder, servers));
  const options = [
    ...['--volume', `${folder}:/etc/autoproxy:ro`, '--env', 'AUTOPROXY_REGISTRY=/etc/autoproxy/apps'],
    'autoproxy-edge',
  ];
  const edge = new EdgeClient(folder, address, ports);
  const isServed = (name: string): Promise<void> =>
    eventually(`${name} is served`, async () => {
      const response = await edge.ask({ hosts: [`${name}.one.example`] }).catch(() => null);
      return response?.status === 200 && seenBy(response).app === name;
    });
  await withContainer(engine, 'edge', options, async () => {
    await isServed('shop');
    writeFileSync(path.join(folder, 'apps/side.yml'), apps[1]);
    await isServed('side');
    await engine.docker('stop', '--time', '60', 'edge');
    assert.equal(await engine.docker('inspect', '--format', '{{.State.ExitCode}}', 'edge'), '0');
  });
}
