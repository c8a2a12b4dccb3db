/** Who has used up his limit does not get it back by a reload: the old worker hands its tables over (peers). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EdgeDeployment } from '../../support/edge-deployment.js';
import { eventually } from '../../support/eventually.js';
import { HAPROXY_VERSIONS } from '../../support/haproxy-versions.js';

const CLIENT = '198.51.100.44';
/** Debian's 2.6 does not hand them over; the limit begins anew there. */
const KEEPS = { '2.6': false, '3.0': true, '3.2': true };

function appText(name: string, slot: number, more = ''): string {
  return `name: ${name}\npods: [alpha]\nprotocol: http\nslot: ${slot}\nedge:\n  routes: [{host: ${name}.one.example}]\n${more}`;
}

for (const version of HAPROXY_VERSIONS)
  test(`counters over a reload, HAProxy ${version}`, async (context) => {
    const edge = await EdgeDeployment.create(context, { version });
    const limited = appText('limited', 21_460, '  rate_limit: {requests: 5, window: 60s}\n');
    const side = appText('side', 21_462);
    edge.writeApp('limited', limited);
    await edge.startServers(context, `${limited}---\n${side}`);
    await edge.run();
    const status = async (name: string): Promise<number> =>
      (await edge.ask({ hosts: [`${name}.one.example`], client: CLIENT }).catch(() => null))?.status ?? 0;
    await eventually('the limit is used up', async () => (await status('limited')) === 429);
    const worker = await edge.workerPid();
    edge.writeApp('side', side);
    await eventually('the other app is served, by a reload', async () => (await status('side')) === 200);
    assert.notEqual(await edge.workerPid(), worker);
    if (KEEPS[version]) await eventually('the limit holds', async () => (await status('limited')) === 429);
    else assert.equal(await status('limited'), 200);
  });
