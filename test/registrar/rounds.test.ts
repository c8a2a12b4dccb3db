/** When a registrar compares again, and what wakes it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { claimOf, createLife } from '../../src/registrar/claim.js';
import { eventually, settledFigure } from '../support/eventually.js';
import { DENIED } from './scripted-agent.js';
import { CLAIM, LOOK, ROUND, shopOf, startScripted } from './scripted-registrar.js';

const ASK_CLAIM = `GET /agent/service/${CLAIM}`;

test('nothing is asked before containers and apps are known, nor after the end', async (context) => {
  const first = await startScripted(context);
  first.registrar.setContainers([shopOf(2)]);
  const second = await startScripted(context);
  second.registrar.start(() => []);
  const third = await startScripted(context);
  third.registrar.setContainers([shopOf(2)]);
  await third.registrar.stop();
  third.begin(shopOf(2));
  for (const { agent } of [first, second, third]) assert.equal(await settledFigure(() => agent.requests.length), 0);
  second.registrar.setContainers([]);
  await second.agent.hasBeenAsked(ROUND, 1);
  first.registrar.start(() => []);
  await first.agent.hasBeenAsked(ROUND, 1);
});

test('what was registered is looked at once more, and no more than once', async (context) => {
  const { agent, begin, rests } = await startScripted(context);
  begin(shopOf(2));
  await rests();
  assert.equal(agent.countOf(ROUND), 2);
  assert.equal(agent.countOf('PUT /agent/service/register autoproxy-n1-'), 1);
});

test('after a round that registered nothing it rests', async (context) => {
  const { agent, registrar, begin, rests } = await startScripted(context);
  begin(shopOf(2), shopOf(3));
  await rests();
  const rounds = agent.countOf(ROUND);
  registrar.setContainers([shopOf(2)]);
  await agent.hasBeenAsked('PUT /agent/service/deregister/autoproxy-n1-', 1);
  await rests();
  assert.equal(agent.countOf(ROUND), rounds + 1);
  agent.answers.set('PUT /agent/service/register autoproxy-n1-', { status: 400, body: 'no' });
  registrar.setContainers([shopOf(2), shopOf(3)]);
  await agent.hasBeenAsked('PUT /agent/service/register autoproxy-n1-', 3);
  await rests();
  assert.equal(agent.countOf(ROUND), rounds + 2, 'what was refused is not registered');
});

test('an agent that keeps no registration gets it again at each second round, with a rest between', async (context) => {
  const { agent, clock, begin, waits } = await startScripted(context);
  agent.isKeeping = false;
  begin(shopOf(2));
  // The claim is not there either: its time is that of a claim that was just written.
  await waits(200);
  assert.equal(await settledFigure(() => agent.countOf(ROUND)), 2);
  await clock.advance(200);
  await agent.hasBeenAsked(ROUND, 3);
  await waits(200);
  assert.equal(await settledFigure(() => agent.countOf(ROUND)), 4);
});

test('a claim that was just written is asked for its hash 200 ms later', async (context) => {
  const { agent, clock, begin, rests, waits } = await startScripted(context);
  begin();
  await waits(200);
  assert.equal(agent.countOf(ROUND), 1);
  await clock.advance(200);
  await rests();
  assert.equal(agent.countOf(ROUND), 2);
});

test('while checks have not run it compares each 2 s, then each 10 s', async (context) => {
  const { agent, clock, begin, ranAll, rests, lookOnce } = await startScripted(context);
  begin(shopOf(2));
  await rests();
  for (const [restMs, isLast] of [
    [2_000, false],
    [2_000, true],
    [10_000, false],
    [10_000, false],
  ] as const) {
    if (isLast) ranAll();
    const rounds = agent.countOf(ROUND);
    clock.jump(restMs - 1);
    await lookOnce();
    await rests();
    assert.equal(agent.countOf(ROUND), rounds);
    clock.jump(1);
    agent.release();
    await agent.hasBeenAsked(ROUND, rounds + 1);
    await rests();
  }
});

test('services that changed since the comparison start another one', async (context) => {
  const { agent, begin, rests } = await startScripted(context);
  begin(shopOf(2));
  await rests();
  const [id = ''] = [...agent.services.keys()].filter((one) => one !== CLAIM);
  agent.services.delete(id);
  agent.release();
  await agent.hasBeenAsked('PUT /agent/service/register autoproxy-n1-', 2);
  await rests();
  assert.ok(agent.services.has(id));
});

test('a claim that another one wrote starts a comparison at once', async (context) => {
  const { agent, clock, registrar, begin, rests } = await startScripted(context);
  begin(shopOf(2));
  await rests();
  const rounds = agent.countOf(ROUND);
  agent.put(claimOf('n1', createLife(clock.wallTime() + 30_000, 'other')), 'passing');
  const looks = agent.countOf(LOOK);
  agent.release();
  await agent.hasBeenAsked(ROUND, rounds + 1);
  assert.equal(agent.countOf(LOOK), looks + 1, 'without a look before');
  await eventually('it yields', () => registrar.state.isYielding);
  assert.deepEqual(registrar.state, { registered: 0, ghosts: [], failure: null, isYielding: true, problems: [] });
});

test('who yields writes nothing, and counts the ghosts all the same', async (context) => {
  const { agent, clock, registrar, begin, rests } = await startScripted(context);
  agent.put(claimOf('n1', createLife(clock.wallTime() + 30_000, 'other')), 'passing');
  const ghost = { ID: 'host:web:80', Service: 'shop', Tags: [], Address: '172.17.0.3', Port: 80, Meta: {} };
  agent.services.set(ghost.ID, ghost);
  begin(shopOf(2), shopOf(3, { phase: 'ended' }));
  await rests();
  assert.equal(agent.countOf('PUT'), 0);
  const { ghosts, isYielding } = registrar.state;
  assert.deepEqual([ghosts.map(({ id }) => id), isYielding], [['host:web:80'], true]);
});

test('new containers and a refresh wake it, also from a pause', async (context) => {
  const { agent, clock, registrar, begin, rests, waits } = await startScripted(context);
  begin();
  await waits(200);
  registrar.refresh();
  await rests();
  assert.equal(clock.waits().length, 0);
  registrar.setContainers([shopOf(2)]);
  await agent.hasBeenAsked('PUT /agent/service/register autoproxy-n1-', 1);
  await rests();
  const rounds = agent.countOf(ROUND);
  registrar.refresh();
  await agent.hasBeenAsked(ROUND, rounds + 1);
  await rests();
});

test('where the agent tells no hash it looks each 500 ms', async (context) => {
  const { agent, clock, registrar, begin, waits } = await startScripted(context);
  agent.answers.set(ASK_CLAIM, DENIED);
  begin(shopOf(2));
  await waits(500);
  assert.equal(agent.countOf(ROUND), 2);
  const looks = agent.countOf(LOOK);
  await clock.advance(500);
  await agent.hasBeenAsked(LOOK, looks + 1);
  await waits(500);
  assert.equal(agent.countOf(ROUND), 2, 'it looked alone');
  registrar.refresh();
  await agent.hasBeenAsked(ROUND, 3);
});

test('where the claim may not be written it looks each 500 ms, and says why', async (context) => {
  const { agent, lines, registrar, begin, waits } = await startScripted(context);
  agent.answers.set(`PUT /agent/service/register ${CLAIM}`, DENIED);
  begin(shopOf(2));
  await waits(500);
  assert.equal(agent.countOf('PUT /agent/service/register autoproxy-n1-'), 1, 'the containers are registered');
  const { registered, failure, problems } = registrar.state;
  assert.equal(registered, 1);
  assert.match(failure ?? '', /service "autoproxy-registrar" \{ policy = "write" \}/);
  assert.deepEqual(
    problems.map(({ message }) => message),
    [failure],
  );
  assert.deepEqual(
    lines.filter(({ level }) => level === 'warn').map(({ msg, reason }) => [msg, reason]),
    [['registering containers', `consul: warning: ${failure}`]],
    'once, though it has compared twice',
  );
});

test('an app whose definition says the port counts as soon as it is known', async (context) => {
  const { agent, registrar, rests } = await startScripted(context);
  const apps: { name: string; nativePort: number; health: never; sendProxy: 'none' }[] = [];
  registrar.setContainers([shopOf(2, { env: {}, labels: { 'autoproxy.app': 'native' }, ports: [] })]);
  registrar.start(() => apps);
  await agent.hasBeenAsked(ROUND, 1);
  await eventually('it is said', () => registrar.state.problems.length === 1);
  apps.push({ name: 'native', nativePort: 9_000, health: { path: null } as never, sendProxy: 'none' });
  registrar.refresh();
  await rests();
  assert.deepEqual([...agent.services.values()].map(({ Port }) => Port).sort(), [0, 9_000]);
});

test('what the catalogue showed and shows no more is written again, once', async (context) => {
  const { agent, begin, lines, rests } = await startScripted(context);
  begin(shopOf(2), shopOf(3));
  await rests();
  const ids = [...agent.services.keys()].filter((id) => id !== CLAIM);
  const writes = () => agent.countOf('PUT /agent/service/register autoproxy-n1-');
  // A token may hide some from the start: that does not count as a loss.
  const [shown = '', hidden = ''] = ids;
  agent.show([shown]);
  agent.show([shown, CLAIM]);
  assert.equal(await settledFigure(writes), 2);
  agent.show([CLAIM]);
  await agent.hasBeenAsked(`PUT /agent/service/register ${shown}`, 2);
  await rests();
  // The agent has no way to the servers, or the token lost the right to see it.
  agent.show([]);
  assert.equal(await settledFigure(writes), 3);
  agent.show([shown, hidden]);
  agent.show([shown]);
  await agent.hasBeenAsked(`PUT /agent/service/register ${hidden}`, 2);
  agent.show([shown, hidden, CLAIM]);
  agent.show([CLAIM]);
  await agent.hasBeenAsked('PUT /agent/service/register autoproxy-n1-', 6);
  assert.deepEqual(
    lines
      .filter(({ msg }) => msg === 'containers were taken out of Consul past its agent')
      .map(({ level, lost, ids: some }) => [level, lost, some]),
    [
      ['info', 1, shown],
      ['info', 1, hidden],
      ['info', 2, `${shown}, ${hidden}`],
    ],
  );
});

test('what is taken out because its container ended does not count as a loss', async (context) => {
  const { agent, begin, registrar, lines, rests } = await startScripted(context);
  begin(shopOf(2));
  await rests();
  agent.show([...agent.services.keys()]);
  registrar.setContainers([]);
  await agent.hasBeenAsked('PUT /agent/service/deregister/', 1);
  await rests();
  agent.show([...agent.services.keys()]);
  assert.equal(await settledFigure(() => agent.countOf('PUT /agent/service/register autoproxy-n1-')), 1);
  assert.deepEqual(
    lines.filter(({ msg }) => msg.includes('past its agent')),
    [],
  );
});
