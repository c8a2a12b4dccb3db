/** What was served before the restart is served at once after it, though its source is gone. */
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { startNode } from '../support/node/node-process.js';
import { runCli } from '../support/node/run-cli.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, untilAnswered } from '../support/traffic/steady-traffic.js';

test('without its services directory a node serves the last good state, marked stale, until the directory speaks', async (context) => {
  const [old, fresh] = [await HttpInstance.start(context, 'old'), await HttpInstance.start(context, 'fresh')];
  const first = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [old.id]) }));
  assert.equal((await first.state()).sources[0]?.stale, false);
  assert.equal(await first.stop(), 0);
  await rm(first.servicesDir, { recursive: true });

  const node = await first.again();
  assert.deepEqual((await node.logged('ready')).slots, { shop: node.slot });
  assert.deepEqual(await ask(node.host, node.slot), { status: 200, body: 'old' });
  const [source] = (await node.state()).sources;
  assert.deepEqual([source?.up, source?.stale, source?.apps], [false, true, 1]);
  await node.logged('reading the source failed');

  await mkdir(node.servicesDir);
  await node.write('shop.yml', appText('shop', node.slot, [fresh.id]));
  const state = await node.untilState(({ apps }) => apps[0]?.instances[0]?.id === fresh.id);
  assert.deepEqual([state.sources[0]?.up, state.sources[0]?.stale], [true, false]);
  await untilAnswered(node.host, node.slot, { status: 200, body: 'fresh' });
});

test('a file that broke while the node was stopped: its apps are served as they were, its neighbor as it is', async (context) => {
  const [old, side] = [await HttpInstance.start(context, 'old'), await HttpInstance.start(context, 'side')];
  const first = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [old.id]) }));
  assert.equal(await first.stop(), 0);
  await first.write('shop.yml', 'shop: [\n');
  await first.write('side.yml', appText('side', first.slot + 2, [side.id]));

  const node = await first.again();
  await untilAnswered(node.host, node.slot + 2, { status: 200, body: 'side' });
  assert.deepEqual(await ask(node.host, node.slot), { status: 200, body: 'old' });
  await node.logged(/shop\.yml:2:1: error: .*its last good version \(1 app\) stays in force/);
  await node.write('shop.yml', '{}\n');
  await node.untilState(({ apps }) => apps.every(({ name }) => name !== 'shop'));
});

test('a stored state and decisions that are half files are set aside and named, and the node starts without them', async (context) => {
  const instance = await HttpInstance.start(context);
  const first = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }));
  assert.equal(await first.stop(), 0);
  for (const name of ['last-good.json', 'overrides.json'])
    await writeFile(path.join(first.stateDir, name), '{"version":1,"apps":[{"na');
  const node = await first.again();
  const said = await node.logged('the last good state cannot be read; starting without it');
  assert.match(String(said.movedTo), /last-good\.json\.refused-/);
  assert.deepEqual(await ask(node.host, node.slot), { status: 200, body: 'done' });
  const { problems } = await node.state();
  assert.deepEqual(
    problems.map(({ severity, file, message }) => [
      severity,
      path.basename(file),
      message.split(' at the start of ')[0],
    ]),
    [
      ['error', 'overrides.json', 'could not be read'],
      ['warning', 'last-good.json', 'could not be read'],
    ],
  );
  const doctor = await runCli(['doctor', '--admin', node.admin]);
  assert.equal(doctor.exitCode, 1);
  assert.match(doctor.stdout, /^bad +node +\S+overrides\.json: error: could not be read at the start of /m);
  const status = await runCli(['status', '--admin', node.admin]);
  assert.match(
    status.stdout,
    /^\S+last-good\.json: warning: could not be read .*kept as \S+last-good\.json\.refused-/m,
  );
});
