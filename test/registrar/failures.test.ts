/** What a registrar says of its rounds, how it waits after failures, and how it ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually, settledFigure } from '../support/eventually.js';
import { FAILING } from './scripted-agent.js';
import { CLAIM, LOOK, ROUND, shopOf, startScripted } from './scripted-registrar.js';

test('a link that is lost is tried again each 200 ms; that is said once, and that it works again', async (context) => {
  const { agent, clock, lines, said, registrar, begin, rests, waits } = await startScripted(context);
  agent.answers.set(LOOK, 'broken');
  begin(shopOf(2));
  for (let round = 1; round <= 3; round += 1) {
    await agent.hasBeenAsked(LOOK, round);
    await waits(200);
    await clock.advance(200);
  }
  assert.match(registrar.state.failure ?? '', /is unreachable/);
  assert.deepEqual(said(), ['warn: registering containers in Consul failed; it is tried again and again']);
  assert.match(String(lines[0]?.reason), /^Consul at .* is unreachable/);
  agent.answers.clear();
  await clock.advance(200);
  await rests();
  assert.equal(registrar.state.failure, null);
  assert.deepEqual(said().slice(1), [
    'info: container registered in Consul',
    'info: registering containers in Consul works again',
  ]);
});

test('failures of another kind are said anew', async (context) => {
  const { agent, clock, said, begin, waits } = await startScripted(context);
  agent.answers.set(LOOK, 'broken');
  begin(shopOf(2));
  await waits(200);
  agent.answers.set(LOOK, FAILING);
  await clock.advance(200);
  await eventually('it is said', () => said().length === 2);
});

test('an agent in trouble is asked less often the longer it lasts, at most each 5 s', async (context) => {
  const { agent, clock, begin, waits, rests } = await startScripted(context);
  agent.answers.set(LOOK, FAILING);
  begin(shopOf(2));
  await waits(1_500);
  clock.jump(58_500);
  await clock.advance(1_500);
  // A share of a twentieth of the 60 s that it lasts.
  await waits(3_000);
  clock.jump(100_000);
  await clock.advance(3_000);
  await waits(5_000);
  agent.answers.clear();
  await clock.advance(5_000);
  await rests();
  agent.answers.set(LOOK, FAILING);
  agent.release();
  await waits(1_500);
});

test('an answer that nobody understands is a failure as well', async (context) => {
  const { agent, lines, registrar, begin, waits } = await startScripted(context, 0);
  agent.answers.set(ROUND, { status: 200, body: '[]' });
  begin(shopOf(2));
  await waits(750);
  assert.match(registrar.state.failure ?? '', /the checks of the agent/);
  assert.equal(lines.length, 1);
});

test('an error within a round is a failure as well, and the next round tries again', async (context) => {
  const { agent, clock, said, registrar, rests, waits } = await startScripted(context, 0);
  let isBroken = true;
  registrar.setContainers([shopOf(2)]);
  registrar.start(() => {
    if (isBroken) throw new RangeError('an app was lost');
    return [];
  });
  await waits(750);
  assert.equal(registrar.state.failure, 'an app was lost');
  assert.equal(said().length, 1);
  agent.answers.set(ROUND, { status: 200, body: '[]' });
  await clock.advance(750);
  await waits(750);
  assert.match(registrar.state.failure ?? '', /the checks of the agent/);
  assert.equal(said().length, 1, 'both are answers that nobody understands');
  agent.answers.clear();
  isBroken = false;
  await clock.advance(750);
  await rests();
  assert.equal(registrar.state.failure, null);
});

test('after a failure the claim counts as lost: nothing is given up at the end', async (context) => {
  const { agent, registrar, begin, rests, waits } = await startScripted(context);
  begin(shopOf(2));
  await rests();
  agent.answers.set(LOOK, FAILING);
  agent.release();
  await waits(1_500);
  await registrar.stop();
  assert.equal(agent.countOf(`PUT /agent/service/deregister/${CLAIM}`), 0);
});

test('at the end the claim is given up and the services stay', async (context) => {
  const { agent, clock, registrar, begin, rests } = await startScripted(context);
  begin(shopOf(2));
  await rests();
  await registrar.stop();
  assert.equal(agent.countOf(`PUT /agent/service/deregister/${CLAIM}`), 1);
  assert.equal(agent.services.size, 1);
  assert.equal(agent.held, 0);
  const asked = agent.requests.length;
  registrar.refresh();
  await clock.advance(10_000);
  assert.equal(await settledFigure(() => agent.requests.length), asked);
});

test('the end waits 1 s for an agent that is silent, and asks it nothing more', async (context) => {
  const { agent, clock, registrar, begin, rests } = await startScripted(context);
  begin(shopOf(2));
  await rests();
  agent.answers.set(LOOK, 'silent');
  registrar.refresh();
  const looks = agent.countOf(LOOK);
  await agent.hasBeenAsked(LOOK, looks + 1);
  let isOver = false;
  const stopped = registrar.stop().then(() => {
    isOver = true;
  });
  await clock.advance(999);
  assert.equal(isOver, false);
  await clock.advance(1);
  await stopped;
  assert.equal(agent.countOf('PUT /agent/service/deregister'), 0);
});

test('up to five changes are said one by one, more of them as one line', async (context) => {
  const { agent, lines, registrar, begin, rests } = await startScripted(context);
  const of = (count: number) => Array.from({ length: count }, (_, index) => shopOf(index + 2));
  begin(...of(5));
  await rests();
  assert.equal(registrar.state.registered, 5);
  assert.deepEqual(
    lines.map(({ level, msg, service, id, address }) => [level, msg, service, id, address]),
    of(5).map(({ id, networks }) => [
      'info',
      'container registered in Consul',
      'shop',
      `autoproxy-n1-${id.slice(0, 12)}-8080`,
      `${networks[0]?.address}:8080`,
    ]),
  );
  lines.length = 0;
  const changed = [...of(2), ...of(5).slice(4), shopOf(9, { env: { SERVICE_NAME: 'till' } })];
  registrar.setContainers(changed);
  await agent.hasBeenAsked('PUT /agent/service/register autoproxy-n1-', 6);
  await rests();
  assert.deepEqual(
    lines.map(({ msg, service, why }) => [msg, service, why]),
    [
      ['container taken out of Consul', 'shop', 'its container does not run'],
      ['container taken out of Consul', 'shop', 'its container does not run'],
      ['container registered in Consul', 'till', undefined],
    ],
  );
  lines.length = 0;
  registrar.setContainers([shopOf(20), shopOf(21)]);
  await eventually('it is said', () => lines.length > 0);
  await rests();
  assert.deepEqual(
    lines.map(({ level, msg, registered, deregistered }) => [level, msg, registered, deregistered]),
    [['info', 'containers registered in Consul and taken out', 2, 4]],
  );
});

test('a registration that was refused is not counted and not said to be done; what is told is not said', async (context) => {
  const { agent, lines, registrar, begin, rests } = await startScripted(context);
  const [one, two, three] = [shopOf(2), shopOf(3), shopOf(4, { health: 'healthy' })];
  const refused = `PUT /agent/service/register autoproxy-n1-${two.id.slice(0, 12)}`;
  agent.answers.set(refused, { status: 400, body: 'no' });
  const foreign = { ID: `autoproxy-n1-${shopOf(5).id.slice(0, 12)}-8080`, Service: 'shop', Tags: [] };
  agent.services.set(foreign.ID, { ...foreign, Address: '172.17.0.9', Port: 80, Meta: {} });
  begin(one, two, three, shopOf(5));
  await rests();
  assert.equal(agent.countOf(ROUND), 2);
  assert.ok(agent.countOf('PUT /agent/check/update/autoproxy-n1-') > 0);
  const { registered, failure, problems } = registrar.state;
  assert.equal(registered, 2);
  assert.match(failure ?? '', /answered 400 for the registration of autoproxy-n1-/);
  assert.equal(problems.length, 2);
  assert.deepEqual(
    lines.filter(({ msg }) => msg === 'container registered in Consul').map(({ address }) => address),
    ['172.17.0.2:8080', '172.17.0.4:8080'],
  );
  assert.equal(lines.filter(({ level }) => level === 'warn').length, 2);
  agent.answers.clear();
  registrar.refresh();
  await eventually('it is registered', () => registrar.state.registered === 3);
  assert.equal(registrar.state.failure, null);
});
