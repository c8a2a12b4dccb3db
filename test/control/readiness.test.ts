import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appInstance, appOf } from '../support/node/apps.js';
import { createControlPlane } from './plane-parts.js';
import { ScriptedSource } from './scripted-source.js';

test('a node whose only source was never read is not ready, and says why it was not', async (context) => {
  const { plane, source, readiness, cluster } = await createControlPlane(context);
  cluster.start();
  source.fail('/etc/sevrices: there is no such directory');
  await plane.start();
  await cluster.whenApplied(1);
  assert.equal(
    readiness.reason(),
    'there is nothing to serve: directory was never read: /etc/sevrices: there is no such directory',
  );
  source.say([]);
  assert.equal(readiness.reason(), null, 'none is an answer');
  source.fail('gone');
  assert.equal(readiness.reason(), null, 'and stays one');
});

test('with Consul the services directory need not exist, and what Consul never said is waited for', async (context) => {
  const consul = new ScriptedSource('consul');
  const parts = await createControlPlane(context, { consul: 'http://127.0.0.1:8500' }, [consul]);
  const { plane, source, readiness, cluster } = parts;
  cluster.start();
  source.fail('there is no such directory');
  await plane.start();
  await cluster.whenApplied(1);
  assert.equal(readiness.reason(), 'there is nothing to serve: consul was never read');
  consul.fail('no leader');
  assert.equal(readiness.reason(), 'there is nothing to serve: consul was never read: no leader');
  consul.say([]);
  assert.equal(readiness.reason(), null);
});

test('a source that is not in use is not waited for, and stands nowhere', async (context) => {
  const docker = new ScriptedSource('docker');
  const { plane, source, readiness, cluster, admin, status } = await createControlPlane(context, {}, [docker]);
  cluster.start();
  source.lack('/etc/autoproxy.d/services does not exist');
  docker.tell({ apps: [], problems: [], offers: [{ name: 'shop', instances: [appInstance(8_080)] }] });
  await plane.start();
  await cluster.whenApplied(1);
  assert.equal(readiness.reason(), null);
  const shown = [(await status.document()).sources, (await admin.metrics()).sources, admin.page.whole().frame.sources];
  for (const sources of shown)
    assert.deepEqual(
      sources.map(({ name }) => name),
      ['docker'],
    );
  assert.match(plane.problems[0]?.message ?? '', /names the app shop, which no source defines/, 'all have spoken');
});

test('an app from any source is enough, even when the others fail', async (context) => {
  const consul = new ScriptedSource('consul');
  const parts = await createControlPlane(context, { consul: 'http://127.0.0.1:8500' }, [consul]);
  const { plane, source, readiness, cluster, slot } = parts;
  cluster.start();
  consul.fail('no leader');
  source.say([appOf('shop', slot)]);
  await plane.start();
  assert.equal(readiness.reason(), 'no worker serves yet');
  await cluster.whenApplied(1);
  assert.equal(readiness.reason(), null);
  plane.announceStop();
  assert.equal(readiness.reason(), 'the node is stopping');
});

test('with no slot bound the node is not ready and names the first three; with one it is', async (context) => {
  // The address of nobody here (RFC 5737).
  const { plane, source, readiness, cluster, slot } = await createControlPlane(context, { bind: '192.0.2.1' });
  cluster.start();
  source.say(['a', 'b', 'c', 'd', 'e'].map((name, index) => appOf(name, slot + 2 * index)));
  await plane.start();
  const [first, second, third, more, ...others] = (readiness.reason() ?? '').split('; ');
  assert.match(first ?? '', /^no slot is bound: a: EADDRNOTAVAIL: port \d+ /);
  assert.match(second ?? '', /^b: EADDRNOTAVAIL/);
  assert.match(third ?? '', /^c: EADDRNOTAVAIL/);
  assert.deepEqual([more, ...others], ['and 2 more']);
});
