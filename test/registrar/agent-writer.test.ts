/** What a registrar remembers of checks, and what it does about requests that fail. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { readAgentChecks, readAgentServices } from '../../src/consul/agent-services.js';
import { ConsulConnection } from '../../src/consul/connection.js';
import { ConsulFailure } from '../../src/consul/failure.js';
import type { Container } from '../../src/docker/container.js';
import { AgentWriter } from '../../src/registrar/agent-writer.js';
import type { Action } from '../../src/registrar/compare.js';
import type { WantedService } from '../../src/registrar/wanted-services.js';
import { consulSettings } from '../registry/registries.js';
import { atEnd } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { containerOf, wantedOn } from './containers.js';
import { DENIED, FAILING, ScriptedAgent } from './scripted-agent.js';

function serviceOf(container: Container): WantedService {
  const [service] = wantedOn('n1', [container]).services;
  assert.ok(service);
  return service;
}

const NAMED = { env: { SERVICE_NAME: 'shop' } };
/** A TCP check alone; it has run for longer than it needs to be proved. */
const OLD = serviceOf(containerOf(2, { ...NAMED, since: -60_000 }));
const YOUNG = serviceOf(containerOf(3, { ...NAMED, since: 1_000 }));
/** The same container, told by a HEALTHCHECK. */
const toldOf = (health: 'healthy' | 'unhealthy') =>
  serviceOf(containerOf(4, { env: { SERVICE_NAME: 'till' }, health }));

function checkOf({ checks }: WantedService, index = 0) {
  const check = checks[index];
  assert.ok(check);
  return check;
}

const register = (service: WantedService): Action => ({ kind: 'register', service });
const tell = (service: WantedService): Action => {
  const { id, told } = checkOf(service);
  assert.ok(told);
  return { kind: 'tell', id, service: service.name, told };
};

async function startWriter(context: TestContext) {
  const agent = await ScriptedAgent.start(context);
  const connection = new ConsulConnection(consulSettings(agent.url));
  atEnd(context, () => connection.close());
  const clock = new FakeClock();
  const writer = new AgentWriter(connection, clock);
  const look = async (...wanted: readonly WantedService[]) =>
    writer.look(wanted, { services: await readAgentServices(connection), checks: await readAgentChecks(connection) });
  const deregister = async ({ id }: WantedService): Promise<Action> => {
    const service = (await readAgentServices(connection)).find((one) => one.id === id);
    assert.ok(service);
    return { kind: 'deregister', service, why: 'a test' };
  };
  /** As after a run of the agent's own check. */
  const ran = (service: WantedService, status: string, index = 0) => {
    const { id } = checkOf(service, index);
    agent.checks.set(id, { CheckID: id, ServiceID: service.id, Status: status, Output: 'it ran' });
  };
  return { agent, clock, writer, look, deregister, ran };
}

test('each action is one request, and the agent has what it says', async (context) => {
  const { agent, writer, deregister } = await startWriter(context);
  const told = toldOf('healthy');
  assert.equal((await writer.write([register(OLD), register(told), tell(told)])).size, 0);
  assert.deepEqual(
    [...agent.services.values()].map(({ ID, Service, Port }) => [ID, Service, Port]),
    [OLD, told].map(({ id, name, port }) => [id, name, port]),
  );
  const { id } = checkOf(told);
  assert.deepEqual(agent.checks.get(id), {
    ...{ CheckID: id, ServiceID: told.id, Status: 'passing' },
    Output: 'Docker says healthy of container web-4',
  });
  await writer.write([{ kind: 'drop check', id: checkOf(OLD).id, service: OLD.name }, await deregister(told)]);
  assert.deepEqual([[...agent.services.keys()], agent.checks.size], [[OLD.id], 0]);
  assert.deepEqual(
    agent.requests.filter((text) => text.startsWith('PUT')).map((text) => text.split(/[/ ]/).slice(3, 5).join(' ')),
    ['service register', 'service register', 'check update', 'check deregister', 'service deregister'],
  );
});

test('a check that was told is due again after 25 s, and at once after a registration', async (context) => {
  const { clock, writer } = await startWriter(context);
  const told = toldOf('healthy');
  const { id } = checkOf(told);
  await writer.write([register(told)]);
  assert.ok(writer.isDue(id), 'it was never told');
  await writer.write([tell(told)]);
  assert.equal(writer.isDue(id), false);
  clock.jump(24_999);
  assert.equal(writer.isDue(id), false);
  clock.jump(1);
  assert.ok(writer.isDue(id));
  await writer.write([tell(told)]);
  assert.equal(writer.isDue(id), false);
  await writer.write([register(told)]);
  assert.ok(writer.isDue(id));
});

test('a check that could not be told is due still', async (context) => {
  const { agent, writer } = await startWriter(context);
  const told = toldOf('healthy');
  agent.answers.set('PUT /agent/check/update', DENIED);
  assert.equal((await writer.write([tell(told)])).size, 1);
  assert.ok(writer.isDue(checkOf(told).id));
});

test('a look says whether a check has not run yet, and keeps what those that ran say', async (context) => {
  const { writer, look, ran } = await startWriter(context);
  assert.equal(await look(), false);
  await writer.write([register(OLD), register(YOUNG)]);
  assert.deepEqual(
    [OLD, YOUNG].map((service) => writer.seen(checkOf(service).id)),
    ['passing', 'critical'],
  );
  ran(OLD, 'warning');
  assert.equal(await look(OLD, YOUNG), true, 'one has not run');
  assert.deepEqual(
    [OLD, YOUNG].map((service) => writer.seen(checkOf(service).id)),
    ['warning', 'critical'],
  );
  ran(YOUNG, 'passing');
  assert.equal(await look(OLD, YOUNG), false);
  assert.equal(writer.seen(checkOf(YOUNG).id), 'passing');
});

test('checks of services that nobody wants are not looked at, and are forgotten', async (context) => {
  const { writer, look, ran } = await startWriter(context);
  const told = toldOf('healthy');
  await writer.write([register(OLD), register(YOUNG), register(told), tell(told)]);
  ran(OLD, 'passing');
  ran(told, 'passing');
  assert.equal(await look(OLD), false, 'that of the other one has not run');
  assert.equal(writer.seen(checkOf(OLD).id), 'passing');
  assert.equal(writer.seen(checkOf(YOUNG).id), undefined);
  assert.equal(writer.seen(checkOf(told).id), undefined);
  assert.ok(writer.isDue(checkOf(told).id), 'when it was told is forgotten too');
  assert.equal(await look(OLD, told), false);
  ran(YOUNG, 'passing');
  await look(OLD, told);
  assert.equal(writer.seen(checkOf(YOUNG).id), undefined);
});

test('a check starts as what was seen of it; what Docker says of its container counts for more', async (context) => {
  const { agent, writer, look, ran } = await startWriter(context);
  const statusOf = (service: WantedService) => agent.checks.get(checkOf(service).id)?.Status;
  await writer.write([register(YOUNG), register(toldOf('healthy'))]);
  ran(YOUNG, 'warning');
  await look(YOUNG, toldOf('healthy'));
  agent.checks.clear();
  await writer.write([register(YOUNG), register(toldOf('unhealthy'))]);
  assert.deepEqual([statusOf(YOUNG), statusOf(toldOf('healthy'))], ['warning', 'critical']);
  assert.equal(writer.seen(checkOf(YOUNG).id), 'warning');
  assert.equal(writer.seen(checkOf(toldOf('healthy')).id), 'passing', 'what was seen counts until a check has run');
});

test('with the end of a registration its checks are forgotten, and no others', async (context) => {
  const { clock, writer, deregister } = await startWriter(context);
  await writer.write([register(OLD), register(YOUNG)]);
  await writer.write([await deregister(OLD)]);
  assert.equal(writer.seen(checkOf(OLD).id), undefined);
  assert.equal(writer.seen(checkOf(YOUNG).id), 'critical');
  clock.jump(10_000);
  await writer.write([await deregister(YOUNG), register(YOUNG)]);
  assert.equal(writer.seen(checkOf(YOUNG).id), 'passing', 'it has run for 10 s');
});

test('a request that is refused is told with its action, and the others are made', async (context) => {
  const { agent, writer } = await startWriter(context);
  const told = toldOf('healthy');
  for (const [answer, kind] of [
    [DENIED, 'denied'],
    [FAILING, 'failing'],
    [{ status: 400, body: 'no' }, 'refused'],
  ] as const) {
    agent.services.clear();
    agent.answers.set(`PUT /agent/service/register ${OLD.id}`, answer);
    const refused = register(OLD);
    const failures = await writer.write([refused, register(YOUNG), tell(told)]);
    assert.deepEqual(
      [...failures].map(([action, failure]) => [action === refused, failure.kind]),
      [[true, kind]],
    );
    assert.deepEqual([...agent.services.keys()], [YOUNG.id]);
  }
  assert.equal(writer.seen(checkOf(OLD).id), undefined, 'what was not registered was not seen');
});

test('an agent that does not answer ends the round', async (context) => {
  const { agent, writer } = await startWriter(context);
  agent.answers.set(`PUT /agent/service/register ${OLD.id}`, 'broken');
  await assert.rejects(
    writer.write([register(OLD), register(YOUNG)]),
    (error) => error instanceof ConsulFailure && error.kind === 'unreachable',
  );
  assert.deepEqual([...agent.services.keys()], []);
});
