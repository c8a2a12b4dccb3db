/** Consul with ACLs: what a token lacks is named as the rule that it needs, and a node goes on as soon as it is given. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ConsulAgent, startConsulFor } from '../support/consul/consul.js';
import { eventually } from '../support/eventually.js';
import { type FleetNode, planNode, putServedApp, startPlanned } from '../support/node/fleet.js';
import { launchNodeAt, type RunningNode } from '../support/node/node-process.js';
import { SteadyTraffic, untilAnswered } from '../support/traffic/steady-traffic.js';

const MASTER = '11111111-2222-3333-4444-555555555555';
/** The agent's own token lets it write what is registered with it into the catalogue. */
const ACL = `acl { enabled = true  default_policy = "deny"  tokens { master = "${MASTER}"  agent = "${MASTER}" } }`;

const KEYS = 'key_prefix "autoproxy/apps/" { policy = "read" }';
const OWN_NODE = 'node "consul-1" { policy = "read" }  service_prefix "" { policy = "read" }';
const OWN_SERVICE = 'service "autoproxy" { policy = "write" }';
const OTHER_NODES = 'node_prefix "" { policy = "read" }';

interface Guarded {
  readonly consul: ConsulAgent;
  readonly plan: FleetNode;
  readonly tokenFile: string;
}

/** A Consul that lets nobody in without a token, with an app that is served, and a node that reads its token from a file. */
async function startGuarded(context: TestContext): Promise<Guarded> {
  const consul = await startConsulFor(context, { config: ACL, token: MASTER });
  const plan = await planNode(context, consul.url, consul.node);
  await putServedApp(context, consul, 'shop', plan.place.slot);
  const tokenFile = path.join(plan.place.root, 'token');
  return { consul, plan: { ...plan, flags: { ...plan.flags, '--consul-token-file': tokenFile } }, tokenFile };
}

async function createToken(consul: ConsulAgent, name: string, ...rules: readonly string[]): Promise<string> {
  if (rules.length > 0) await consul.put('/v1/acl/policy', { Name: name, Rules: rules.join('\n') });
  const body = { Policies: rules.length === 0 ? [] : [{ Name: name }] };
  return (JSON.parse(await consul.put('/v1/acl/token', body)) as { readonly SecretID: string }).SecretID;
}

/** What the node says of Consul: lines of its log with their reasons, and problems with what to do. */
async function saidOf(node: RunningNode): Promise<string> {
  const lines = ['reading the source failed', 'registering this node in Consul failed'].flatMap((message) =>
    node.linesOf(message).map(({ reason }) => String(reason)),
  );
  const { problems } = await node.state();
  return [...lines, ...problems.map(({ message, hint }) => `${message}: ${hint}`)].join('\n');
}

/** Each of the parts is said for the first time by what the test has just done. */
async function untilSaid(node: RunningNode, ...parts: readonly string[]): Promise<void> {
  let said = '';
  await eventually('the node says so', async () => {
    said = await saidOf(node);
    return parts.every((part) => said.includes(part));
  }).catch((error: Error) => assert.fail(`${error.message}: ${parts.join(', ')}; it says\n${said}`));
}

test('a token that lacks rights is told each of them, and a better one is used without a restart', async (context) => {
  const { consul, plan, tokenFile } = await startGuarded(context);
  const { host, slot } = plan.place;
  await writeFile(tokenFile, await createToken(consul, 'nothing'));
  const node = launchNodeAt(context, plan.place, plan.flags);
  await node.logged('not ready');
  await untilSaid(node, `lacks the right ${KEYS}`, `lacks the right ${OWN_SERVICE}`);

  await writeFile(tokenFile, await createToken(consul, 'apps', KEYS, OWN_SERVICE));
  node.signal('SIGHUP');
  await untilSaid(
    node,
    `Consul shows no node consul-1: name its agent with --consul-node, or give the token the right ${OWN_NODE}`,
  );
  await node.untilState(({ apps, sources }) => apps.length === 1 && sources.every(({ up }) => up));

  await writeFile(tokenFile, `${await createToken(consul, 'all', KEYS, OWN_NODE, OWN_SERVICE, OTHER_NODES)}\n`);
  node.signal('SIGHUP');
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  await node.logged('this node is registered in Consul');
  assert.deepEqual((await node.state()).problems, []);
});

test('a token that is deleted, and one whose rights are taken away, cost no instance', async (context) => {
  const { consul, plan, tokenFile } = await startGuarded(context);
  const { host, slot } = plan.place;
  const rules = [KEYS, OWN_NODE, OWN_SERVICE, OTHER_NODES];
  const first = await createToken(consul, 'first', ...rules);
  const { AccessorID } = JSON.parse((await consul.request('GET', '/v1/acl/tokens')).text).find(
    ({ Policies }: { readonly Policies?: readonly { readonly Name: string }[] }) => Policies?.[0]?.Name === 'first',
  ) as { readonly AccessorID: string };
  await writeFile(tokenFile, first);
  const node = await startPlanned(context, plan);
  await untilAnswered(host, slot, { status: 200, body: 'shop' });
  const traffic = new SteadyTraffic(context, host, slot);

  await consul.request('DELETE', `/v1/acl/token/${AccessorID}`);
  node.signal('SIGHUP');
  await untilSaid(node, 'does not know the token: it is wrong, expired or deleted');
  await traffic.more(50);
  assert.equal((await node.state()).apps[0]?.instances.length, 2);

  // Less than the right to its node looks like a catalogue without it: that is held for as long as it lasts.
  await writeFile(tokenFile, await createToken(consul, 'second', KEYS, OWN_SERVICE));
  node.signal('SIGHUP');
  await untilSaid(
    node,
    `Consul shows no node consul-1 any more: its agent has left, or the token has lost the right ${OWN_NODE}`,
  );
  await traffic.more(50);
  const { apps, sources, problems } = await node.state();
  assert.equal(apps[0]?.instances.length, 2);
  assert.deepEqual(problems, [], 'nothing waits for the end of a grace time');
  assert.ok(sources.some(({ name, up }) => name === 'consul' && !up));

  await writeFile(tokenFile, await createToken(consul, 'third', ...rules));
  node.signal('SIGHUP');
  await node.untilState(({ sources, problems }) => sources.every(({ up }) => up) && problems.length === 0);
  await traffic.more(50);
  assert.deepEqual(traffic.failures, []);
});
