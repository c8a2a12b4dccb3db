/** HAProxy dies, or `edge run` does: each comes back to the other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { HAPROXY_VERSIONS } from '../../support/edge/haproxy-versions.js';
import { eventually } from '../../support/eventually.js';

const SHOP = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21310\nedge:\n  routes: [{host: shop.one.example}]\n';

async function isServed(edge: EdgeDeployment): Promise<boolean> {
  return (await edge.ask({ hosts: ['shop.one.example'] }).catch(() => null))?.status === 200;
}

for (const version of HAPROXY_VERSIONS)
  test(`edge run: killed HAProxy is started again, and a killed edge run leaves it running for the next, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, { version });
    edge.writeApp('shop', SHOP);
    await edge.startServers(context, SHOP);
    await edge.run();
    await eventually('the app is served', () => isServed(edge));

    await context.test('its worker is killed', async () => {
      const pid = await edge.workerPid();
      assert.ok(pid > 1);
      process.kill(pid, 'SIGKILL');
      await eventually('another worker serves', async () => {
        const now = (await edge.state())?.workerPid ?? null;
        return now !== null && now !== pid && (await isServed(edge));
      });
    });

    await context.test('its master is killed', async () => {
      const before = await edge.state();
      assert.ok(before !== null && before.masterPid > 1);
      process.kill(before.masterPid, 'SIGKILL');
      await eventually('another one serves', async () => {
        const state = await edge.state();
        return state !== null && state.masterPid !== before.masterPid && (await isServed(edge));
      });
    });

    await context.test('edge run is killed: HAProxy serves on, and the next one takes it over', async () => {
      const before = await edge.state();
      await edge.stop('SIGKILL');
      assert.equal(await isServed(edge), true);
      await edge.run();
      const after = await edge.state();
      assert.equal(after?.masterPid, before?.masterPid);
      assert.match(edge.log, /"adopted":true/);
      edge.writeApp('shop', SHOP.replace('shop.one', 'new.one'));
      await eventually(
        'what changes then is served',
        async () => (await edge.ask({ hosts: ['new.one.example'] }).catch(() => null))?.status === 200,
      );
    });

    assert.equal(await edge.stop(), 0);
    assert.equal(await edge.state(), null);
  });

/** One version: HAProxy has no part in where `edge run` takes its release from. */
test('edge run begins with the last good release when the registry cannot be read', async (context) => {
  const edge = await EdgeDeployment.create(context, { version: '3.0' });
  edge.writeApp('shop', SHOP);
  await edge.startServers(context, SHOP);
  assert.equal((await edge.cli('apply')).exitCode, 0);
  const { folder } = edge;
  await edge.run('--registry', `${folder}/gone`);
  await eventually('the app is served', () => isServed(edge));
  await eventually('it says so', async () => edge.log.includes('the last good release stays in force'));
  assert.equal(await edge.stop(), 0);
});
