/** `autoproxy why` on a node with a real Consul: key and index, the checks in the catalogue, and who goes before whom. */
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { WhyDocument } from '../../src/admin/why-document.js';
import { startConsulFor } from '../support/consul/consul.js';
import { planNode, putServedApp, setCheck, startPlanned } from '../support/node/fleet.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { untilAnswered } from '../support/traffic/steady-traffic.js';

test('key and index are named, and an instance that Consul leaves out says which check and what it said', async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node);
  const { ids, instances } = await putServedApp(context, consul, 'shop', plan.place.slot);
  const node = await startPlanned(context, plan);
  await node.untilState(({ apps }) => apps[0]?.instances.length === 2);
  const [gone] = ids;
  await setCheck(consul, gone ?? '', 'critical');
  await node.untilState(({ apps }) => apps[0]?.instances.length === 1);

  const { stdout, exitCode } = await runCliHere(['why', 'shop', '--admin', node.admin]);
  assert.equal(exitCode, 0);
  assert.match(stdout, /^ {2}given by +consul, autoproxy\/apps\/shop:1:1 \(index \d+\); with 1 instance$/m);
  assert.match(
    stdout,
    new RegExp(`^${instances[0]?.id} +service ${gone} on node \\S+ +left out: check \\S+ is critical`, 'm'),
  );
  assert.match(stdout, new RegExp(`^${instances[1]?.id} +service ${ids[1]} on node \\S+ +${ids[1]} passing$`, 'm'));
  assert.match(stdout, new RegExp(` changed +by consul \\(.*\\): -${instances[0]?.id}$`, 'm'));

  const json = await runCliHere(['why', 'shop', '--json', '--admin', node.admin]);
  const { definitions } = JSON.parse(json.stdout) as WhyDocument;
  const stored = await consul.request('GET', '/v1/kv/autoproxy/apps/shop');
  assert.match(JSON.stringify(stored), new RegExp(`ModifyIndex\\W+${definitions[0]?.index}\\b`));
});

test('an app of the directory goes before the same app of Consul, and gives it back when it goes', async (context) => {
  const consul = await startConsulFor(context);
  const plan = await planNode(context, consul.url, consul.node);
  const { host, slot } = plan.place;
  await putServedApp(context, consul, 'shop', slot);
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  const local = await HttpInstance.start(context, 'local');
  await node.write('shop.yml', appText('shop', slot, [local.id]));
  await untilAnswered(host, slot, { status: 200, body: 'local' });
  const both = await runCliHere(['why', 'shop', '--admin', node.admin]);
  const file = path.join(node.servicesDir, 'shop.yml');
  assert.match(both.stdout, new RegExp(`^ {2}given by +directory, ${file}:1:1; with 1 instance$`, 'm'));
  assert.match(
    both.stdout,
    /^ {2}also in +consul, autoproxy\/apps\/shop:1:1 \(index \d+\); hidden: directory wins over consul$/m,
  );
  await node.write('shop.yml', '{}\n');
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  const back = await runCliHere(['why', 'shop', '--admin', node.admin]);
  assert.match(back.stdout, /^ {2}given by +consul, .*; with 2 instances$/m);
  assert.match(back.stdout, / changed +it now comes from consul \(.*\), not from directory \(/);
});
