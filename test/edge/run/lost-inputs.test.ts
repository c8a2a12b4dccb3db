/** The site or the registry can't be read when `edge run` starts: the front door serves the last good release at once. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { ownAddress } from '../../support/addresses.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { eventually } from '../../support/eventually.js';
import { runCli } from '../../support/node/run-cli.js';

const SHOP = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21390\nedge:\n  routes: [{host: shop.one.example}]\n';

/** One is enough: HAProxy has no part in what `edge run` reads, and in what it does when that cannot be read. */
const VERSION = '2.6';

async function statusOf(edge: EdgeDeployment, host: string): Promise<number | null> {
  return (await edge.ask({ hosts: [host] }).catch(() => null))?.status ?? null;
}

async function servesShop(edge: EdgeDeployment): Promise<void> {
  await eventually('shop is served', async () => (await statusOf(edge, 'shop.one.example')) === 200);
}

/** One that has served, and was stopped, as before a reboot. */
async function stoppedEdge(context: TestContext): Promise<EdgeDeployment> {
  const edge = await EdgeDeployment.create(context, { version: VERSION });
  edge.writeApp('shop', SHOP);
  await edge.startServers(context, SHOP);
  await edge.run();
  await servesShop(edge);
  await edge.settled();
  assert.equal(await edge.stop(), 0);
  return edge;
}

test('edge run starts with the last good release', async (context) => {
  const edge = await stoppedEdge(context);
  await withoutSite(context, edge);
  await withoutDefinition(context, edge);
  await withoutRegistry(context, edge);
  await withoutLogOfHaproxy(context, edge);
});

/** edge.yml is whole again afterwards. */
async function withoutSite(context: TestContext, edge: EdgeDeployment): Promise<void> {
  const site = path.join(edge.folder, 'edge.yml');
  const good = readFileSync(site, 'utf8');

  await context.test('edge.yml is broken: served, named with its line, and followed when it is mended', async () => {
    writeFileSync(site, good.replace('limits: {', 'limts: {'));
    await edge.run();
    await servesShop(edge);
    await eventually('the reason is said', async () => edge.log.includes('the last good release stays in force'));
    const said = edge.log.split('\n').find((line) => line.includes('the last good release stays in force')) ?? '';
    const { level, reason, hint } = JSON.parse(said) as Readonly<Record<'level' | 'reason' | 'hint', string>>;
    assert.equal(level, 'error');
    assert.match(reason, /edge\.yml:\d+:\d+: error: .*limts/);
    assert.match(hint, /fix the file of the site/);
    edge.writeApp('shop', SHOP.replace('shop.one.example}', 'shop.one.example}, {host: new.one.example}'));
    writeFileSync(`${site}.new`, good);
    renameSync(`${site}.new`, site);
    await eventually('what came since is served', async () => (await statusOf(edge, 'new.one.example')) === 200);
    assert.equal(await edge.stop(), 0);
  });

  await context.test('edge.yml is gone', async () => {
    rmSync(site);
    await edge.run();
    await servesShop(edge);
    await eventually('the reason is said', async () => /edge\.yml: this file does not exist/.test(edge.log));
    assert.equal(await edge.stop(), 0);
    writeFileSync(site, good);
  });
}

async function withoutDefinition(context: TestContext, edge: EdgeDeployment): Promise<void> {
  await context.test('the definition of its only app is cut, then empty: served, and named', async () => {
    edge.writeApp('shop', SHOP.slice(0, SHOP.indexOf('host:')));
    await edge.run();
    await eventually('the file is named', async () => /shop\.yml:\d+:\d+: error: /.test(edge.log));
    await servesShop(edge);
    edge.writeApp('shop', '');
    await eventually('the file is named', async () => /shop\.yml:1:1: error: this is empty/.test(edge.log));
    assert.equal(await statusOf(edge, 'shop.one.example'), 200);
    assert.doesNotMatch(edge.log, /a release is in force/);
    edge.writeApp('shop', SHOP);
    await servesShop(edge);
    assert.equal(await edge.stop(), 0);
  });
}

async function withoutRegistry(context: TestContext, edge: EdgeDeployment): Promise<void> {
  const registry = path.join(edge.folder, 'registry');

  await context.test('Consul does not answer', async () => {
    // `--consul` beside `--registry` would be two.
    const consul = ['--site', `${edge.folder}/edge.yml`, '--state-dir', `${edge.folder}/state`];
    edge.launchOver(['--consul', `http://${ownAddress()}:8500`, ...consul]);
    await servesShop(edge);
    await eventually('the reason is said', async () => edge.log.includes('the last good release stays in force'));
    assert.equal(await edge.stop(), 0);
  });

  await context.test('a file is in the place of its directory', async () => {
    renameSync(registry, `${registry}.away`);
    writeFileSync(registry, '');
    await edge.run();
    await servesShop(edge);
    await eventually('the reason is said', async () => edge.log.includes('the last good release stays in force'));
    rmSync(registry);
    renameSync(`${registry}.away`, registry);
    await eventually('it is in order again', async () => edge.log.includes('the edge is in order again'));
    assert.equal(await edge.stop(), 0);
  });
}

async function withoutLogOfHaproxy(context: TestContext, edge: EdgeDeployment): Promise<void> {
  await context.test('a supervisor that cannot write its log of HAProxy goes on when it can', async () => {
    const output = path.join(edge.folder, 'state/haproxy.err');
    rmSync(output, { force: true });
    mkdirSync(output);
    const child = edge.launch();
    await eventually('it says so', async () => edge.log.includes('looking after HAProxy failed'));
    assert.equal(child.exitCode, null);
    rmSync(output, { recursive: true });
    await servesShop(edge);
    assert.equal(await edge.stop(), 0);
  });
}

test('without a release, edge run ends over a broken site with what is missing, and waits for a registry', async (context) => {
  const edge = await EdgeDeployment.create(context, { version: VERSION });
  const site = path.join(edge.folder, 'edge.yml');
  const good = readFileSync(site, 'utf8');

  await context.test('the site', async () => {
    writeFileSync(site, `${good}oops: 1\n`);
    const { exitCode, stderr } = await runCli(['edge', 'run', ...edge.options], edge.env);
    assert.equal(exitCode, 1);
    assert.match(stderr, /edge\.yml:\d+:\d+: error: .*oops/);
    assert.match(stderr, /state has no release that HAProxy could serve meanwhile/);
    assert.match(stderr, /→ fix the file of the site/);
  });

  await context.test('the registry', async () => {
    writeFileSync(site, good);
    const registry = path.join(edge.folder, 'registry');
    rmSync(registry, { recursive: true });
    const child = edge.launch();
    await eventually('it says so', async () => edge.log.includes('there is no release yet'));
    assert.doesNotMatch(edge.log, /last good release stays/);
    assert.equal(child.exitCode, null);
    mkdirSync(registry);
    await eventually('the probe passes', () => edge.isHealthy());
    assert.equal(await edge.stop(), 0);
  });
});
