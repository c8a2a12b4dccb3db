/** A reload that is asked for while HAProxy still reads its configuration: 3.1 and later refuse it at first. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { askSocket, SocketFailure } from '../../../edge/haproxy/control-socket.js';
import { Master } from '../../../edge/haproxy/master.js';
import { atEnd, temporaryFolder } from '../../support/at-end.js';
import { haproxyOfVersion } from '../../support/edge/haproxy-versions.js';
import { eventually } from '../../support/eventually.js';
import { spawnBound } from '../../support/machine/bound-process.js';
import { descendantsOf } from '../../support/machine/processes.js';

const ADDRESS = '127.22.140.1';
const PORT = 21_398;

/** @param list is read with it: a pipe holds its reader until somebody writes */
function configuration(list: string): string {
  const lines = ['defaults', ' mode http', ' timeout connect 1s', ' timeout client 1s', ' timeout server 1s'];
  lines.push('frontend fe', ` bind ${ADDRESS}:${PORT}`, ` http-request deny if { src -f ${list} }`);
  return `${lines.join('\n')}\n`;
}

/** HAProxy 3.2 whose first worker stands still while it reads its configuration; `goOn` lets it read on. */
async function startReading(context: TestContext): Promise<{ readonly socket: string; goOn(): void }> {
  const folder = temporaryFolder(context, 'reading');
  const file = path.join(folder, 'haproxy.cfg');
  const socket = path.join(folder, 'master.sock');
  const list = path.join(folder, 'denied.lst');
  execFileSync('mkfifo', [list]);
  writeFileSync(file, configuration(list));
  const flags = ['-W', '-S', `${socket},level,admin`, '-f', file];
  const child = spawnBound([haproxyOfVersion('3.2'), ...flags], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  atEnd(context, async () => {
    const workers = descendantsOf(child.pid ?? 0);
    child.kill('SIGKILL');
    for (const pid of workers) process.kill(pid, 'SIGKILL');
    await ended;
  });
  await eventually('there is a worker', async () => {
    const state = await new Master(socket).state(1_000).catch(() => null);
    return (state?.workerPid ?? 0) > 1;
  });
  assert.match(await askSocket(socket, 'reload'), /Another reload is still in progress/);
  const goOn = (): void => {
    const pipe = openSync(list, 'r+');
    writeFileSync(`${list}.new`, '');
    renameSync(`${list}.new`, list);
    closeSync(pipe);
  };
  return { socket, goOn };
}

test('it waits for the first one, and is made', async (context) => {
  const { socket, goOn } = await startReading(context);
  const before = await new Master(socket).state();
  const reload = new Master(socket).reload();
  goOn();
  assert.deepEqual({ isDone: (await reload).isDone }, { isDone: true });
  assert.notEqual((await new Master(socket).state()).workerPid, before.workerPid);
});

test('when HAProxy ends over its first one, the answer says so', async (context) => {
  const { socket, goOn } = await startReading(context);
  const taken = createServer().listen(PORT, ADDRESS);
  await once(taken, 'listening');
  atEnd(context, () => void taken.close());
  const reload = new Master(socket).reload();
  goOn();
  const outcome = await reload.catch((error: unknown) => {
    assert.ok(error instanceof SocketFailure && error.isAbsent);
    return null;
  });
  // The question may be on its way when HAProxy ends.
  if (outcome !== null) assert.deepEqual(outcome, { isDone: false, output: 'HAProxy ended during the reload' });
});
