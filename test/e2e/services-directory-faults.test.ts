/** A services directory with nothing valid in it: the node serves nothing, says why, and takes up what is mended. */
import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { findPlace, launchNodeAt, type RunningNode, startNodeAt } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { untilAnswered } from '../support/traffic/steady-traffic.js';

/** Root reads everything, unless it is told not to. */
const OBEYING_MODES =
  process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-dac_override,-dac_read_search', '--'] : [];

const REFUSED = 'reading the source failed';

/** One app more, as somebody who has mended the directory would write it. */
async function assertServes(context: TestContext, node: RunningNode): Promise<void> {
  const instance = await HttpInstance.start(context);
  await node.write('shop.yml', appText('shop', node.slot, [instance.id]));
  await untilAnswered(node.host, node.slot, { status: 200, body: 'done' });
  await node.logged('ready');
  assert.deepEqual([(await node.state()).sources[0]?.up, (await node.state()).sources[0]?.stale], [true, false]);
}

/** Not ready, and the source is down for this reason, which is logged once however often it is tried. */
async function assertServesNothing(node: RunningNode, reason: RegExp): Promise<void> {
  assert.match(String((await node.logged('not ready')).reason), reason);
  const { apps, sources, status, notReady } = await node.state();
  assert.deepEqual([status, apps], ['starting', []]);
  assert.match(notReady ?? '', reason);
  assert.deepEqual([sources[0]?.up, sources[0]?.stale], [false, true]);
  node.signal('SIGHUP');
  await node.logged(/^reading all sources again/);
  const lines = node.linesOf(REFUSED);
  assert.equal(lines.length, 1);
  assert.match(String(lines[0]?.reason), reason);
  assert.ok(String(lines[0]?.reason).startsWith(node.servicesDir));
}

test('missing', async (context) => {
  const node = launchNodeAt(context, await findPlace(context));
  await assertServesNothing(node, /this directory does not exist; create it/);
  await mkdir(node.servicesDir);
  await assertServes(context, node);
});

test('a file', async (context) => {
  const place = await findPlace(context);
  await writeFile(path.join(place.root, 'services'), '');
  const node = launchNodeAt(context, place);
  await assertServesNothing(node, /this is not a directory; name one with --services-dir/);
  await rm(node.servicesDir);
  await mkdir(node.servicesDir);
  await assertServes(context, node);
});

test('unreadable', async (context) => {
  const place = await findPlace(context);
  const servicesDir = path.join(place.root, 'services');
  await mkdir(servicesDir, { mode: 0 });
  const node = launchNodeAt(context, place, {}, OBEYING_MODES);
  await assertServesNothing(node, /permission denied; let the user that autoproxy runs as read and enter it/);
  await chmod(servicesDir, 0o755);
  await assertServes(context, node);
});

test('empty', async (context) => {
  const place = await findPlace(context);
  await mkdir(path.join(place.root, 'services'));
  const node = await startNodeAt(context, place);
  assert.deepEqual((await node.logged('ready')).slots, {});
  const { apps, sources } = await node.state();
  assert.deepEqual([apps, sources[0]?.up], [[], true]);
  await assertServes(context, node);
});

test('with nothing but broken files: each is named with its place, and the first mended one is served', async (context) => {
  const place = await findPlace(context);
  const servicesDir = path.join(place.root, 'services');
  await mkdir(path.join(servicesDir, 'folder.yml'), { recursive: true });
  await writeFile(path.join(servicesDir, 'empty.yml'), '');
  await writeFile(path.join(servicesDir, 'port.yml'), appText('shop', 70_000));
  await writeFile(path.join(servicesDir, 'syntax.yml'), 'shop: {protocol: http');
  const node = await startNodeAt(context, place);
  assert.deepEqual((await node.logged('ready')).slots, {});
  const { apps, problems } = await node.state();
  assert.deepEqual(apps, []);
  for (const name of ['folder', 'port', 'syntax']) {
    const problem = problems.find(({ file }) => file === path.join(servicesDir, `${name}.yml`));
    assert.equal(problem?.severity, 'error', name);
    assert.notEqual(problem.hint, '', name);
    await node.logged(new RegExp(`/${name}\\.yml.*error: `));
  }
  await node.logged(/\/port\.yml:3:\d+: error: .*70000/);
  await rm(path.join(servicesDir, 'port.yml'));
  await assertServes(context, node);
});
