/** `edge run` with real HAProxy: what a change costs, and how soon it is served. */
import assert from 'node:assert/strict';
import { copyFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { atEnd } from '../../support/at-end.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { seenBy } from '../../support/edge/edge-process.js';
import { HAPROXY_VERSIONS } from '../../support/edge/haproxy-versions.js';
import { makeCertificate } from '../../support/edge/test-certificates.js';
import { eventually } from '../../support/eventually.js';

function appText(name: string, slot: number, edge: string): string {
  return `name: ${name}\npods: [alpha]\nprotocol: http\nslot: ${slot}\nedge:\n${edge}`;
}

const ROUTES = (hosts: readonly string[]): string =>
  `  routes: [${hosts.map((host) => `{host: ${host}}`).join(', ')}]\n`;
const SHOP = appText('shop', 21300, ROUTES(['shop.one.example']));
const SIDE = appText('side', 21302, ROUTES(['side.two.example']));

async function status(edge: EdgeDeployment, host: string, client?: string): Promise<number> {
  return (await edge.ask({ hosts: [host], ...(client === undefined ? {} : { client }) })).status;
}

/** @returns milliseconds until it is so */
async function timeUntil(what: string, isSo: () => Promise<boolean>): Promise<number> {
  const startedAt = performance.now();
  await eventually(what, isSo);
  return performance.now() - startedAt;
}

for (const version of HAPROXY_VERSIONS)
  test(`edge run: routes, limits, deny lists and certificates change as HAProxy runs; an app is one reload, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, { version });
    edge.writeApp('shop', SHOP);
    await edge.startServers(context, `${SHOP}---\n${SIDE}`);
    await edge.run();
    await edge.settled();
    atEnd(context, () => context.diagnostic(edge.log));
    assert.equal(seenBy(await edge.ask({ hosts: ['shop.one.example'] })).app, 'shop');
    const pid = await edge.workerPid();

    await context.test('a route', async (part) => {
      edge.writeApp('shop', appText('shop', 21300, ROUTES(['shop.one.example', 'more.one.example'])));
      const tookMs = await timeUntil(
        'the route is served',
        async () => (await status(edge, 'more.one.example')) === 200,
      );
      part.diagnostic(`${tookMs.toFixed(0)} ms`);
      assert.equal(await edge.workerPid(), pid);
    });

    await context.test('an expression, with what one line of the runtime socket would eat', async () => {
      const route = `  routes: [{host: shop.one.example}, {host_regex: '^s-[0-9]+\\.one\\.example$', path_regex: '^/u/[0-9]+$'}]\n`;
      edge.writeApp('shop', appText('shop', 21300, route));
      const ask = async (host: string, target: string) => (await edge.ask({ hosts: [host], target })).status;
      await eventually('the expression is served', async () => (await ask('s-1.one.example', '/u/7')) === 200);
      assert.equal(await ask('s-1.one.example', '/u/x'), 404);
      assert.equal(await edge.workerPid(), pid);
    });

    await context.test('a limit', async () => {
      edge.writeApp('shop', appText('shop', 21300, `${ROUTES(['shop.one.example'])}  rate_limit: {requests: 3}\n`));
      const client = '198.51.100.20';
      await eventually('the limit holds', async () => (await status(edge, 'shop.one.example', client)) === 429);
      assert.equal(await edge.workerPid(), pid);
      edge.writeApp('shop', SHOP);
      await eventually('the limit is gone', async () => (await status(edge, 'shop.one.example', client)) === 200);
    });

    await context.test('a denied network of the site', async () => {
      const client = '203.0.113.77';
      assert.equal(await status(edge, 'shop.one.example', client), 200);
      edge.writeSite('deny: [203.0.113.0/24]');
      await eventually(
        'it is refused',
        async () => (await status(edge, 'shop.one.example', client).catch(() => 0)) === 0,
      );
      assert.equal(await status(edge, 'shop.one.example', '203.0.114.1'), 200);
    });

    await context.test('a renewed certificate', async (part) => {
      const worker = await edge.workerPid();
      const renewed = makeCertificate({ names: ['one.example', '*.one.example'], subject: 'renewed' });
      writeFileSync(path.join(edge.folder, 'next.pem'), renewed.certificate + renewed.key);
      copyFileSync(path.join(edge.folder, 'next.pem'), path.join(edge.folder, 'one.pem'));
      const tookMs = await timeUntil(
        'it is served',
        async () => (await subjectAt(edge, 'shop.one.example')) === 'renewed',
      );
      part.diagnostic(`${tookMs.toFixed(0)} ms`);
      assert.equal(await edge.workerPid(), worker);
    });

    await context.test('a certificate with another name, and the old name no more', async (part) => {
      const worker = await edge.workerPid();
      const next = makeCertificate({ names: ['one.example', 'shop.one.example', 'extra.example'], subject: 'more' });
      writeFileSync(path.join(edge.folder, 'one.pem'), next.certificate + next.key);
      edge.writeApp('shop', appText('shop', 21300, ROUTES(['shop.one.example', 'extra.example'])));
      const tookMs = await timeUntil(
        'the new name is served',
        async () => (await status(edge, 'extra.example').catch(() => 0)) === 200,
      );
      part.diagnostic(`${tookMs.toFixed(0)} ms`);
      assert.equal(await status(edge, 'shop.one.example'), 200);
      await assert.rejects(subjectAt(edge, 'gone.one.example'));
      assert.equal(await edge.workerPid(), worker);
    });

    await context.test('a domain that comes, and goes', async () => {
      const worker = await edge.workerPid();
      // The site is written with new certificates, which do not cover the name that the last part added.
      edge.writeApp('shop', SHOP);
      await eventually('the name is gone', async () => (await status(edge, 'extra.example').catch(() => 0)) !== 200);
      const { certificate, key } = makeCertificate({ names: ['three.example'], subject: 'three' });
      writeFileSync(path.join(edge.folder, 'three.pem'), certificate + key);
      edge.writeSite('', edge.ports, ['{name: three.example, certificate: three.pem}']);
      edge.writeApp('shop', appText('shop', 21300, ROUTES(['shop.one.example', 'three.example'])));
      await eventually('it is served', async () => (await status(edge, 'three.example').catch(() => 0)) === 200);
      assert.equal(await subjectAt(edge, 'three.example'), 'three');
      edge.writeApp('shop', SHOP);
      edge.writeSite();
      await eventually('it is gone', async () => (await subjectAt(edge, 'three.example').catch(() => '')) === '');
      assert.equal(await edge.workerPid(), worker);
    });

    await context.test('an app', async (part) => {
      const worker = await edge.workerPid();
      edge.writeApp('side', SIDE);
      const tookMs = await timeUntil('it is served', async () => (await status(edge, 'side.two.example')) === 200);
      part.diagnostic(`${tookMs.toFixed(0)} ms`);
      // 0.3 to 1.2 s where the machine has room; `bench:edge` measures it.
      assert.ok(tookMs < 8_000, `${tookMs} ms`);
      assert.notEqual(await edge.workerPid(), worker);
      assert.equal(await status(edge, 'shop.one.example'), 200);
    });

    await context.test('a definition that breaks is named, and its app serves on as it was', async () => {
      const worker = await edge.workerPid();
      edge.writeApp('side', 'name: side\npods: nowhere [\n');
      await eventually('it is named', async () => edge.log.includes('the last good version stays in service'));
      assert.match(edge.log, /side\.yml:2/);
      assert.equal(await status(edge, 'side.two.example'), 200);
      assert.equal(await status(edge, 'shop.one.example'), 200);
      assert.equal(await edge.workerPid(), worker);
    });

    assert.equal(await edge.stop(), 0);
    assert.equal(await edge.state(), null, 'HAProxy ends with it');
  });

/** Common name of the certificate that is shown. */
async function subjectAt({ address, ports }: EdgeDeployment, servername: string): Promise<string> {
  const { connect } = await import('node:net');
  const socket = connect({ host: address, port: ports.https });
  socket.write('PROXY TCP4 127.0.0.9 127.0.0.9 4711 443\r\n');
  return new Promise((resolve, reject) => {
    const secure = connectTls({ socket, servername, rejectUnauthorized: false }, () => {
      resolve(String(secure.getPeerCertificate().subject.CN));
      secure.destroy();
    });
    secure.once('error', reject);
  });
}
