/** A slot whose port somebody else holds is named with the holder, costs no other slot, and comes when it can. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { atEnd, temporaryFolder } from '../support/at-end.js';
import { findPlace, startNode, startNodeAt } from '../support/node/node-process.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { ask, untilAnswered } from '../support/traffic/steady-traffic.js';

test('a taken port stands in the log and in the status; the rest is served, and the slot too once it is free', async (context) => {
  const instance = await HttpInstance.start(context);
  const holder = createServer();
  atEnd(context, () => holder.close());
  const node = await startNode(context, () => ({}));
  holder.listen(node.slot, node.host);
  await once(holder, 'listening');
  const freeSlot = node.slot + 2;
  await node.write('taken.yml', appText('taken', node.slot, [instance.id]));
  await node.write('free.yml', appText('free', freeSlot, [instance.id]));

  const state = await node.untilState(
    ({ apps }) => apps.length === 2 && apps.some(({ bindError }) => bindError?.includes('(pid ') === true),
  );
  const [free, taken] = state.apps;
  assert.deepEqual([free?.bound, free?.bindError], [true, null]);
  assert.equal(taken?.bound, false);
  assert.match(taken?.bindError ?? '', new RegExp(`^EADDRINUSE: port ${node.slot} .*\\(pid ${process.pid}\\)`));
  const said = await node.logged('binding the slot failed; it is retried');
  assert.deepEqual([said.app, said.port, said.code], ['taken', node.slot, 'EADDRINUSE']);
  assert.match(String(said.holder), new RegExp(`\\(pid ${process.pid}\\)$`));
  await untilAnswered(node.host, freeSlot, { status: 200, body: 'done' });

  holder.close();
  await node.untilState(({ apps }) => apps.every(({ bound }) => bound));
  await node.logged('slot is bound now');
  await untilAnswered(node.host, node.slot, { status: 200, body: 'done' });
});

test('a second node on the ports of the admin API ends with 1, and the first one does not notice', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }));
  const elsewhere = { '--state-dir': temporaryFolder(context, 'state') };
  await assert.rejects(
    startNodeAt(context, node.place, elsewhere),
    new RegExp(`the node ended with 1 .*${node.admin}, the address of the admin API, is taken by`, 's'),
  );
  assert.equal((await ask(node.host, node.slot)).status, 200);
  assert.equal((await node.state()).pid, node.pid);
});

test('a second node on the state directory ends with 1 and names the first, which does not notice', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }));
  await node.write('shop.yml', appText('shop', node.slot, [instance.id]));
  const other = await findPlace(context);
  await assert.rejects(
    startNodeAt(context, { ...other, root: node.place.root }),
    new RegExp(
      `the node ended with 1 .*the state directory, is in use by node test-node \\(pid ${node.pid}, admin API ${node.admin}\\)`,
      's',
    ),
  );
  assert.equal((await ask(node.host, node.slot)).status, 200);
  assert.equal((await node.state()).pid, node.pid);
});
