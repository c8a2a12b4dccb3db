import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runDirectoryOf } from '../../src/cluster/run-directory.js';
import { StateClaim, StateDirectoryHeld } from '../../src/cluster/state-claim.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';

const PROGRAM = fileURLToPath(new URL('claiming-program.js', import.meta.url));

function optionsFor(stateDirectory: string, node = 'a1') {
  const holder = { pid: process.pid, node, admin: '127.0.0.1:1936' };
  return { stateDirectory, runDirectory: runDirectoryOf(stateDirectory), holder };
}

async function take(context: TestContext, stateDirectory: string, node?: string): Promise<StateClaim> {
  const claim = await StateClaim.take(optionsFor(stateDirectory, node));
  atEnd(context, () => claim.release());
  return claim;
}

/** Another process that takes the directory; says `held` or why not. */
function startClaiming(context: TestContext, stateDirectory: string) {
  const child = spawn(process.execPath, [PROGRAM, stateDirectory], { stdio: ['ignore', 'pipe', 'inherit'] });
  atEnd(context, () => child.kill('SIGKILL'));
  const said = once(child.stdout, 'data').then(([text]) => String(text).trim());
  return { child, said };
}

test('a second node is refused, and told who has the directory and what to do', async (context) => {
  const directory = temporaryFolder(context, 'claim');
  const claim = await take(context, directory);
  await assert.rejects(StateClaim.take(optionsFor(directory, 'a2')), (error: unknown) => {
    assert.ok(error instanceof StateDirectoryHeld);
    assert.equal(
      error.message,
      `${directory}, the state directory, is in use by node a1 (pid ${process.pid}, admin API 127.0.0.1:1936): stop that ` +
        'node, or give this one a directory of its own with --state-dir DIR',
    );
    return true;
  });
  await claim.release();
  await (await take(context, directory, 'a2')).release();
});

test('a holder that is killed leaves no lock, and one that is stopped keeps it', async (context) => {
  const directory = temporaryFolder(context, 'claim');
  const { child, said } = startClaiming(context, directory);
  assert.equal(await said, 'held');
  child.kill('SIGSTOP');
  await assert.rejects(take(context, directory), /is in use by a node that does not answer/);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.ok(existsSync(path.join(directory, 'run', 'primary.sock')), 'the name of the socket is left behind');
  await take(context, directory);
});

test('of many that start at the same time over a dead lock one gets it', async (context) => {
  const directory = temporaryFolder(context, 'claim');
  const dead = startClaiming(context, directory);
  assert.equal(await dead.said, 'held');
  dead.child.kill('SIGKILL');
  await once(dead.child, 'exit');
  const said = await Promise.all(Array.from({ length: 8 }, () => startClaiming(context, directory).said));
  assert.equal(said.filter((text) => text === 'held').length, 1, said.join('\n'));
  assert.equal(said.filter((text) => text.includes('is in use by node')).length, 7);
  assert.deepEqual(readdirSync(runDirectoryOf(directory)), ['primary.sock'], 'nothing else is left behind');
});

test('the folder is for this user alone, and is made so', async (context) => {
  const directory = temporaryFolder(context, 'claim');
  const run = runDirectoryOf(directory);
  mkdirSync(run);
  chmodSync(run, 0o777);
  await take(context, directory);
  assert.equal(statSync(run).mode & 0o777, 0o700);
});

test('a link in place of the folder is refused', async (context) => {
  const directory = temporaryFolder(context, 'claim');
  symlinkSync(temporaryFolder(context, 'elsewhere'), runDirectoryOf(directory));
  await assert.rejects(take(context, directory), /is not a folder, or belongs to another user/);
});

test('a path that is longer than the address of a socket may be', async (context) => {
  const directory = path.join(temporaryFolder(context, 'claim'), 'x'.repeat(120));
  mkdirSync(directory);
  await take(context, directory);
  const { said } = startClaiming(context, directory);
  assert.match(await said, /is in use by node a1/);
});
