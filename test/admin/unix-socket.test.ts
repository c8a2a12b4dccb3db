/** The place of a socket in each wrong form: what is there, is said, and stays. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, lstatSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { listenAt, type UnixSocketPlace } from '../../src/admin/unix-socket.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';

const run = promisify(execFile);

/** Listens and is killed, so its socket stays. */
const KILLED = 'require("net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))';

function place(at: string, more: Partial<UnixSocketPlace> = {}): UnixSocketPlace {
  return { path: at, mode: 0o660, owner: null, option: '--admin-socket', ...more };
}

async function listening(context: TestContext, wanted: UnixSocketPlace): Promise<Server> {
  const server = createServer();
  await listenAt(server, wanted);
  atEnd(context, () => void server.close());
  return server;
}

test('a file, a folder and a link are named and stay', async (context) => {
  const folder = temporaryFolder(context, 'sockets');
  const at = (name: string): string => path.join(folder, name);
  writeFileSync(at('file'), 'mine');
  mkdirSync(at('folder'));
  symlinkSync(at('nowhere'), at('link'));
  const refused = (name: string, reason: RegExp) =>
    assert.rejects(listenAt(createServer(), place(at(name))), (error: Error) => {
      assert.ok(error.message.startsWith(at(name)), error.message);
      assert.match(error.message, reason);
      return true;
    });
  await refused('file', /exists and is not a socket: remove it, or choose another path with --admin-socket$/);
  await refused('folder', /is a folder: name a socket in it with --admin-socket .*folder\/NAME\.sock$/);
  await refused('link', /exists and is not a socket/);
  assert.equal(readFileSync(at('file'), 'utf8'), 'mine');
  assert.ok(statSync(at('folder')).isDirectory() && lstatSync(at('link')).isSymbolicLink());
  await refused('not-there/a.sock', /the socket of --admin-socket, is in a folder that is not there: make it first$/);
  await refused('file/a.sock', /is below a file, not a folder$/);
  assert.ok(!existsSync(at('nowhere')));
});

test('an owner that is not there is named, and no socket stays', async (context) => {
  const at = path.join(temporaryFolder(context, 'sockets'), 'a.sock');
  for (const [owner, reason] of [
    ['nobody-at-all', /nobody-at-all is not in \/etc\/passwd: .* user of --admin-socket$/],
    [':no-group', /no-group is not in \/etc\/group: .* group of --admin-socket$/],
  ] as const)
    await assert.rejects(listenAt(createServer(), place(at, { owner })), reason);
  assert.ok(!existsSync(at));
});

test('it has its mode from the first moment that others may connect', async (context) => {
  const at = path.join(temporaryFolder(context, 'sockets'), 'a.sock');
  await listening(context, place(at, { mode: 0o620 }));
  assert.equal(statSync(at).mode & 0o777, 0o620);
});

test('that of a dead program is replaced, that of a living one is not', async (context) => {
  const at = path.join(temporaryFolder(context, 'sockets'), 'a.sock');
  await run(process.execPath, ['-e', KILLED, at]).catch(() => {});
  assert.ok(lstatSync(at).isSocket());
  const server = await listening(context, place(at));
  await assert.rejects(
    listenAt(createServer(), place(at)),
    /another program listens at .*a\.sock: stop that, or choose another path with --admin-socket$/,
  );
  assert.ok(lstatSync(at).isSocket());
  const closed = once(server, 'close');
  server.close();
  await closed;
  assert.ok(!existsSync(at), 'it is gone with its program');
});
