/**
 * The state directory takes nothing: serving goes on, no half file is left, and it is said where operators look: what is not
 * saved, why, since when, and what a restart would cost.
 */
import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { FILLER, onSmallDisk } from '../support/machine/small-disk.js';
import { findPlace, type RunningNode, startNode, startNodeAt } from '../support/node/node-process.js';
import { runCli } from '../support/node/run-cli.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, untilAnswered } from '../support/traffic/steady-traffic.js';

const DISK_KILOBYTES = 64;
const ALL_FILES = ['admin.sock', 'events.jsonl', 'last-good.json', 'node-secret', 'overrides.json', 'run'];

function withoutSince(message: string): string {
  return message.replace(/since 20\S+Z /, 'since … ');
}

async function unsavedParts(node: RunningNode): Promise<readonly string[]> {
  const metrics = await node.metrics();
  return [...metrics.matchAll(/^autoproxy_state_saved\{part="(\w+)"\} 0$/gm)].map(([, part = '']) => part);
}

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
  assert.match(
    decided.stderr,
    /^autoproxy: in force, but a restart of the node would forget it: \S+overrides\.json: ENOSPC: .*\n {2}→ .* autoproxy doctor /,
  );
  assert.equal((await ask(node.host, node.slot + 2)).status, 503);
  // `mtime` is rounded, and a Date made of milliseconds is cut.
  const written = new Date((await stat(lastGood)).mtimeMs).toISOString();
  const problems = (await node.state()).problems.filter(({ file }) => !file.endsWith('events.jsonl'));
  assert.deepEqual(
    problems.map(({ severity, file, message, hint }) => [severity, path.basename(file), withoutSince(message), hint]),
    [
      ['error', 'overrides.json', 'a restart forgets the decisions of operators (drain, ready, maint, weights)'],
      ['error', 'last-good.json', `a restart serves the apps of ${written} where a source does not answer`],
    ].map(([severity, file, cost]) => [
      ...[severity, file, `cannot be written since … (ENOSPC: no space left on device): ${cost}`],
      `make room on the disk of ${stateDir} (df -h, df -i); the node tries it again by itself`,
    ]),
  );
  assert.deepEqual(
    (await unsavedParts(node)).filter((part) => part !== 'history'),
    ['apps', 'decisions'],
  );
  const status = await runCli(['status', '--admin', node.admin]);
  assert.match(status.stdout, /^\S+last-good\.json: error: cannot be written since .*ENOSPC.*make room/m);
  const doctor = await runCli(['doctor', '--admin', node.admin]);
  assert.equal(doctor.exitCode, 1);
  assert.match(doctor.stdout, /^bad +node +\S+overrides\.json: error: cannot be written since /m);
  node.signal('SIGUSR2');
  await node.untilState((state) => state.problems.some(({ file }) => file.endsWith('/run/workers.json')));
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
  await node.untilState((state) => state.problems.length === 0);
  assert.deepEqual(await unsavedParts(node), []);
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
  const full = await node.untilState(({ problems }) => problems.length === 5);
  assert.deepEqual(
    full.problems.map(({ file, message }) => [path.relative(stateDir, file), withoutSince(message).split(' (')[0]]),
    [
      ['', 'cannot be locked since …'],
      ...['overrides.json', 'last-good.json', 'events.jsonl', 'node-secret'].map((file) => [
        ...[file, 'cannot be written since …'],
      ]),
    ],
  );
  assert.deepEqual(await unsavedParts(node), ['apps', 'decisions', 'history', 'secret', 'workers']);

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
  await node.untilState(({ problems }) => problems.length === 0);
  assert.deepEqual(await unsavedParts(node), []);
});

test('a state directory that is mounted for reading, and one that cannot be made', async (context) => {
  const place = await findPlace(context);
  const stateDir = path.join(place.root, 'state');
  await mkdir(stateDir);
  await mkdir(path.join(place.root, 'services'));
  const launcher = onSmallDisk(stateDir, { kilobytes: DISK_KILOBYTES, isReadOnly: true });
  const readOnly = await startNodeAt(context, place, {}, launcher);
  const { problems } = await readOnly.untilState((state) => state.problems.length === 3);
  assert.deepEqual(
    problems.map(({ file, message }) => [path.basename(file), / \((EROFS): /.exec(message)?.[1]]),
    [
      ['state', 'EROFS'],
      ['events.jsonl', 'EROFS'],
      ['node-secret', 'EROFS'],
    ],
  );
  assert.match(problems[0]?.hint ?? '', /^\S+state is mounted for reading alone: mount it for writing/);

  const missing = await startNode(context, () => ({}), { '--state-dir': path.join(process.execPath, 'state') });
  const [problem, ...others] = (await missing.state()).problems;
  assert.deepEqual(others, []);
  assert.match(problem?.message ?? '', /^cannot be used since 20.* \(ENOTDIR: not a directory\): a restart forgets /);
  assert.match(
    problem?.hint ?? '',
    /^a file is in the way of .*; then start the node again, or give it another --state-dir$/,
  );
  assert.deepEqual(await unsavedParts(missing), ['apps', 'decisions', 'history', 'secret', 'workers']);
});
