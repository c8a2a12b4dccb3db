/** The disk of the state directory is full: serving goes on, the log says so once, and no half file is left. */
import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { FILLER, onSmallDisk } from '../support/machine/small-disk.js';
import { findPlace, startNodeAt } from '../support/node/node-process.js';
import { runCli } from '../support/node/run-cli.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, untilAnswered } from '../support/traffic/steady-traffic.js';

const DISK_KILOBYTES = 64;
const ALL_FILES = ['admin.sock', 'events.jsonl', 'last-good.json', 'node-secret', 'overrides.json', 'run'];

test('with a full disk new apps are served, decisions are in force, and the last good file stays whole', async (context) => {
  const instance = await HttpInstance.start(context);
  const place = await findPlace(context);
  const stateDir = path.join(place.root, 'state');
  await mkdir(stateDir);
  await mkdir(path.join(place.root, 'services'));
  const node = await startNodeAt(context, place, {}, onSmallDisk(stateDir, { kilobytes: DISK_KILOBYTES }));
  const disk = path.join('/proc', String(node.pid), 'root', stateDir);
  const lastGood = path.join(disk, 'last-good.json');
  await node.write('first.yml', appText('first', node.slot, [instance.id]));
  await node.untilState(({ apps }) => apps.length === 1);
  await eventually('the first state is on the disk', async () =>
    (await readFile(lastGood, 'utf8').catch(() => '')).includes('first'),
  );
  const before = await readFile(lastGood, 'utf8');

  const filler = path.join(disk, FILLER);
  await writeFile(filler, '');
  await assert.rejects(appendFile(filler, Buffer.alloc(2 * DISK_KILOBYTES * 1_024)), { code: 'ENOSPC' });
  await node.write('second.yml', appText('second', node.slot + 2, [instance.id]));
  const said = await node.logged('saving the state in force failed; the last file stays as it was');
  assert.match(String(said.reason), /ENOSPC/);
  await untilAnswered(node.host, node.slot + 2, { status: 200, body: 'done' });
  const decided = await runCli(['maint', 'second', '--json', '--admin', node.admin]);
  assert.deepEqual([decided.exitCode, JSON.parse(decided.stdout).saved], [0, false]);
  assert.equal((await ask(node.host, node.slot + 2)).status, 503);
  // The history is written once a second: it may have come before the disk was full.
  const files = (await readdir(disk)).filter((name) => name !== 'events.jsonl').sort();
  assert.deepEqual(files, ['admin.sock', FILLER, 'last-good.json', 'node-secret', 'run']);
  assert.equal(await readFile(lastGood, 'utf8'), before);
  assert.equal(node.linesOf(said.msg).length, 1);

  await rm(filler);
  await node.logged('the last good state is on the disk again');
  assert.ok((await readFile(lastGood, 'utf8')).includes('second'));
  await node.logged('the decisions of operators are on the disk again');
  assert.ok((await readFile(path.join(disk, 'overrides.json'), 'utf8')).includes('"maint"'));
  await eventually('the history is on the disk', async () => (await readdir(disk)).includes('events.jsonl'));
  assert.deepEqual((await readdir(disk)).sort(), ALL_FILES);
});

test('a node that starts on a full disk keeps all and locks its state directory when there is room', async (context) => {
  const instance = await HttpInstance.start(context);
  const place = await findPlace(context);
  const stateDir = path.join(place.root, 'state');
  await mkdir(stateDir);
  await mkdir(path.join(place.root, 'services'));
  const launcher = onSmallDisk(stateDir, { kilobytes: DISK_KILOBYTES, isFull: true });
  const node = await startNodeAt(context, place, {}, launcher);
  const disk = path.join('/proc', String(node.pid), 'root', stateDir);
  await node.write('first.yml', appText('first', node.slot, [instance.id]));
  await untilAnswered(node.host, node.slot, { status: 200, body: 'done' });
  await node.logged(
    'the state directory could not be locked: a second node that uses it will not be noticed; it is tried again',
  );
  assert.equal(JSON.parse((await runCli(['drain', 'first', '--json', '--admin', node.admin])).stdout).saved, false);

  await rm(path.join(disk, FILLER));
  await node.logged('the state directory is locked now');
  await node.logged('the secret of this node is on the disk');
  await node.logged('the decisions of operators are on the disk again');
  await node.logged('the last good state is on the disk again');
  await eventually('the workers are recorded', async () =>
    (await readdir(path.join(disk, 'run'))).includes('workers.json'),
  );
  await eventually('the history is on the disk', async () => (await readdir(disk)).includes('events.jsonl'));
  assert.deepEqual((await readdir(disk)).sort(), ALL_FILES);
});
