/** What operators type at a running node: status, drain, ready, maint, healthcheck; and its end. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { request } from 'undici';
import type { StateDocument } from '../../src/admin/state-document.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { runCli } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { HttpInstance } from '../support/traffic/http-instance.js';

async function startShop(context: TestContext, instances: readonly string[]): Promise<RunningNode> {
  return startNode(context, (_host, slot) => ({
    'shop.yml': `shop:\n  protocol: http\n  translated_port: ${slot}\n  instances: ${JSON.stringify(instances)}\n`,
  }));
}

async function readState({ admin }: RunningNode): Promise<StateDocument> {
  const { exitCode, stdout, stderr } = await runCliHere(['status', '--json', '--admin', admin]);
  assert.deepEqual([exitCode, stderr], [0, '']);
  return JSON.parse(stdout);
}

test('a node serves, and status counts what it served', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startShop(context, [instance.id]);
  const { statusCode, body } = await request(`http://${node.host}:${node.slot}/`);
  assert.deepEqual([statusCode, await body.text()], [200, 'done']);

  const { exitCode, stdout } = await runCliHere(['status', 'shop', '--admin', node.admin]);
  assert.equal(exitCode, 0);
  assert.match(stdout, /^test-node: ready for /);
  assert.match(stdout, new RegExp(`^shop +${node.slot} +1/1 +1 +0 `, 'm'));
  assert.match(stdout, new RegExp(`^shop +${instance.id} +ready +up +100 +1 +0$`, 'm'));

  const wrong = await runCliHere(['status', 'shp', '--admin', node.admin]);
  assert.equal(wrong.exitCode, 1);
  assert.match(wrong.stderr, /this node has no app shp\n {2}→ it has: shop/);

  assert.deepEqual(await runCli(['healthcheck', '--admin', node.admin]), {
    exitCode: 0,
    stdout: 'ready\n',
    stderr: '',
  });
  node.child.kill('SIGTERM');
  assert.equal(await node.exited, 0);
  const gone = await runCli(['healthcheck', '--admin', node.admin]);
  assert.deepEqual([gone.exitCode, gone.stdout], [1, '']);
  assert.match(gone.stderr, /nothing listens on .*\n {2}→ start the node/);
});

test('drain takes new traffic away at once and waits for what is under way', async (context) => {
  const [first, second] = [await HttpInstance.start(context), await HttpInstance.start(context)];
  const node = await startShop(context, [first.id, second.id]);
  const arrived = Promise.race([first.slowRequest().then(() => first), second.slowRequest().then(() => second)]);
  const late = request(`http://${node.host}:${node.slot}/slow`);
  const busy = await arrived;

  const deadline = await runCliHere([
    'drain',
    `shop/${busy.id}`,
    '--wait',
    '200ms',
    '--by',
    'ann',
    '--admin',
    node.admin,
  ]);
  assert.equal(deadline.exitCode, 3);
  assert.match(deadline.stderr, /1 still under way when the time was over\n {2}→ the drain goes on/);

  const drained = runCliHere(['drain', `shop/${busy.id}`, '--wait', '10s', '--admin', node.admin]);
  busy.answerSlow();
  assert.equal(await (await late).body.text(), 'late');
  assert.deepEqual(await drained, {
    exitCode: 0,
    stdout: `shop/${busy.id}: drain, no request is under way\n`,
    stderr: '',
  });

  const before = requestsOf(await readState(node), busy.id);
  for (let count = 0; count < 4; count += 1) {
    const { body } = await request(`http://${node.host}:${node.slot}/`);
    assert.equal(await body.text(), 'done');
  }
  assert.equal(requestsOf(await readState(node), busy.id), before);
  assert.equal((await runCliHere(['ready', `shop/${busy.id}`, '--admin', node.admin])).exitCode, 0);
  const state = await readState(node);
  assert.deepEqual(
    state.apps[0]?.instances.map((instance) => instance.state),
    ['ready', 'ready'],
  );
});

function requestsOf(state: StateDocument, id: string): number | undefined {
  return state.apps[0]?.instances.find((instance) => instance.id === id)?.requests;
}

test('maint of an app says who asked, and an unknown target what there is', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startShop(context, [instance.id]);
  const maint = await runCliHere(['maint', 'shop', '--by', 'ann', '--json', '--admin', node.admin]);
  assert.equal(maint.exitCode, 0);
  const { app, state, saved } = JSON.parse(maint.stdout);
  assert.deepEqual([app, state, saved], ['shop', 'maint', true]);
  const status = await runCliHere(['status', 'shop', '--admin', node.admin]);
  assert.match(status.stdout, /maint .* by ann at \d{4}-/);

  const unknown = await runCliHere(['drain', 'shop/10.0.0.1:80', '--admin', node.admin]);
  assert.equal(unknown.exitCode, 1);
  assert.match(unknown.stderr, new RegExp(`shop has no instance 10\\.0\\.0\\.1:80; it has: ${instance.id}`));
  const nonsense = await runCliHere(['drain', 'shop/a/b', '--admin', node.admin]);
  assert.equal(nonsense.exitCode, 64);
});

test('options that are wrong are all named: flags end with 64, the rest with 1', async () => {
  const flags = await runCli(['node', '--bind', 'nowhere', '--workers', '0']);
  assert.equal(flags.exitCode, 64);
  assert.match(flags.stderr, /--bind: error: .*\n--workers: error: .*\n {2}→ run: autoproxy node --help/);
  const variable = await runCli(['node'], { AUTOPROXY_WORKERS: 'many' });
  assert.equal(variable.exitCode, 1);
  assert.match(variable.stderr, /AUTOPROXY_WORKERS: error: /);
});
