/** What operators type about containers at a node that follows an engine: status, why, drain, ready. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ScriptedEngine } from '../support/docker/scripted-engine.js';
import { eventually } from '../support/eventually.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask } from '../support/traffic/steady-traffic.js';

const SHOP = { 'autoproxy.app': 'shop' };

/** As a container that runs at the address of an instance. */
function madeAt({ host, port }: HttpInstance, labels: Readonly<Record<string, string>>) {
  return { labels, networks: { bridge: host }, ports: [`${port}/tcp`] };
}

async function startNodeBeside(context: TestContext, engine: ScriptedEngine, listed: string): Promise<RunningNode> {
  const app = (name: string, slot: number, instances: string) =>
    `${name}: {protocol: http, translated_port: ${slot}, instances: [${instances}]}\n`;
  return startNode(context, (_, slot) => ({ 'apps.yml': app('shop', slot, listed) + app('blog', slot + 2, '') }), {
    '--docker': engine.socketPath,
  });
}

async function idsOf(node: RunningNode, app: string): Promise<string> {
  const { apps } = await node.state();
  return (
    apps
      .find(({ name }) => name === app)
      ?.instances.map(({ id, state }) => `${id} ${state}`)
      .join(', ') ?? ''
  );
}

test('a container is drained by its name, shown, and ready again when it starts again', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const [one, two] = [await HttpInstance.start(context, 'one'), await HttpInstance.start(context, 'two')];
  const node = await startNodeBeside(context, engine, '');
  const first = engine.run('shop-1', madeAt(one, SHOP));
  await eventually('one serves', async () => (await ask(node.host, node.slot)).body === 'one');
  engine.run('shop-2', madeAt(two, SHOP));
  await eventually('both serve', async () => (await idsOf(node, 'shop')).split(', ').length === 2);

  const slow = ask(node.host, node.slot, '/slow');
  const arrived = await Promise.race([one.slowRequest().then(() => one), two.slowRequest().then(() => two)]);
  const name = arrived === one ? 'shop-1' : 'shop-2';
  const late = await runCliHere(['drain', name, '--wait', '100ms', '--by', 'ann', '--admin', node.admin]);
  assert.equal(late.exitCode, 3, late.stderr);
  arrived.answerSlow();
  assert.equal((await slow).body, 'late');
  const done = await runCliHere(['drain', `shop/${name}`, '--wait', '10s', '--by', 'ann', '--admin', node.admin]);
  assert.equal(done.stdout, `shop/${name}: drain, no request is under way\n`);
  const other = arrived === one ? 'two' : 'one';
  for (let turn = 0; turn < 4; turn += 1) assert.equal((await ask(node.host, node.slot)).body, other);

  const status = await runCliHere(['status', '--instances', '--admin', node.admin]);
  assert.match(status.stdout, new RegExp(`${arrived.id} +drain .* container ${name} \\([0-9a-f]{12}\\); by ann`));
  const why = await runCliHere(['why', 'shop', '--admin', node.admin]);
  assert.match(why.stdout, /^ {2}instances {3}docker offers 2 instances$/m);
  assert.match(why.stdout, /by docker: \+\S+: container shop-2 \([0-9a-f]{12}\)/);
  assert.match(why.stdout, new RegExp(`^${arrived.id} +container ${name} \\([0-9a-f]{12}\\) +none$`, 'm'));

  const again = await runCliHere(['ready', first.id.slice(0, 12), '--admin', node.admin]);
  assert.equal(again.exitCode, 0, again.stderr);
  const maint = await runCliHere(['maint', 'shop-1', '--admin', node.admin]);
  assert.equal(maint.exitCode, 0, maint.stderr);
  engine.stopContainer(first);
  await eventually('it is gone', async () => !(await idsOf(node, 'shop')).includes(one.id));
  const gone = await runCliHere(['why', 'shop', '--admin', node.admin]);
  assert.match(gone.stdout, new RegExp(`^${one.id} +container shop-1 .* left out: it has ended`, 'm'));
  engine.begin(first);
  await eventually('its next life is ready', async () => (await idsOf(node, 'shop')).includes(`${one.id} ready`));
});

test('a word that is an app and a container means the app, and the command says how to mean the container', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const one = await HttpInstance.start(context, 'one');
  const node = await startNodeBeside(context, engine, '');
  const { id } = engine.run('blog', madeAt(one, SHOP));
  await eventually('it serves', async () => (await ask(node.host, node.slot)).status === 200);
  const ofApp = await runCliHere(['maint', 'blog', '--admin', node.admin]);
  assert.deepEqual([ofApp.exitCode, ofApp.stdout], [0, 'blog: maint\n']);
  const short = id.slice(0, 12);
  assert.equal(
    ofApp.stderr,
    `autoproxy: blog is an app and a container; the app is meant. For the container write ${short}\n`,
  );
  assert.equal((await ask(node.host, node.slot)).status, 200, 'the container serves on');
  const ofContainer = await runCliHere(['maint', short, '--admin', node.admin]);
  assert.deepEqual([ofContainer.exitCode, ofContainer.stderr], [0, '']);
  assert.equal((await ask(node.host, node.slot)).status, 503);
});

test('an address that a file lists and a container of another app has is left out, and both are named', async (context) => {
  const engine = await ScriptedEngine.start(context);
  const place = await HttpInstance.start(context, 'whoever is there');
  const node = await startNodeBeside(context, engine, `"${place.id}"`);
  await eventually('nobody knows better', async () => (await ask(node.host, node.slot)).status === 200);
  const shop = engine.run('shop-1', madeAt(place, SHOP));
  await eventually('it is in a container', async () =>
    (await node.state()).apps.some(({ instances }) => instances.some(({ container }) => container?.name === 'shop-1')),
  );
  engine.remove(shop);
  engine.run('blog-1', madeAt(place, { 'autoproxy.app': 'blog' }));
  await eventually('blog has it', async () => (await ask(node.host, node.slot + 2)).status === 200);
  for (let turn = 0; turn < 10; turn += 1) assert.equal((await ask(node.host, node.slot)).status, 503);
  const why = await runCliHere(['why', 'shop', '--admin', node.admin]);
  assert.match(why.stdout, new RegExp(`${place.id} is left out: container blog-1 .* serves blog`));
  assert.match(why.stdout, /^LEFT OUT +PLACE +WHY$/m);
});
