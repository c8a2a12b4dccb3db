/** An error of the primary that nobody caught: what is served goes on, changes come in, and people are told. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { findPlace, startNodeAt } from '../support/node/node-process.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, SteadyTraffic, untilAnswered } from '../support/traffic/steady-traffic.js';

const SERVED = { status: 200, body: 'done' };
/** Loaded into the node before its own code: two signals that it has no use for become errors that nobody catches. */
const PLANTED = `
process.on('SIGWINCH', () => { throw new Error('planted: thrown'); });
process.on('SIGCONT', () => { Promise.reject(new Error('planted: rejected')); });
`;

test('errors thrown and rejected in the primary close no slot, and stand in log, status and metrics', async (context) => {
  const instance = await HttpInstance.start(context);
  const place = await findPlace(context);
  const planted = path.join(place.root, 'planted.mjs');
  await writeFile(planted, PLANTED);
  await mkdir(path.join(place.root, 'services'));
  await writeFile(path.join(place.root, 'services', 'shop.yml'), appText('shop', place.slot, [instance.id]));
  const node = await startNodeAt(context, place, {}, ['env', `NODE_OPTIONS=--import ${pathToFileURL(planted).href}`]);
  await untilAnswered(node.host, node.slot, SERVED);
  const traffic = new SteadyTraffic(context, node.host, node.slot);
  const [pid] = await node.workerPids();

  for (const signal of ['SIGWINCH', 'SIGCONT'] as const) {
    const { problems } = await node.state();
    node.signal(signal);
    await node.untilState((state) => JSON.stringify(state.problems) !== JSON.stringify(problems));
  }
  await traffic.more(50);
  const state = await node.state();
  assert.match(
    state.problems[0]?.message ?? '',
    /^2 unexpected errors of the program itself, the last at \S+: planted: rejected; /,
  );
  assert.deepEqual(await node.workerPids(), [pid]);
  assert.equal(state.status, 'ready');
  const said = node.linesOf('unexpected error; serving continues');
  assert.match(JSON.stringify(said[0]), /planted: thrown.*at process/);
  assert.match(await (await fetch(`http://${node.admin}/metrics`)).text(), /^autoproxy_unexpected_errors_total 2$/m);
  assert.match((await runCliHere(['status', '--admin', node.admin])).stdout, /2 unexpected errors/);

  await node.write('side.yml', appText('side', node.slot + 2, [instance.id]));
  await untilAnswered(node.host, node.slot + 2, SERVED);
  await traffic.stop();
  assert.deepEqual(traffic.failures, []);
  assert.deepEqual(await ask(node.host, node.slot), SERVED);
  assert.equal(await node.stop(), 0);
});
