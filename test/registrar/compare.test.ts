import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { CheckEntry, ServiceEntry } from '../../src/consul/answers.js';
import { type AgentState, compare, firstStatusOf } from '../../src/registrar/compare.js';
import { ghostsAmong } from '../../src/registrar/ghosts.js';
import { isOwn } from '../../src/registrar/own-mark.js';
import { holds } from '../support/properties.js';
import { checksFrom, done, entryFrom } from './agent-model.js';
import { type ContainerPlan, containerOf, wantedOn } from './containers.js';

const NODE = 'n1';
const OPTIONS = { node: NODE, isDue: () => false, isLost: (_id: string) => false, seen: () => undefined };
const NAMED = { SERVICE_NAME: 'shop' };

function wantedOf(...plans: readonly ContainerPlan[]) {
  return wantedOn(
    NODE,
    plans.map((plan, index) => containerOf(index + 2, { env: NAMED, ...plan })),
  );
}

function stateOf(...plans: readonly ContainerPlan[]): AgentState {
  const { services } = wantedOf(...plans);
  return { services: services.map(entryFrom), checks: services.flatMap(checksFrom) };
}

function kindsOf(wanted: ReturnType<typeof wantedOf>, agent: AgentState, options = OPTIONS): readonly string[] {
  return compare(wanted, agent, options).actions.map(({ kind }) => kind);
}

test('what is equal is not sent again', () => {
  assert.deepEqual(kindsOf(wantedOf({}, { health: 'healthy' }), stateOf({}, { health: 'healthy' })), []);
});

test('an agent that lost everything gets everything', () => {
  assert.deepEqual(kindsOf(wantedOf({}, {}), { services: [], checks: [] }), ['register', 'register']);
});

test('a container that ended goes, also one that ended while nobody looked', () => {
  assert.deepEqual(kindsOf(wantedOf({ phase: 'ended' }), stateOf({})), ['deregister']);
  assert.deepEqual(kindsOf(wantedOf(), stateOf({})), ['deregister']);
});

test('while the definition that says its port is not known, a container stays registered', () => {
  const labels = { 'autoproxy.app': 'native' };
  const named = { labels: { 'autoproxy.app': 'elsewhere' }, ports: [] };
  assert.deepEqual(kindsOf(wantedOf({ labels, ports: [] }), { services: [], checks: [] }), ['register']);
  assert.deepEqual(kindsOf(wantedOf(named), stateOf({ labels, ports: [] })), []);
  assert.deepEqual(kindsOf(wantedOf({ ...named, phase: 'ended' }), stateOf({ labels, ports: [] })), ['deregister']);
});

test('another life of a container does not inherit what checks said of the one before', () => {
  const { actions } = compare(wantedOf({ life: 'another' }), stateOf({}), OPTIONS);
  assert.deepEqual(
    actions.map((action) => ('why' in action ? action.why : action.kind)),
    ['its container started again', 'register'],
  );
  const changed = wantedOf({ life: 'another', health: 'unhealthy' });
  assert.deepEqual(
    kindsOf(changed, stateOf({ health: 'healthy' })),
    ['deregister', 'register'],
    'its check is registered as it is now, and need not be told',
  );
});

test('a lost check and a changed tag are registered again, a check of an earlier registration is dropped', () => {
  const agent = stateOf({});
  assert.deepEqual(kindsOf(wantedOf({}), { ...agent, checks: [] }), ['register']);
  assert.deepEqual(kindsOf(wantedOf({ env: { ...NAMED, SERVICE_TAGS: 'a' } }), agent), ['register']);
  assert.deepEqual(kindsOf(wantedOf({ env: { ...NAMED, SERVICE_CHECK_HTTP: '/' } }), agent), [
    'register',
    'drop check',
  ]);
});

test('a service that differs in any part is registered again', () => {
  const agent = stateOf({});
  const [there] = agent.services;
  assert.ok(there);
  const { weights, meta } = there;
  for (const other of [
    ...[{ name: 'till' }, { address: '172.17.0.9' }, { port: 1 }, { tags: ['a'] }],
    ...[{ weights: { ...weights, passing: 2 } }, { weights: { ...weights, warning: 2 } }],
    ...[{ meta: { ...meta, more: '1' } }],
    ...Object.keys(meta)
      .filter((key) => key !== 'autoproxy-node' && key !== 'autoproxy-life')
      .map((key) => ({ meta: { ...meta, [key]: 'other' } })),
  ]) {
    assert.deepEqual(
      kindsOf(wantedOf({}), { ...agent, services: [{ ...there, ...other }] }),
      ['register'],
      JSON.stringify(other),
    );
  }
});

test('the order of tags says nothing', () => {
  const tagged = { env: { ...NAMED, SERVICE_TAGS: 'b,a' } };
  const agent = stateOf(tagged);
  const services = agent.services.map((service) => ({ ...service, tags: [...service.tags].reverse() }));
  assert.deepEqual(kindsOf(wantedOf(tagged), { ...agent, services }), []);
});

test('a check that an agent forgot over its restart is made anew, with the status that was seen', () => {
  const [wanted, agent] = [wantedOf({}), stateOf({})];
  const seen = (status: 'passing' | 'critical') => ({ ...OPTIONS, seen: () => status });
  const kinds = (status: 'passing' | 'critical', state: AgentState) =>
    compare(wanted, state, seen(status)).actions.map(({ kind }) => kind);
  assert.deepEqual(kinds('passing', agent), ['drop check', 'register']);
  assert.deepEqual(kinds('critical', agent), []);
  const checks = agent.checks.map((check) => ({ ...check, output: 'connection refused' }));
  assert.deepEqual(kinds('passing', { ...agent, checks }), [], 'it has run');
});

test('maintenance and checks that somebody added stay', () => {
  const agent = stateOf({});
  const id = agent.services[0]?.id ?? '';
  const more: CheckEntry[] = [`_service_maintenance:${id}`, 'added'].map((name) => {
    return { id: name, name, status: 'critical', output: '', notes: '', serviceId: id };
  });
  assert.deepEqual(kindsOf(wantedOf({}), { ...agent, checks: [...agent.checks, ...more] }), []);
});

test('the agent is told what Docker says when that changed, and again in time', () => {
  const agent = stateOf({ health: 'healthy' });
  assert.deepEqual(kindsOf(wantedOf({ health: 'unhealthy' }), agent), ['tell']);
  assert.deepEqual(kindsOf(wantedOf({ health: 'healthy' }), agent, { ...OPTIONS, isDue: () => true }), ['tell']);
});

test('what the servers have lost is written again', () => {
  const agent = stateOf({});
  const isLost = (id: string) => id === agent.services[0]?.id;
  assert.deepEqual(kindsOf(wantedOf({}), agent, { ...OPTIONS, isLost }), ['register']);
});

test('a service of somebody else under our id is left alone and named', () => {
  const agent = stateOf({});
  const services = agent.services.map((service) => ({ ...service, meta: {} }));
  const { actions, taken } = compare(wantedOf({}), { ...agent, services }, OPTIONS);
  assert.deepEqual(actions, []);
  assert.equal(taken.length, 1);
});

test('a first status is what was seen last, else what was asked for, else what the age of the container allows', () => {
  const [service] = wantedOf({}).services;
  const [asked] = wantedOf({ env: { ...NAMED, SERVICE_CHECK_INITIAL_STATUS: 'warning' } }).services;
  const [check, initial] = [service?.checks[0], asked?.checks[0]];
  assert.ok(check !== undefined && initial !== undefined);
  assert.equal(firstStatusOf(check, { known: undefined, runsForMs: 9_999 }), 'critical');
  assert.equal(firstStatusOf(check, { known: undefined, runsForMs: 10_000 }), 'passing');
  assert.equal(firstStatusOf(check, { known: 'critical', runsForMs: 10_000 }), 'critical');
  assert.equal(firstStatusOf(check, { known: 'passing', runsForMs: 0 }), 'passing');
  assert.equal(firstStatusOf(initial, { known: undefined, runsForMs: 0 }), 'warning');
});

test('ghosts are services of others at addresses that only containers had which are gone', () => {
  const foreign = (address: string): ServiceEntry => {
    const weights = { passing: 1, warning: 1 };
    return { id: `host:${address}:80`, name: 'old', tags: [], meta: {}, address, port: 80, weights };
  };
  const containers = [containerOf(2), containerOf(3, { phase: 'removed' }), containerOf(4, { phase: 'ended' })];
  // Its address was given to the first one.
  const reused = { ...containerOf(5, { phase: 'ended' }), networks: containerOf(2).networks };
  const services = ['172.17.0.2', '172.17.0.3', '172.17.0.4', '172.17.0.9', ''].map(foreign);
  const own = stateOf({}).services;
  const ghosts = ghostsAmong([...services, ...own], [...containers, reused], NODE);
  assert.deepEqual(
    ghosts.map(({ address }) => address),
    ['172.17.0.3', '172.17.0.4'],
  );
});

const plan = fc.record({
  phase: fc.constantFrom('running', 'running', 'running', 'paused', 'stopping', 'ended', 'removed'),
  health: fc.constantFrom('none', 'starting', 'healthy', 'unhealthy'),
  life: fc.constantFrom('life-1', 'life-2'),
  ports: fc.constantFrom([8080], [80, 443], []),
  env: fc.constantFrom(
    {},
    NAMED,
    { ...NAMED, SERVICE_TAGS: 'a,b' },
    { ...NAMED, SERVICE_CHECK_HTTP: '/' },
    { SERVICE_80_NAME: 'web' },
  ),
  labels: fc.constantFrom({}, { 'autoproxy.app': 'shop' }, { 'autoproxy.weight': '7' }, { 'autoproxy.state': 'drain' }),
}) satisfies fc.Arbitrary<ContainerPlan>;
const plans = fc.array(plan, { maxLength: 5 });

/** Ours of an earlier time, damaged in several ways; and those of others, one of them under an id of ours. */
const agentState = fc
  .record({
    earlier: plans,
    damage: fc.array(fc.constantFrom('whole', 'no checks', 'other tags', 'no mark', 'other port', 'added check'), {
      minLength: 5,
      maxLength: 5,
    }),
    isForeignThere: fc.boolean(),
  })
  .map(({ earlier, damage, isForeignThere }): AgentState => {
    const services: ServiceEntry[] = [];
    const checks: CheckEntry[] = [];
    for (const [index, service] of wantedOf(...earlier).services.entries()) {
      const how = damage[index] ?? 'whole';
      const entry = entryFrom(service);
      if (how === 'other tags') services.push({ ...entry, tags: ['x'] });
      else if (how === 'no mark') services.push({ ...entry, meta: {} });
      else if (how === 'other port') services.push({ ...entry, port: 1 });
      else services.push(entry);
      if (how !== 'no checks') checks.push(...checksFrom(service));
      const added: CheckEntry = {
        id: `added-${index}`,
        name: '',
        status: 'warning',
        output: '',
        notes: '',
        serviceId: entry.id,
      };
      if (how === 'added check') checks.push(added);
    }
    if (isForeignThere) {
      const weights = { passing: 1, warning: 1 };
      services.push({ id: 'host:web:80', name: 'web', tags: [], meta: {}, address: '172.17.0.2', port: 80, weights });
      checks.push({
        id: 'service:host:web:80',
        name: '',
        status: 'passing',
        output: '',
        notes: '',
        serviceId: 'host:web:80',
      });
    }
    return { services, checks };
  });

/** Ours of containers of which something is not known yet. */
function keptAmong({ services }: AgentState, wanted: ReturnType<typeof wantedOf>): readonly ServiceEntry[] {
  const ids = wanted.services.map(({ id }) => id);
  const isKept = (service: ServiceEntry): boolean =>
    [...wanted.undecided].some((id) => service.id.includes(`-${id.slice(0, 12)}-`));
  return services.filter((service) => isOwn(service, NODE) && !ids.includes(service.id) && isKept(service));
}

test('done to any agent, the actions make it hold what is wanted, leave others alone, and leave nothing to do', async () => {
  await holds(
    fc.property(plans, agentState, (now, agent) => {
      const wanted = wantedOf(...now);
      const { actions, taken } = compare(wanted, agent, OPTIONS);
      const after = actions.reduce(done, agent);
      const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
      const mayBeWritten = wanted.services.filter((service) => !taken.includes(service));
      assert.deepEqual(
        after.services.filter((service) => isOwn(service, NODE)).sort(byId),
        [...mayBeWritten.map(entryFrom), ...keptAmong(agent, wanted)].sort(byId),
      );
      for (const { id, checks } of mayBeWritten) {
        for (const check of checks) {
          const there = after.checks.find((one) => one.id === check.id);
          assert.equal(there?.serviceId, id);
          if (check.told !== null) assert.equal(there?.status, check.told.status);
        }
        const own = after.checks.filter((check) => check.serviceId === id && check.id.startsWith(`${id}/`));
        assert.equal(own.length, checks.length);
      }
      const foreign = ({ services, checks }: AgentState) => {
        const others = services.filter((service) => !isOwn(service, NODE));
        return { others, checks: checks.filter(({ serviceId }) => others.some(({ id }) => id === serviceId)) };
      };
      assert.deepEqual(foreign(after), foreign(agent));
      assert.deepEqual(compare(wanted, after, OPTIONS).actions, []);
    }),
    2_000,
  );
});
