/** What a token does not allow is named; what it allows is done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consulSettings } from '../registry/registries.js';
import { startConsulFor } from '../support/consul/consul.js';
import { eventually } from '../support/eventually.js';
import { addressesOf, passingOf, startContainer, startRegistrar } from './registrar-parts.js';

const MASTER = '5f6ad0f6-5b05-4b0e-9a86-1e2c7d3f0a11';
const ACL = `acl { enabled = true  default_policy = "deny"  policy_ttl = "0s"  token_ttl = "0s"  tokens { master = "${MASTER}" agent = "${MASTER}" } }`;
const SOME =
  'service "shop" { policy = "write" }  node_prefix "" { policy = "read" }  service_prefix "" { policy = "read" }';

test('a right for one service is used, what is missing is named once, and a new right counts without a restart', async (context) => {
  const agent = await startConsulFor(context, { config: ACL, token: MASTER });
  const policy = JSON.parse(await agent.put('/v1/acl/policy', { Name: 'node', Rules: SOME })) as {
    readonly ID: string;
  };
  const { SecretID } = JSON.parse(await agent.put('/v1/acl/token', { Policies: [{ Name: 'node' }] })) as {
    readonly SecretID: string;
  };
  const [shop, other] = [
    await startContainer(context),
    await startContainer(context, { env: { SERVICE_NAME: 'other' } }),
  ];
  const settings = consulSettings(agent.url, SecretID);
  const { registrar, lines } = startRegistrar(context, agent, [other, shop], { settings });
  await eventually('what is allowed is done', async () => (await passingOf(agent, 'shop'))?.length === 1);
  assert.deepEqual(await passingOf(agent, 'other'), []);
  const reasons = (): readonly string[] => lines.map(({ reason }) => String(reason ?? ''));
  await eventually('what is missing is named', () =>
    reasons().some((text) => /service "other" \{ policy = "write" \}/.test(text)),
  );
  assert.ok(reasons().some((text) => /service "autoproxy-registrar" \{ policy = "write" \}/.test(text)));
  assert.match(registrar.state.failure ?? '', /lacks the right/);
  registrar.refresh();
  const all = `${SOME}  service_prefix "" { policy = "write" }`;
  await agent.put(`/v1/acl/policy/${policy.ID}`, { Name: 'node', Rules: all });
  registrar.refresh();
  await eventually('it has the right', async () => {
    registrar.refresh();
    return (await passingOf(agent, 'other'))?.length === 1;
  });
  assert.deepEqual(await passingOf(agent, 'other'), addressesOf(other));
  await eventually('nothing is missing', () => registrar.state.failure === null);
  assert.equal(reasons().filter((text) => text.includes('service "other"')).length, 1, 'named once');
});

test('a token that may write one service and read nothing registers that one', async (context) => {
  const agent = await startConsulFor(context, { config: ACL, token: MASTER });
  await agent.put('/v1/acl/policy', { Name: 'one', Rules: 'service "shop" { policy = "write" }' });
  const { SecretID } = JSON.parse(await agent.put('/v1/acl/token', { Policies: [{ Name: 'one' }] })) as {
    readonly SecretID: string;
  };
  const shop = await startContainer(context);
  startRegistrar(context, agent, [shop], { settings: consulSettings(agent.url, SecretID) });
  await eventually('it passes', async () => (await passingOf(agent, 'shop'))?.length === 1);
});

test('a token that nobody knows is named', async (context) => {
  const agent = await startConsulFor(context, { config: ACL, token: MASTER });
  const settings = consulSettings(agent.url, '00000000-1111-2222-3333-444444444444');
  const { registrar } = startRegistrar(context, agent, [await startContainer(context)], { settings });
  await eventually('it is named', () => /does not know the token/.test(registrar.state.failure ?? ''));
});
