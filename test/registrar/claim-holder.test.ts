/** How the claim of a registrar is taken, lost, taken over and given up. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readAgentChecks, readAgentServices } from '../../src/consul/agent-services.js';
import { ConsulConnection } from '../../src/consul/connection.js';
import { ConsulFailure } from '../../src/consul/failure.js';
import { claimOf, createLife } from '../../src/registrar/claim.js';
import { ClaimHolder } from '../../src/registrar/claim-holder.js';
import { consulSettings } from '../registry/registries.js';
import { atEnd } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';
import { DENIED, FAILING, ScriptedAgent } from './scripted-agent.js';

const ID = 'autoproxy-registrar-n1';
const REGISTER = `PUT /agent/service/register ${ID}`;
const TELL = `PUT /agent/check/update/${ID}/ttl`;
const DEREGISTER = `PUT /agent/service/deregister/${ID}`;

async function startHolder(context: TestContext) {
  const agent = await ScriptedAgent.start(context);
  const connection = new ConsulConnection(consulSettings(agent.url));
  atEnd(context, () => connection.close());
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  let ids = 0;
  const createId = (): string => {
    ids += 1;
    return `id-${ids}`;
  };
  const holder = new ClaimHolder(connection, { node: 'n1', createId, clock, log });
  const take = async () =>
    holder.take({ services: await readAgentServices(connection), checks: await readAgentChecks(connection) });
  const writes = () => agent.requests.filter((text) => text.startsWith('PUT'));
  const life = () => agent.services.get(ID)?.Meta['autoproxy-registrar-life'];
  return { agent, clock, connection, lines, holder, take, writes, life };
}

const isOf = (kind: string) => (error: unknown) => error instanceof ConsulFailure && error.kind === kind;

test('a free claim is registered and told; a held one is told alone', async (context) => {
  const { agent, holder, take, writes, life } = await startHolder(context);
  assert.equal(holder.isHeld, false);
  assert.equal(await take(), null);
  assert.deepEqual([holder.isHeld, holder.isLost], [true, false]);
  assert.deepEqual(writes(), [REGISTER, TELL]);
  assert.equal(life(), '2024-01-01T00:00:01.000Z/id-1');
  const { Status, Output } = agent.checks.get(`${ID}/ttl`) ?? {};
  assert.deepEqual([Status, Output], ['passing', 'it compares containers and services']);
  assert.equal(await take(), null);
  assert.deepEqual([writes(), holder.isHeld], [[REGISTER, TELL, TELL], true]);
});

test('a claim that went after it was read is written again in the same round', async (context) => {
  const { agent, connection, holder, take, writes } = await startHolder(context);
  await take();
  const read = { services: await readAgentServices(connection), checks: await readAgentChecks(connection) };
  agent.services.clear();
  agent.checks.clear();
  agent.refusesUnknownChecks = true;
  assert.equal(await holder.take(read), null);
  assert.deepEqual(writes(), [REGISTER, TELL, TELL, REGISTER, TELL]);
  assert.ok(agent.services.has(ID) && holder.isHeld);
});

test('its check passes from the first moment', async (context) => {
  const { agent, take } = await startHolder(context);
  agent.answers.set(TELL, FAILING);
  await assert.rejects(take(), isOf('failing'));
  assert.equal(agent.checks.get(`${ID}/ttl`)?.Status, 'passing');
});

test('a claim of one that began later and lives is left alone, and that is said once', async (context) => {
  const { agent, clock, lines, holder, take, writes, life } = await startHolder(context);
  const later = createLife(clock.wallTime() + 30_000, 'other');
  agent.put(claimOf('n1', later), 'passing');
  for (let round = 0; round < 3; round += 1) {
    assert.equal(await take(), null);
    assert.equal(lines.length, 1);
  }
  assert.deepEqual([holder.isHeld, holder.isLost], [false, true]);
  assert.deepEqual(writes(), []);
  assert.deepEqual(
    lines.map(({ level, msg, node, hint }) => [level, msg, node, hint]),
    [
      [
        'error',
        'a node of this name that began later registers at this agent; this one registers nothing',
        'n1',
        'give one of the two nodes another name (--node)',
      ],
    ],
  );
  await holder.giveUp(1_000);
  assert.deepEqual(writes(), [], 'the claim of the other one is not given up');

  agent.put(claimOf('n1', later), 'critical');
  clock.jump(60_000);
  for (let round = 0; round < 3; round += 1) {
    assert.equal(await take(), null);
    assert.equal(lines.length, 2);
  }
  assert.deepEqual([holder.isHeld, holder.isLost], [true, false]);
  assert.equal(life(), '2024-01-01T00:01:01.000Z/id-2', 'with a new life, which counts for more');
  assert.deepEqual(writes(), [REGISTER, TELL, TELL, TELL]);
  assert.deepEqual(
    lines.slice(1).map(({ level, msg, node }) => [level, msg, node]),
    [['info', 'the other node of this name has ended; this one registers again', 'n1']],
  );
});

test('a claim that may not be written is not held, and the reason is returned; other failures are thrown', async (context) => {
  const { agent, holder, take } = await startHolder(context);
  agent.answers.set(REGISTER, DENIED);
  assert.match((await take())?.message ?? '', /the token lacks the right service "autoproxy-registrar" \{ policy/);
  assert.equal(holder.isHeld, false);
  agent.answers.set(REGISTER, FAILING);
  await assert.rejects(take(), isOf('failing'));
  assert.equal(holder.isHeld, false);
  agent.answers.clear();
  await take();
  assert.equal(holder.isHeld, true);
  agent.answers.set(TELL, FAILING);
  await assert.rejects(take(), isOf('failing'));
  assert.equal(holder.isHeld, true, 'the agent has it still');
});

test('a held claim whose telling breaks off is not written over: nobody knows what the agent has', async (context) => {
  const { agent, take } = await startHolder(context);
  await take();
  agent.answers.set(TELL, 'broken');
  await assert.rejects(take(), isOf('unreachable'));
  assert.equal(agent.countOf(REGISTER), 1);
});

test('its hash is null without a claim, changes with the claim, and is empty where the agent does not tell', async (context) => {
  const { agent, clock, holder, take } = await startHolder(context);
  const { signal } = new AbortController();
  assert.equal(await holder.hash(signal), null);
  await take();
  const first = await holder.hash(signal);
  assert.ok(first);
  agent.put(claimOf('n1', createLife(clock.wallTime() + 30_000, 'other')), 'passing');
  const second = await holder.hash(signal);
  assert.ok(second !== null && second !== '' && second !== first);
  agent.answers.set(`GET /agent/service/${ID}`, DENIED);
  assert.equal(await holder.hash(signal), '');
  agent.answers.set(`GET /agent/service/${ID}`, FAILING);
  await assert.rejects(holder.hash(signal), isOf('failing'));
});

test('what is held is given up; what is not held, or forgotten, is left alone', async (context) => {
  const { holder, take, writes } = await startHolder(context);
  await holder.giveUp(1_000);
  assert.deepEqual(writes(), []);
  await take();
  holder.forget();
  await holder.giveUp(1_000);
  assert.deepEqual(writes(), [REGISTER, TELL]);
  await take();
  await holder.giveUp(1_000);
  assert.deepEqual(writes(), [REGISTER, TELL, TELL, DEREGISTER]);
});

test('giving up waits no longer than it may, and says why the claim stays', async (context) => {
  const { agent, lines, holder, take } = await startHolder(context);
  await take();
  agent.answers.set(DEREGISTER, 'silent');
  await holder.giveUp(50);
  assert.deepEqual(
    lines.map(({ level, msg, reason }) => [level, msg, reason]),
    [['debug', 'the claim of the registrar stays until it lapses', `Consul at ${agent.url} said nothing for 0.05 s`]],
  );
});
