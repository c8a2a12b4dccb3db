/** The support itself: a fault test that freezes nothing, or kills nothing, would pass for ever. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { atEnd } from '../at-end.js';
import { eventually } from '../eventually.js';
import { leaderOf, startConsulCluster, startConsulFor } from './consul.js';

test('an agent serves, is frozen and thawed, is killed, and comes back empty on the same address', async (context) => {
  const agent = await startConsulFor(context);
  await agent.put('/v1/kv/a', 'b');
  assert.equal((await agent.request('GET', '/v1/kv/a?raw')).text, 'b');

  await agent.freeze();
  await assert.rejects(agent.request('GET', '/v1/kv/a?raw'), /no answer in time/);
  agent.thaw();
  assert.equal((await agent.request('GET', '/v1/kv/a?raw')).text, 'b');

  const { url } = agent;
  await agent.kill();
  await assert.rejects(agent.request('GET', '/v1/kv/a?raw'), /ECONNREFUSED/);
  await agent.start();
  await agent.hasLeader();
  assert.equal(agent.url, url);
  assert.equal((await agent.request('GET', '/v1/kv/a?raw')).status, 404);
});

test('a cluster of three keeps its state when its leader goes', async (context) => {
  const agents = await startConsulCluster(3);
  atEnd(context, () => Promise.all(agents.map((agent) => agent.remove())));
  const [first] = agents;
  assert.ok(first !== undefined);
  await first.put('/v1/kv/a', 'b');
  const leader = await leaderOf(agents, first);
  await leader.kill();
  const [asked] = agents.filter((agent) => agent !== leader);
  assert.ok(asked !== undefined);
  await eventually('the others have a leader', async () => (await asked.request('GET', '/v1/kv/a?raw')).status === 200);
  assert.notEqual(await leaderOf(agents, asked), leader);
});
