/** A worker without a descriptor left can't connect: that is no fault of the instance, which must not be ejected for it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { atEnd } from '../../support/at-end.js';
import { settledFigure } from '../../support/eventually.js';
import { TestPlane } from '../../support/node/plane.js';
import { instanceOf } from '../../support/node/snapshots.js';
import { createRecordingLog } from '../../support/recording-log.js';
import { answering, ScriptedInstance } from '../../support/traffic/scripted-instance.js';

/** Leaves this process no new descriptor, until the function that it returns is called. */
async function takeDescriptors(context: test.TestContext): Promise<() => Promise<void>> {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1')) ?? [];
  const set = (limit: string): string => `prlimit --pid ${process.pid} --nofile=${limit}:${hard}`;
  // It stands ready before: without descriptors no program can be started that gives them back.
  const shell = spawn('sh', ['-c', `read limit; ${set('$limit')}; echo; read now; ${set(`${soft}`)}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  atEnd(context, () => shell.kill('SIGKILL'));
  const exited = once(shell, 'exit');
  await settledFigure(() => readdirSync('/proc/self/fd').length);
  // The limit is a number that no descriptor may reach, so there must be none free below it.
  const highest = Math.max(...readdirSync('/proc/self/fd').map(Number));
  const fillers: number[] = [];
  while ((fillers.at(-1) ?? 0) <= highest) fillers.push(openSync('/dev/null', 'r'));
  const taken = once(shell.stdout, 'data');
  shell.stdin.write(`${fillers.at(-1)}\n`);
  await taken;
  return async () => {
    shell.stdin.end('\n');
    await exited;
    for (const filler of fillers) closeSync(filler);
  };
}

test('connects that fail for want of descriptors say nothing against an instance', async (context) => {
  const { log, lines } = createRecordingLog();
  const close = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok';
  const instance = await ScriptedInstance.start(context, answering(close));
  const plane = await TestPlane.start(context, { slot: { instances: [instanceOf(instance)] }, log });
  const client = await plane.connect();
  const ask = async (): Promise<number> => {
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    return (await client.response()).status;
  };
  assert.equal(await ask(), 200);
  const giveBack = await takeDescriptors(context);
  const statuses = [await ask(), await ask(), await ask(), await ask()];
  await giveBack();
  assert.deepEqual(statuses, [503, 503, 503, 503]);
  assert.deepEqual(plane.connectFailures, []);
  assert.equal(plane.counters.instances[`${instance.host}:${instance.port}`]?.connectFailures, 0);
  assert.equal(lines.filter(({ msg }) => msg === 'this node failed to open a connection').length, 1);
  assert.equal(await ask(), 200);
  client.close();
});
