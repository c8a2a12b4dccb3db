/** A HAProxy process stands still while its master runs: `edge run` says so, and clients are served again. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { factsOf, findMasters } from '../../../edge/haproxy/processes.js';
import { atEnd } from '../../support/at-end.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { HAPROXY_ENDS } from '../../support/edge/haproxy-versions.js';
import { eventually } from '../../support/eventually.js';
import { holdAsDebugger } from '../../support/machine/debugger.js';

const SHOP = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21316\nedge:\n  routes: [{host: shop.one.example}]\n';
/** It is said after 5 to 8 s, replaced after 9 to 12 and ended after 18 to 21. */
const PATIENCE_MS = 60_000;
const MANY = 20;
const REQUEST = 'GET / HTTP/1.1\r\nHost: shop.one.example\r\n\r\n';

async function isServed(edge: EdgeDeployment): Promise<boolean> {
  return (await edge.ask({ hosts: ['shop.one.example'] }).catch(() => null))?.status === 200;
}

/** Each on a connection of its own: the kernel divides them among all that listen. */
async function areAllServed(edge: EdgeDeployment): Promise<boolean> {
  const answers = await Promise.all(Array.from({ length: MANY }, () => isServed(edge)));
  return answers.every((isAnswered) => isAnswered);
}

async function hasEnded(pid: number): Promise<boolean> {
  return ((await factsOf(pid))?.state ?? 'Z') === 'Z';
}

async function startedEdge(context: TestContext, version: (typeof HAPROXY_ENDS)[number]): Promise<EdgeDeployment> {
  // HAProxy counts time while it stands still, too.
  const edge = await EdgeDeployment.create(context, {
    version,
    site: 'timeouts: {request_head: 60s, keep_alive: 60s}',
  });
  edge.writeApp('shop', SHOP);
  await edge.startServers(context, SHOP);
  await edge.run();
  await edge.settled();
  await eventually('the app is served', () => isServed(edge));
  return edge;
}

for (const version of HAPROXY_ENDS) {
  test(`a worker that was stopped goes on, and no client is lost, HAProxy ${version}`, async (context) => {
    const edge = await startedEdge(context, version);
    const pid = await edge.workerPid();
    const begun = await edge.open('shop.one.example');
    atEnd(context, () => begun.close());
    begun.write(REQUEST);
    assert.equal((await begun.response('GET')).status, 200);
    process.kill(pid, 'SIGSTOP');
    begun.write(REQUEST);
    await eventually('it is said', async () => edge.log.includes('the worker of HAProxy does not answer'), PATIENCE_MS);
    assert.match(edge.log, /"reason":"a signal stopped it \(SIGSTOP\)".*told to continue/);
    assert.equal((await begun.response('GET')).status, 200);
    await eventually('that is said', async () => edge.log.includes('the worker of HAProxy answers again'), PATIENCE_MS);
    assert.equal(await areAllServed(edge), true);
    assert.equal(await edge.workerPid(), pid);
    assert.equal(await edge.stop(), 0);
  });

  test(`a worker that a debugger holds is replaced and ended, HAProxy ${version}`, async (context) => {
    const edge = await startedEdge(context, version);
    const { masterPid = 0, workerPid } = (await edge.state()) ?? {};
    await holdAsDebugger(context, workerPid ?? 0);
    await eventually('it is gone', () => hasEnded(workerPid ?? 0), PATIENCE_MS);
    assert.match(edge.log, /"reason":"a debugger holds it"/);
    assert.match(edge.log, /a new worker takes the place of the silent one/);
    await eventually('all new clients are served', () => areAllServed(edge), PATIENCE_MS);
    const after = await edge.state();
    assert.equal(after?.masterPid, masterPid);
    assert.notEqual(after?.workerPid, workerPid);
    assert.deepEqual(after?.oldWorkers, []);
    assert.equal(await edge.stop(), 0);
  });

  test(`a worker that stands still outlives neither its master nor a stop, HAProxy ${version}`, async (context) => {
    const edge = await startedEdge(context, version);
    const before = (await edge.state()) ?? { masterPid: 0, workerPid: null };
    await holdAsDebugger(context, before.workerPid ?? 0);
    process.kill(before.masterPid, 'SIGKILL');
    await eventually('another HAProxy serves all', () => areAllServed(edge), PATIENCE_MS);
    await eventually('the old one is gone', () => hasEnded(before.workerPid ?? 0));
    await edge.settled();

    const worker = await edge.workerPid();
    await holdAsDebugger(context, worker);
    assert.equal(await edge.stop(), 0);
    assert.equal(await hasEnded(worker), true);
    assert.deepEqual(await findMasters(`${edge.folder}/run/master.sock`), []);
  });
}
