/** `edge run` is killed at each step of its stop: the next one brings a front door that serves, and can be stopped. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd, type Ending } from '../../support/at-end.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { HAPROXY_ENDS } from '../../support/edge/haproxy-versions.js';
import { eventually } from '../../support/eventually.js';
import type { RawConnection } from '../../support/traffic/raw-connection.js';

const SHOP = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21310\nedge:\n  routes: [{host: shop.one.example}]\n';

async function isServed(edge: EdgeDeployment): Promise<boolean> {
  return (await edge.ask({ hosts: ['shop.one.example'] }).catch(() => null))?.status === 200;
}

async function assertServes(edge: EdgeDeployment): Promise<void> {
  await eventually('the app is served', () => isServed(edge));
  await eventually('the probe of the balancers passes', () => edge.isHealthy());
}

/** A request that is under way as long as it is not closed: HAProxy does not end before it. */
async function startRequest(context: Ending, edge: EdgeDeployment): Promise<RawConnection> {
  const connection = await edge.open('shop.one.example');
  atEnd(context, () => connection.close());
  connection.write('GET / HTTP/1.1\r\nHost: shop.one.example\r\n');
  return connection;
}

for (const version of HAPROXY_ENDS)
  test(`edge run that did not come to the end of its stop, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, { version });
    edge.writeApp('shop', SHOP);
    await edge.startServers(context, SHOP);
    await edge.run('--lame-duck', '60s');

    await context.test('killed in the lame duck: the next one enables the probe again', async () => {
      await assertServes(edge);
      await edge.settled();
      const before = await edge.state();
      edge.signal('SIGTERM');
      await eventually('the probe fails', async () => !(await edge.isHealthy()));
      await edge.stop('SIGKILL');
      assert.equal(await isServed(edge), true);
      await edge.run('--lame-duck', '1ms', '--drain-timeout', '60s');
      await assertServes(edge);
      assert.equal((await edge.state())?.masterPid, before?.masterPid);
    });

    await context.test('killed while HAProxy waits for its clients: the next one reloads it', async () => {
      const request = await startRequest(context, edge);
      const before = await edge.state();
      edge.signal('SIGTERM');
      await eventually('no new clients are taken', async () => !(await isServed(edge)));
      await edge.stop('SIGKILL');
      await edge.run('--lame-duck', '60s');
      await assertServes(edge);
      assert.equal((await edge.state())?.masterPid, before?.masterPid);
      request.write('\r\n');
      assert.equal((await request.response('GET')).status, 200);
    });

    await context.test('killed when HAProxy was ended by force: the next one starts it', async () => {
      await edge.stop('SIGKILL');
      process.kill((await edge.state())?.masterPid ?? 0, 'SIGTERM');
      await edge.run('--lame-duck', '60s');
      await assertServes(edge);
    });

    await context.test('a second INT ends it now, though the probe fails already and a client is at work', async () => {
      await edge.settled();
      await startRequest(context, edge);
      await edge.runtime.disableFrontend('fe_health');
      edge.signal('SIGINT');
      await eventually('it drains', async () => edge.log.includes('HAProxy is draining'));
      assert.equal(await edge.stop('SIGINT'), 0);
      assert.match(edge.log, /stopping now/);
      assert.doesNotMatch(edge.log, /already disabled/);
      assert.equal(await edge.state(), null);
    });
  });
