/**
 * Promise: wrong labels of a new container close no slot. The app stays as it last was defined, while a container means to
 * define it; a node that restarts takes that from its disk.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ScriptedEngine } from '../support/docker/scripted-engine.js';
import { eventually } from '../support/eventually.js';
import { findPlace, startNodeAt } from '../support/node/node-process.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask } from '../support/traffic/steady-traffic.js';

test('the slot of an app stays when its new container has a wrong label, also over a restart of the node', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const place = await findPlace(context);
  const [old, next] = [await HttpInstance.start(context, 'old'), await HttpInstance.start(context, 'next')];
  const labels = { 'autoproxy.app': 'shop', 'autoproxy.slot': String(place.slot), 'autoproxy.protocol': 'http' };
  const madeAt = ({ host, port }: HttpInstance, more: Readonly<Record<string, string>>) => ({
    labels: { ...labels, ...more },
    networks: { bridge: host },
    ports: [`${port}/tcp`],
  });
  const first = engine.run('old', madeAt(old, {}));
  const before = await startNodeAt(context, place, { '--docker': engine.socketPath });
  await eventually('the old one serves', async () => (await ask(place.host, place.slot)).body === 'old');

  engine.run('next', madeAt(next, { 'autoproxy.retries': 'many' }));
  engine.remove(first);
  await eventually('the new one serves', async () => (await ask(place.host, place.slot)).body === 'next');
  await before.stop();

  const node = await before.again();
  await eventually('the engine is followed', async () => {
    const { sources } = await node.state();
    return sources.some(({ name, up, stale }) => name === 'docker' && up && !stale);
  });
  await eventually('the new one serves', async () => (await ask(place.host, place.slot)).body === 'next');
  const { apps, problems } = await node.state();
  assert.deepEqual(
    apps.map(({ name }) => name),
    ['shop'],
  );
  const said = problems.map(({ severity, message }) => `${severity}: ${message}`);
  assert.match(said[0] ?? '', /^error: autoproxy\.retries: "many" is not a/);
  assert.match(said[1] ?? '', /^warning: shop: container old \(\w{12}\) defines this app until the labels are mended$/);
  assert.equal(said.length, 2);
});
