/** The access log is moved away under load, as logrotate does, and the node is told by HUP: no line is lost or cut. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { startNode } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { SteadyTraffic } from '../support/traffic/steady-traffic.js';

const ROTATIONS = 5;

/** Paths that a process has open. */
function openFilesOf(pid: number): readonly string[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).map((descriptor) => {
    try {
      return readlinkSync(path.join(folder, descriptor));
    } catch {
      return '';
    }
  });
}

function linesOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8');
  assert.ok(text.endsWith('\n'), `${file} ends with a whole line`);
  return text.split('\n').slice(0, -1);
}

test('each line stands in one of the files, whole, and nobody writes into those that were moved away', async (context) => {
  const instance = await HttpInstance.start(context);
  const folder = temporaryFolder(context, 'rotation');
  const file = path.join(folder, 'access.log');
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }), {
    '--workers': '2',
    '--access-log': file,
  });
  const workers = (await node.state()).workers.map(({ pid }) => pid);
  const traffic = new SteadyTraffic(context, node.host, node.slot, { clients: 8 });
  const moved: string[] = [];
  for (let turn = 0; turn < ROTATIONS; turn += 1) {
    await traffic.more(200);
    const away = `${file}.${turn}`;
    await rename(file, away);
    moved.push(away);
    node.signal('SIGHUP');
    await eventually('all workers have the new file open, and not the old one', () =>
      workers.every((pid) => openFilesOf(pid).includes(file) && !openFilesOf(pid).includes(away)),
    );
  }
  await traffic.more(200);
  await traffic.stop();
  assert.deepEqual(traffic.failures, []);
  assert.equal(await node.stop(), 0);
  const lines = [...moved, file].map(linesOf);
  for (const [index, part] of lines.entries()) assert.ok(part.length > 0, `file ${index} has lines`);
  assert.equal(lines.flat().length, traffic.served);
  const shape = /^\S+ .*"GET \/ HTTP\/1\.1"/;
  for (const line of lines.flat()) assert.match(line, shape);
});

test('a file that was removed is made anew', async (context) => {
  const instance = await HttpInstance.start(context);
  const file = path.join(temporaryFolder(context, 'rotation'), 'access.log');
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }), {
    '--access-log': file,
  });
  await rm(file);
  node.signal('SIGHUP');
  await eventually('the file is there', () => existsSync(file));
  const traffic = new SteadyTraffic(context, node.host, node.slot, { clients: 1 });
  await traffic.more(1);
  await traffic.stop();
  await eventually('its lines come', () => linesOfWhenThere(file) === traffic.served);
});

function linesOfWhenThere(file: string): number {
  return readFileSync(file, 'utf8').split('\n').length - 1;
}
