/** A token without rights sees an empty Consul: the node says which right is missing, and goes on when it is given. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { startConsulFor } from '../support/consul.js';
import { planNode, putServedApp } from '../support/fleet.js';
import { launchNodeAt } from '../support/node-process.js';
import { untilAnswered } from '../support/steady-traffic.js';

const MASTER = '11111111-2222-3333-4444-555555555555';
const CONFIG = `acl { enabled = true  default_policy = "deny"  policy_ttl = "0s"  token_ttl = "0s"  tokens { master = "${MASTER}" } }`;

test('rights are named one after the other, until the app is served', async (context) => {
  const consul = await startConsulFor(context, { config: CONFIG, token: MASTER });
  const plan = await planNode(context, consul.url, consul.node);
  const { host, slot } = plan.place;
  await putServedApp(context, consul, 'shop', slot);
  const setRules = (Rules: string) => consul.put('/v1/acl/policy', { Name: 'node', Rules });
  const policy = JSON.parse(await setRules('')) as { readonly ID: string };
  const { SecretID } = JSON.parse(await consul.put('/v1/acl/token', { Policies: [{ Name: 'node' }] })) as {
    readonly SecretID: string;
  };
  const tokenFile = path.join(plan.place.root, 'token');
  await writeFile(tokenFile, SecretID);
  const node = launchNodeAt(context, plan.place, { ...plan.flags, '--consul-token-file': tokenFile });

  /** Without the signal the node sees it with its next questions, some ten seconds later. */
  const change = async (Rules: string): Promise<void> => {
    await consul.put(`/v1/acl/policy/${policy.ID}`, { Name: 'node', Rules });
    node.signal('SIGHUP');
  };
  const denied = await node.logged('the source can not be read');
  assert.match(String(denied.reason), /lacks the right .*key_prefix "autoproxy\/apps\/"/s);
  const registration = await node.logged('this node can not be registered in Consul');
  assert.match(String(registration.reason), /lacks the right .*service/s);

  await change('key_prefix "autoproxy/" { policy = "read" }');
  await node.untilState(({ problems }) => problems.some(({ hint }) => /the right .*node/.test(hint ?? '')));

  const own = `node "${consul.node}" { policy = "read" } service_prefix "" { policy = "read" } service "autoproxy" { policy = "write" }`;
  await change(`key_prefix "autoproxy/" { policy = "read" } ${own}`);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  await node.logged('this node is registered in Consul');
});
