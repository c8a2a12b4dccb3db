/** HUP: everything is read again now, also what is only looked at every two seconds; options are looked at and not taken. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { EventsDocument } from '../../src/admin/events-document.js';
import { temporaryFolder } from '../support/at-end.js';
import { startNode } from '../support/node/node-process.js';
import { runCliHere } from '../support/node/run-cli-here.js';

/** Of backups.txt, which no notification tells of. */
const POLL_MS = 2_000;
const ROUNDS = 3;

test('HUP makes backups.txt known at once, and the node goes on as it was', async (context) => {
  const node = await startNode(context, () => ({}));
  const [{ pid }, workerPids] = [await node.state(), await node.workerPids()];
  const startedAt = performance.now();
  for (let round = 1; round <= ROUNDS; round += 1) {
    const address = `127.99.0.${round}`;
    await writeFile(path.join(node.servicesDir, 'backups.txt'), `${address}\n`);
    node.signal('SIGHUP');
    await node.untilState(({ neighbors }) => neighbors[0]?.address === address);
  }
  // Left to its polls the node would have needed one for each round.
  assert.ok(performance.now() - startedAt < (ROUNDS - 1) * POLL_MS, 'no round waited for a poll');
  const said = 'reading all sources again; options are read at a start alone, so a changed one needs a restart';
  assert.equal(node.linesOf(said).length, ROUNDS);
  const { events } = (await (await fetch(`http://${node.admin}/events`)).json()) as EventsDocument;
  assert.equal(events.filter(({ kind }) => kind === 'reload').length, ROUNDS);
  assert.deepEqual([(await node.state()).pid, await node.workerPids()], [pid, workerPids]);
});

test('HUP with options that would not let the node start again says so, and changes nothing', async (context) => {
  const file = path.join(temporaryFolder(context, 'options'), 'node.yml');
  await writeFile(file, 'lame-duck: 7s\n');
  const node = await startNode(context, () => ({}), { '--config': file });
  const before = await node.state();
  await writeFile(file, 'lame-duck: 9s\nworkrs: 3\n');
  node.signal('SIGHUP');
  const said = 'a restart would fail: the options are wrong as they are written now; those in force stay';
  const { mistakes } = await node.logged(said);
  const [mistake = ''] = mistakes as readonly string[];
  assert.ok(mistake.startsWith(`${file}:2:1: error: unknown option "workrs" (did you mean "workers"?)`), mistake);
  const wrong = await node.untilState(({ problems }) => problems.length === 1);
  assert.deepEqual([wrong.pid, wrong.workers.length, wrong.status], [before.pid, before.workers.length, 'ready']);
  const doctor = await runCliHere(['doctor', '--admin', node.admin]);
  assert.match(doctor.stdout, /^bad +node +\S+node\.yml:2:1: error: a restart would fail: unknown option "workrs"/m);
  assert.equal(doctor.exitCode, 1);

  await writeFile(file, 'lame-duck: 9s\n');
  node.signal('SIGHUP');
  await node.logged('the options are right again as they are written now; a restart takes them');
  assert.deepEqual((await node.state()).problems, []);
});
