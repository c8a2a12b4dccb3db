/** A Node that hides its socket handles, as later ones may: the workers do with net.Socket, say so, and serve the same. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../support/at-end.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask } from '../support/traffic/steady-traffic.js';

async function serve(context: TestContext, prefix: readonly string[]): Promise<RunningNode> {
  const instance = await HttpInstance.start(context);
  const apps = (_host: string, slot: number) => ({ 'shop.yml': appText('shop', slot, [instance.id]) });
  const node = await startNode(context, apps, { '--workers': '1' }, prefix);
  for (let request = 0; request < 20; request += 1) {
    assert.deepEqual(await ask(node.host, node.slot), { status: 200, body: 'done' });
  }
  return node;
}

test('a node whose Node hides its handles', async (context) => {
  const program = path.join(temporaryFolder(context, 'hide'), 'hide.cjs');
  writeFileSync(program, 'process.binding = undefined;\n');
  const node = await serve(context, ['env', `NODE_OPTIONS=--require ${program}`]);
  const { workers } = await node.state();
  assert.deepEqual(
    workers.map(({ sockets }) => sockets),
    ['streams'],
  );
  const said = node.linesOf('this Node hides its socket handles: requests cost 10% more, connections twice as much');
  assert.equal(said.length, 1);
  const { stdout } = await runCliHere(['status', '--admin', node.admin]);
  assert.match(stdout, /^workers use net\.Socket: this Node hides its socket handles, and connections cost more$/m);
  assert.equal(await node.stop(), 0);
});

test('a node whose Node does not', async (context) => {
  const node = await serve(context, []);
  const { workers } = await node.state();
  assert.deepEqual(
    workers.map(({ sockets }) => sockets),
    ['handles'],
  );
  assert.equal(await node.stop(), 0);
});
