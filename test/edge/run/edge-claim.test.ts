/** Two `edge run` would take each other's HAProxy and releases for their own: the second one says who was first. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { EdgeClaim, EdgeFolderHeld } from '../../../edge/run/edge-claim.js';
import { temporaryFolder } from '../../support/at-end.js';
import { EdgeDeployment } from '../../support/edge/edge-deployment.js';
import { runCli } from '../../support/node/run-cli.js';

test('a second edge run on one state directory, or at one run_dir, is refused with the name of the first', async (context) => {
  const edge = await EdgeDeployment.create(context, { version: '2.6' });
  await edge.run();
  const second = await runCli(['edge', 'run', ...edge.options], edge.env);
  assert.equal(second.exitCode, 1);
  assert.match(second.stderr, /state is in use by edge run \d+ \(--site .*edge\.yml, --state-dir .*state\)/);
  assert.match(second.stderr, /--state-dir DIR/);
  const elsewhere = await runCli(
    ['edge', 'run', ...edge.options, '--state-dir', path.join(edge.folder, 'other')],
    edge.env,
  );
  assert.equal(elsewhere.exitCode, 1);
  assert.match(elsewhere.stderr, /run is in use by edge run \d+/);
  assert.match(elsewhere.stderr, /process\.run_dir/);
  assert.equal(await edge.isHealthy(), true);
  await edge.stop('SIGKILL');
  await edge.run();
  assert.equal(await edge.stop(), 0);
});

test('of ten that want a folder at one time one gets it, however long its path is', async (context) => {
  const folder = path.join(temporaryFolder(context, 'claim'), 'x'.repeat(120));
  mkdirSync(folder);
  const all = await Promise.allSettled(Array.from({ length: 10 }, (_, at) => EdgeClaim.take(folder, `${at}`, 'wait')));
  const held = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  assert.equal(held.length, 1);
  for (const one of all)
    if (one.status === 'rejected') assert.ok(one.reason instanceof EdgeFolderHeld, String(one.reason));
  await held[0]?.release();
  await (await EdgeClaim.take(folder, 'next', 'wait')).release();
});
