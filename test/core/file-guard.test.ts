import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { withFileGuard } from '../../src/core/file-guard.js';
import { atEnd, temporaryFolder } from '../support/at-end.js';

async function createFolder(context: TestContext): Promise<string> {
  const folder = temporaryFolder(context, 'guard');
  return folder;
}

test('changes of one file come one after another, and leave nothing beside it', async (context) => {
  const folder = await createFolder(context);
  const file = path.join(folder, 'shop.yml');
  await writeFile(file, '0');
  let inside = 0;
  const add = (): Promise<void> =>
    withFileGuard(file, async () => {
      inside += 1;
      assert.equal(inside, 1);
      const count = Number(await readFile(file, 'utf8'));
      await writeFile(file, String(count + 1));
      inside -= 1;
    });
  await Promise.all(Array.from({ length: 20 }, add));
  assert.equal(await readFile(file, 'utf8'), '20');
  assert.deepEqual(await readdir(folder), ['shop.yml']);
});

/** Reads one file over and over, and tells each text that it ever saw there. */
const WATCHER = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { readFileSync } = require('node:fs');
  const seen = new Set();
  const { stop } = workerData;
  parentPort.postMessage('watching');
  while (Atomics.load(stop, 0) === 0) try { seen.add(readFileSync(workerData.file, 'utf8')); } catch {}
  parentPort.postMessage([...seen]);
`;

test('a guard always says whole who holds it: at no moment can a killed writer leave an empty one', async (context) => {
  const folder = await createFolder(context);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const file = path.join(folder, '.shop.yml.guard');
  const watcher = new Worker(WATCHER, { eval: true, workerData: { file, stop } });
  atEnd(context, () => watcher.terminate());
  await once(watcher, 'message');
  for (let turn = 0; turn < 500; turn += 1) await withFileGuard(path.join(folder, 'shop.yml'), async () => undefined);
  const seen = once(watcher, 'message');
  Atomics.store(stop, 0, 1);
  assert.deepEqual(await seen, [[`${process.pid} ${hostname()}\n`]]);
});

test('the guard of a process that has died is removed', async (context) => {
  const folder = await createFolder(context);
  // Beyond what Linux ever gives (PID_MAX_LIMIT).
  await writeFile(path.join(folder, '.shop.yml.guard'), `4194305 ${hostname()}\n`);
  assert.equal(await withFileGuard(path.join(folder, 'shop.yml'), async () => 'done'), 'done');
  assert.deepEqual(await readdir(folder), []);
});

test('of many who find the guard of a dead process, never two change the file at once', async (context) => {
  const folder = await createFolder(context);
  const file = path.join(folder, 'shop.yml');
  for (let turn = 0; turn < 40; turn += 1) {
    await writeFile(path.join(folder, '.shop.yml.guard'), `4194305 ${hostname()}\n`);
    let inside = 0;
    const changes = Array.from({ length: 12 }, () =>
      withFileGuard(file, async () => {
        inside += 1;
        await setImmediate();
        assert.equal(inside, 1, `turn ${turn}`);
        inside -= 1;
      }),
    );
    await Promise.all(changes);
  }
  assert.deepEqual(await readdir(folder), []);
});

test('the guard over a guard, of a process that died while removing it, is removed too', async (context) => {
  const folder = await createFolder(context);
  const dead = `4194305 ${hostname()}\n`;
  for (const name of ['.shop.yml.guard', '..shop.yml.guard.guard']) await writeFile(path.join(folder, name), dead);
  assert.equal(await withFileGuard(path.join(folder, 'shop.yml'), async () => 'done'), 'done');
  assert.deepEqual(await readdir(folder), []);
});
