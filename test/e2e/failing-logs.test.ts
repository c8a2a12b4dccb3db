/** What is written for people can't be written: what is served goes on, and nothing dies of it or waits for it. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { PageDocument } from '../../src/admin/page/page-document.js';
import { eventually } from '../support/eventually.js';
import { findPlace, type NodePlace, RunningNode, startNodeAt } from '../support/node/node-process.js';
import { runCli } from '../support/node/run-cli.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, untilAnswered } from '../support/traffic/steady-traffic.js';

const SERVED = { status: 200, body: 'done' };
/** Some 6 KB of the access log: more than is written at once. */
const REQUESTS = 60;
const NOT_WRITTEN = 'writing the access log failed; serving continues';
const LOST = 'lines of the access log are lost: this worker ends without them';

async function placeWith(context: TestContext, instance: HttpInstance): Promise<NodePlace> {
  const place = await findPlace(context);
  await mkdir(path.join(place.root, 'services'));
  await writeFile(path.join(place.root, 'services', 'shop.yml'), appText('shop', place.slot, [instance.id]));
  return place;
}

for (const [title, fileIn] of [
  ['a directory', (root: string) => root],
  ['below a file', () => path.join(process.execPath, 'access.log')],
  ['on a full disk', () => '/dev/full'],
  ['in a folder that is missing', (root: string) => path.join(root, 'typo/logs/access.log')],
] as const) {
  test(`an access log that is ${title}`, async (context) => {
    const instance = await HttpInstance.start(context);
    const place = await placeWith(context, instance);
    const node = await startNodeAt(context, place, { '--access-log': fileIn(place.root), '--workers': '1' });
    const [pid] = await node.workerPids();
    for (let request = 0; request < REQUESTS; request += 1) assert.deepEqual(await ask(node.host, node.slot), SERVED);
    await node.logged(NOT_WRITTEN);
    assert.deepEqual(await node.workerPids(), [pid], 'the worker has not died');
    assert.equal(await node.stop(), 0);
    assert.equal(node.linesOf(NOT_WRITTEN).length, 1);
    assert.deepEqual(
      node.linesOf('worker has drained and ended').map(({ code }) => code),
      [0],
    );
  });
}

/** As a page that is opened now shows them. */
async function problemsOnPage({ admin }: RunningNode): Promise<readonly string[]> {
  const { body } = await fetch(`http://${admin}/page/stream`);
  let text = '';
  for await (const part of body ?? []) {
    text += Buffer.from(part).toString('utf8');
    const [, whole] = /^data: (.*)\n/m.exec(text) ?? [];
    if (whole !== undefined) return (JSON.parse(whole) as PageDocument).frame.problems.map(({ message }) => message);
  }
  return [];
}

test('lines that are lost are counted, and the state, the metrics, status and the page say how many', async (context) => {
  const instance = await HttpInstance.start(context);
  const place = await placeWith(context, instance);
  const node = await startNodeAt(context, place, { '--access-log': '/dev/full', '--workers': '2' });
  for (let request = 0; request < REQUESTS; request += 1) assert.deepEqual(await ask(node.host, node.slot), SERVED);
  const waits = await node.untilState((state) => state.accessLog?.waiting === REQUESTS);
  const failure = 'ENOSPC: no space left on device, write';
  assert.deepEqual(waits.accessLog, { lines: REQUESTS, dropped: 0, waiting: REQUESTS, failure });
  assert.match(await node.metrics(), /^autoproxy_access_log_waiting_lines 60$/m);
  assert.match(
    (await runCli(['status', '--admin', node.admin])).stdout,
    /^access log: cannot be written, 60 lines wait: ENOSPC/m,
  );
  const waiting = `the access log cannot be written, 60 lines wait: ${failure}`;
  await eventually('the page shows it', async () => (await problemsOnPage(node)).join() === waiting);
  node.signal('SIGUSR2');
  const { accessLog } = await node.untilState((state) => state.accessLog?.dropped === REQUESTS);
  assert.deepEqual([accessLog?.lines, accessLog?.waiting, accessLog?.failure], [REQUESTS, 0, null]);
  const metrics = await node.metrics();
  assert.match(metrics, /^autoproxy_access_log_lines_total 60$/m);
  assert.match(metrics, /^autoproxy_access_log_dropped_lines_total 60$/m);
  const { stdout } = await runCli(['status', '--admin', node.admin]);
  assert.match(stdout, /^access log: 60 of 60 lines could not be written; the log says why$/m);
  const gone = '60 of 60 lines of the access log were lost since the node started';
  await eventually('the page shows that, too', async () => (await problemsOnPage(node)).join() === gone);
  const lost = () => node.linesOf(LOST).reduce((sum, line) => sum + Number(line.lost), 0);
  assert.equal(lost(), REQUESTS, 'the workers that were replaced said so');
  for (let request = 0; request < REQUESTS; request += 1) assert.deepEqual(await ask(node.host, node.slot), SERVED);
  assert.equal(await node.stop(), 0);
  assert.equal(lost(), 2 * REQUESTS);
  for (const { reason, file } of node.linesOf(LOST)) assert.match(`${reason} ${file}`, /ENOSPC.* \/dev\/full$/);
  assert.equal(node.linesOf('stopped')[0]?.lostLogLines, 2 * REQUESTS);
});

test('a log on a full disk', async (context) => {
  const instance = await HttpInstance.start(context);
  const place = await placeWith(context, instance);
  const node = new RunningNode(context, place, {}, ['sh', '-c', 'exec "$@" 2>/dev/full', 'sh']);
  await untilAnswered(node.host, node.slot, SERVED);
  const [pid = 0] = await node.workerPids();
  process.kill(pid, 'SIGKILL');
  await node.untilState(({ workers }) => workers.length === 1 && workers.every((one) => one.pid !== pid));
  assert.deepEqual(await ask(node.host, node.slot), SERVED);
  assert.equal(await node.stop(), 0);
});
