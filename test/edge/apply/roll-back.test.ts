/** What HAProxy refuses changes nothing; what does not work is taken back, byte by byte. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { HAPROXY_ENDS } from '../../support/edge/haproxy-versions.js';
import { eventually } from '../../support/eventually.js';

const SHOP = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21320\nedge:\n  routes: [{host: shop.one.example}]\n';

for (const version of HAPROXY_ENDS)
  test(`edge apply: checks, waits for HAProxy, refuses, rolls back, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, { version });
    edge.writeApp('shop', SHOP);
    await edge.startServers(context, SHOP);

    const diff = await edge.cli('diff');
    assert.equal(diff.exitCode, 2);
    assert.match(diff.stdout, /^maps\/prefix\.map: added\n\+ shop\.one\.example\/ shop$/m);
    assert.match((await edge.cli('apply')).stdout, /is written; HAProxy does not run/);
    assert.equal((await edge.cli('diff')).exitCode, 0);
    assert.equal((await edge.check('--strict')).exitCode, 0);
    await edge.run();
    // While a new worker fails to bind its ports, the old one lets go of its own, and takes them again when it comes to that.
    const untilServed = (host: string): Promise<void> =>
      eventually(
        `${host} is served`,
        async () => (await edge.ask({ hosts: [host] }).catch(() => null))?.status === 200,
      );
    await untilServed('shop.one.example');
    // One that is killed at work may leave a reload under way.
    await edge.settled();
    await edge.stop('SIGKILL');
    const id = await edge.directory.current();
    const before = edge.current();

    await context.test('a configuration that HAProxy refuses', async () => {
      edge.writeSite('process: {run_dir: /nowhere}');
      assert.equal((await edge.cli('apply')).exitCode, 1, 'a key that stands twice');
      edge.writeSite();
      edge.writeSite('timeouts: {hello: 0}');
      const refused = await edge.cli('apply');
      assert.equal(refused.exitCode, 1);
      assert.equal(await edge.directory.current(), id);
    });

    await context.test('a port of somebody else: rolled back, exit code 4', async () => {
      const taken = createServer().listen(0, edge.address);
      await once(taken, 'listening');
      const { port } = taken.address() as { readonly port: number };
      const worker = await edge.workerPid();
      edge.writeSite('', { ...edge.ports, https: port });
      const result = await edge.cli('apply');
      taken.close();
      assert.equal(result.exitCode, 4, result.stdout + result.stderr);
      assert.match(result.stdout, /was rolled back: /);
      assert.equal(await edge.directory.current(), id);
      assert.equal(edge.current(), before);
      await untilServed('shop.one.example');
      assert.ok((await edge.workerPid()) > 0 && worker > 0);
    });

    await context.test('then what is right', async () => {
      edge.writeSite();
      edge.writeApp('shop', SHOP.replace('shop.one.example}', 'shop.one.example}, {host: b.one.example}'));
      const result = await edge.cli('apply');
      assert.equal(result.exitCode, 0, result.stdout + result.stderr);
      await untilServed('b.one.example');
    });

    await context.test('keys are for their owner alone', () => {
      const certs = path.join(edge.directory.root, 'current/certs');
      assert.equal(statSync(certs).mode & 0o777, 0o700);
      for (const name of readdirSync(certs)) assert.equal(statSync(path.join(certs, name)).mode & 0o777, 0o600);
    });
  });
