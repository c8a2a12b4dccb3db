/** A token without rights sees an empty Consul: the node says which right is missing, and goes on when it is given. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { startConsulFor } from '../support/consul/consul.js';
import { planNode, putServedApp, startPlanned } from '../support/node/fleet.js';
import { launchNodeAt } from '../support/node/node-process.js';
import { untilAnswered } from '../support/traffic/steady-traffic.js';

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
  const denied = await node.logged('reading the source failed');
  assert.match(String(denied.reason), /lacks the right .*key_prefix "autoproxy\/apps\/"/s);
  const registration = await node.logged('registering this node in Consul failed');
  assert.match(String(registration.reason), /lacks the right .*service/s);

  await change('key_prefix "autoproxy/" { policy = "read" }');
  await node.untilState(({ problems }) => problems.some(({ hint }) => /the right .*node/.test(hint ?? '')));

  const own = `node "${consul.node}" { policy = "read" } service_prefix "" { policy = "read" } service "autoproxy" { policy = "write" }`;
  await change(`key_prefix "autoproxy/" { policy = "read" } ${own}`);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  await node.logged('this node is registered in Consul');
});

test('a token that hides the nodes of the pod, this one too, is named as such, and none of them leaves', async (context) => {
  const consul = await startConsulFor(context, { config: CONFIG, token: MASTER });
  const plan = await planNode(context, consul.url, consul.node);
  const Address = ownAddress();
  const other = { ID: 'autoproxy-alpha-b', Service: 'autoproxy', Tags: ['alpha'], Port: 1936, Address };
  await consul.put('/v1/catalog/register', { Node: 'agent-b', Address, Service: { ...other, Meta: { node: 'b' } } });
  const write = 'key_prefix "autoproxy/" { policy = "read" } service "autoproxy" { policy = "write" }';
  const all = `${write} node_prefix "" { policy = "read" } service_prefix "" { policy = "read" }`;
  const policy = JSON.parse(await consul.put('/v1/acl/policy', { Name: 'node', Rules: all })) as {
    readonly ID: string;
  };
  const { SecretID } = JSON.parse(await consul.put('/v1/acl/token', { Policies: [{ Name: 'node' }] })) as {
    readonly SecretID: string;
  };
  const tokenFile = path.join(plan.place.root, 'token');
  await writeFile(tokenFile, SecretID);
  const node = await startPlanned(context, { ...plan, flags: { ...plan.flags, '--consul-token-file': tokenFile } });
  await node.logged('this node is registered in Consul');
  await node.untilState(({ neighbors }) => neighbors.length === 1);

  await consul.put(`/v1/acl/policy/${policy.ID}`, { Name: 'node', Rules: write });
  // A signal asks at once; without it this is noticed with the next questions, some ten seconds later each.
  const asking = setInterval(() => node.signal('SIGHUP'), 6_000);
  atEnd(context, () => clearInterval(asking));
  node.signal('SIGHUP');
  await node.logged('Consul does not show this node; it registers again');
  const { problems, neighbors } = await node.untilState((state) =>
    state.problems.some(({ message }) => /does not show the registration of this node/.test(message)),
  );
  const hidden = problems.find(({ message }) => /does not show the registration/.test(message));
  assert.match(hidden?.hint ?? '', /give the token the right service "autoproxy" .* node_prefix ""/);
  assert.deepEqual(neighbors, [{ address: Address }]);
  await consul.put(`/v1/acl/policy/${policy.ID}`, { Name: 'node', Rules: all });
  node.signal('SIGHUP');
  await node.untilState((state) => state.problems.length === 0);
  assert.equal(node.linesOf('this node is registered in Consul').length, 1, 'not once for each answer');
});
