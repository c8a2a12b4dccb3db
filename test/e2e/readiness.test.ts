/** A node that serves nothing says so to those who ask whether it is ready, and says why. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { atEnd } from '../support/at-end.js';
import { findPlace, launchNodeAt, type NodePlace, type RunningNode } from '../support/node/node-process.js';
import { runCli } from '../support/node/run-cli.js';
import { appText, writeAtomically } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { untilAnswered } from '../support/traffic/steady-traffic.js';

async function healthcheckOf(place: NodePlace): Promise<readonly [number | null, string]> {
  const { exitCode, stdout } = await runCli(['healthcheck', '--admin', place.admin]);
  return [exitCode, stdout];
}

async function startUnready(context: TestContext, place: NodePlace): Promise<RunningNode> {
  const node = launchNodeAt(context, place);
  await node.logged('not ready');
  return node;
}

test('while somebody else holds all of its ports it is not ready', async (context) => {
  const instance = await HttpInstance.start(context);
  const place = await findPlace(context);
  const services = path.join(place.root, 'services');
  await mkdir(services);
  await writeAtomically(path.join(services, 'shop.yml'), appText('shop', place.slot, [instance.id]));
  // As an HAProxy that was not stopped would.
  const holder = createServer();
  atEnd(context, () => holder.close());
  holder.listen(place.slot, place.host);
  await once(holder, 'listening');
  const node = await startUnready(context, place);
  await node.untilState(({ apps }) => apps[0]?.bindError?.includes('(pid ') === true);
  const [exitCode, said] = await healthcheckOf(place);
  assert.equal(exitCode, 1);
  assert.match(said, new RegExp(`^not ready: no slot is bound: shop: EADDRINUSE: .* \\(pid ${process.pid}\\)\n$`));
  assert.equal((await node.state()).status, 'starting');

  holder.close();
  await node.logged('ready');
  assert.deepEqual(await healthcheckOf(place), [0, 'ready\n']);
  await untilAnswered(place.host, place.slot, { status: 200, body: 'done' });
});

test('with a services directory that is not there it is not ready; with an empty one it is', async (context) => {
  const place = await findPlace(context);
  const node = await startUnready(context, place);
  const [exitCode, said] = await healthcheckOf(place);
  assert.equal(exitCode, 1);
  assert.match(
    said,
    /^not ready: there is nothing to serve: directory was never read: .*this directory does not exist; create it/,
  );
  await mkdir(node.servicesDir);
  await node.logged('ready');
  assert.deepEqual(await healthcheckOf(place), [0, 'ready\n']);
});
