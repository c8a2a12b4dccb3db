/** Descriptors: what is said to be enough is enough for real HAProxy, and without a number there are as many clients as fit. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { askSocket } from '../../../edge/haproxy/control-socket.js';
import { capacityOf } from '../../../edge/sections/capacity.js';
import { temporaryFolder } from '../../support/at-end.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { siteOf, siteText } from '../../support/edge/edge-release.js';
import { HAPROXY_VERSIONS } from '../../support/edge/haproxy-versions.js';

const SHOP = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21310\nedge:\n  routes: [{host: shop.one.example}]\n';
/** So many servers that they count. */
const NAMES = '{template: "{app}.{pod}.example", port: 443, slots: 64, nameservers: ["127.0.0.1:9"]}';

function underLimit(descriptors: number): readonly string[] {
  return ['sh', '-c', `ulimit -n ${descriptors}; exec "$@"`, 'sh'];
}

async function runningFigure(edge: EdgeDeployment, name: string): Promise<number> {
  const figures = await askSocket(path.join(edge.folder, 'run/admin.sock'), 'show info');
  return Number(new RegExp(`^${name}: (\\d+)$`, 'm').exec(figures)?.[1]);
}

for (const version of HAPROXY_VERSIONS)
  test(`without a number of clients there are as many as the descriptors allow, HAProxy ${version}`, async (context) => {
    const limit = 1_500;
    const edge = await EdgeDeployment.create(context, { version, servers: NAMES, maxConnections: null });
    edge.writeApp('shop', SHOP);
    const check = await edge.checkUnder(underLimit(limit), '--json');
    assert.equal(check.exitCode, 0, check.stderr);
    const { capacity, haproxy } = JSON.parse(check.stdout);
    assert.deepEqual(
      haproxy.machine.filter((line: string) => line.includes('descriptors')),
      [],
    );
    assert.ok(capacity.descriptors <= limit && capacity.maxConnections >= 180, check.stdout);
    await edge.runUnder(underLimit(limit));
    await edge.settled();
    const taken = await runningFigure(edge, 'Maxsock');
    assert.ok(
      taken <= capacity.descriptors && capacity.descriptors - taken < 50,
      `${taken} of ${capacity.descriptors}`,
    );
    assert.equal(await runningFigure(edge, 'Maxconn'), 3 * capacity.maxConnections + 100);
    assert.equal(await edge.stop(), 0);
  });

test('edge check and edge run name both figures when a number of clients takes more than there are', async (context) => {
  const edge = await EdgeDeployment.create(context, { version: '2.6' });
  edge.writeApp('shop', SHOP);
  const check = await edge.checkUnder(underLimit(1_000), '--strict');
  assert.equal(check.exitCode, 0, 'the configuration has no fault');
  assert.match(check.stderr, /max_connections 200 takes 14\d\d descriptors, six for each, .* may have 1000: lower it/);
});

test('the number of clients is what was written, the usual one, or what fits; never less than ten', (context) => {
  const folder = temporaryFolder(context, 'capacity');
  const clients = (process: string, limit: number) =>
    capacityOf(siteOf(siteText(folder, `servers: ${NAMES}\nprocess: {${process}}`), folder), [], limit).maxConnections;
  assert.equal(clients('max_connections: 50000', 1_024), 50_000);
  assert.equal(clients('', Number.POSITIVE_INFINITY), 10_000);
  assert.equal(clients('', 1_048_576), 10_000);
  assert.equal(clients('threads: 2', 20_000), 3_280);
  assert.equal(clients('threads: 2', 4_096), 630);
  assert.equal(clients('', 256), 10);
});
