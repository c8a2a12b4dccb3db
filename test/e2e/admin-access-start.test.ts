/** A node refuses to start with a token or a socket that it cannot have, and says what to do. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, lstatSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { EXIT_CODES } from '../../src/cli/exit-codes.js';
import { temporaryFolder } from '../support/at-end.js';
import { findPlace, launchNodeAt, startNode, startNodeAt } from '../support/node/node-process.js';

const TOKEN = 'token-of-the-operators-1';

/** @param exitCode 64: the option itself is wrong */
async function refusal(
  context: TestContext,
  flags: Readonly<Record<string, string>>,
  exitCode: number = EXIT_CODES.failed,
): Promise<string> {
  const node = launchNodeAt(context, await findPlace(context), flags);
  const started = node.logged('ready').then(
    () => 'started',
    () => node.exited,
  );
  assert.equal(await Promise.race([node.exited, started]), exitCode);
  return node.lastLines();
}

test('a token file in each wrong form', async (context) => {
  const folder = temporaryFolder(context, 'tokens');
  const at = (name: string, text: string): string => {
    const file = path.join(folder, name);
    writeFileSync(file, text, { mode: 0o600 });
    return file;
  };
  mkdirSync(path.join(folder, 'folder'));
  for (const [file, reason] of [
    [path.join(folder, 'missing'), /the file of --admin-token-file, is not there: write a token into it/],
    [path.join(folder, 'folder'), /it is a directory/],
    [at('empty', ''), /it holds no token \(write one with: openssl rand -base64 32\)/],
    [at('comments', '# nothing\n\n'), /it holds no token/],
    [at('short', `${TOKEN}\nletmein-letmein\n`), /line 2 has fewer than 16 characters/],
    [at('blank', 'a token with blanks in it\n'), /line 1 has a blank or a character beyond ASCII/],
    [at('long', `${'x'.repeat(1_025)}\n`), /line 1 has more than 1024 characters/],
    [at('large', `${'x'.repeat(70_000)}\n`), /more than the 65536 bytes/],
  ] as const) {
    const said = await refusal(context, { '--admin-token-file': file });
    assert.ok(said.includes(file), said);
    assert.match(said, reason);
    assert.ok(!/letmein|token with blanks/.test(said), said);
  }
});

test('one that every user can read is used, with a warning', async (context) => {
  const file = path.join(temporaryFolder(context, 'tokens'), 'token');
  writeFileSync(file, `${TOKEN}\n`);
  chmodSync(file, 0o644);
  const node = await startNodeAt(context, await findPlace(context), {
    '--admin-token-file': file,
    '--services-dir': path.dirname(file),
  });
  await node.logged('every user of this machine can read the admin token: chmod 600 it');
});

test('a socket in each wrong form', async (context) => {
  const folder = temporaryFolder(context, 'sockets');
  const at = (name: string): string => path.join(folder, name);
  writeFileSync(at('file'), 'mine');
  mkdirSync(at('folder'));
  const other = await startNode(context, () => ({}), { '--admin-socket': at('living.sock') });
  for (const [place, reason] of [
    [at('file'), /file exists and is not a socket: remove it, or choose another path with --admin-socket/],
    [at('folder'), /folder is a folder: name a socket in it with --admin-socket/],
    [at('missing/a.sock'), /is in a folder that is not there: make it first/],
    [at('living.sock'), /another program listens at .*living\.sock: stop that/],
  ] as const)
    assert.match(await refusal(context, { '--admin-socket': place }), reason, place);
  for (const [flags, reason] of [
    [{ '--admin-socket': at('x'.repeat(107)) }, /has \d+ bytes, and the path of a socket at most 107/],
    [{ '--admin-socket-mode': '999' }, /is not a file mode/],
    [{ '--admin-socket-owner': 'a b' }, /is not an owner/],
  ] as const)
    assert.match(await refusal(context, flags, EXIT_CODES.usage), reason);
  assert.match(
    await refusal(context, { '--admin-socket-owner': 'nobody-at-all' }),
    /nobody-at-all is not in \/etc\/passwd/,
  );
  assert.equal((await other.state()).status, 'ready');
  assert.ok(lstatSync(at('living.sock')).isSocket());
});

test('the one that nobody named is left out where it cannot be, and the node serves', async (context) => {
  const place = await findPlace(context);
  const deep = path.join(place.root, 'x'.repeat(100));
  const services = temporaryFolder(context, 'services');
  const node = await startNodeAt(context, place, { '--state-dir': deep, '--services-dir': services });
  const { reason } = await node.logged(/^the admin socket is left out; name another place with --admin-socket PATH/);
  assert.match(String(reason), /bytes, and the path of a socket at most 107/);
});

test('it is for its owner and group, is gone with the node, and one that a killed node left is replaced', async (context) => {
  const node = await startNode(context, () => ({}));
  const socket = path.join(node.stateDir, 'admin.sock');
  assert.equal(statSync(socket).mode & 0o777, 0o660);
  await node.stop('SIGKILL');
  assert.ok(existsSync(socket));
  const next = await node.again();
  assert.equal(statSync(socket).mode & 0o777, 0o660);
  await next.stop('SIGTERM');
  assert.ok(!existsSync(socket));
});
