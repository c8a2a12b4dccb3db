/**
 * Each key of an app, from the text that people write to what a node then does: with one value this is seen, with another
 * that. A key without a row fails, and so does a key that the services directory and the registry read in two ways.
 */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { instanceTargets, targetKey } from '../../src/control/check-targets.js';
import { silentLog } from '../../src/core/log.js';
import {
  appDefinitionJsonSchema,
  appFromDefinition,
  parseAppDefinitions,
} from '../../src/documents/app-definition-document.js';
import { plainFromDefinition } from '../../src/documents/app-definition-text.js';
import { parseServiceDocument, serviceDocumentJsonSchema } from '../../src/documents/service-document.js';
import { HealthChecker } from '../../src/health/checker.js';
import type { Probe } from '../../src/health/probe.js';
import type { App, Timeouts } from '../../src/model/app.js';
import type { AppDefinition } from '../../src/model/app-definition.js';
import { changesBetween } from '../../src/registry/changes.js';
import { formatEnvironment } from '../../src/registry/environment-text.js';
import { definitionFromApp } from '../../src/registry/imported-app.js';
import { HEAD_DEFAULTS, type SlotSnapshot } from '../../src/snapshot/snapshot.js';
import { nodeCatalogue } from '../../src/sources/consul/catalogue.js';
import { consulReadingFrom, recordFromKey } from '../../src/sources/consul/reading.js';
import { compileSnapshot } from '../../src/state/compile.js';
import { assertEndsAfter, TIMEOUT_ROWS } from '../proxy/exchange/timeout-rows.js';
import { GET, OUTSIDE, SLOT_LOOKS, startWorld, statusOf, type World } from '../proxy/slot-looks.js';
import { freePort, ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { FakeClock } from '../support/fake-clock.js';
import { appInstance } from '../support/node/apps.js';
import { BalancedFleet } from '../support/node/balanced-fleet.js';
import { testClock } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { okResponse, ScriptedInstance } from '../support/traffic/scripted-instance.js';
import { leafKeys } from './schema-keys.js';

/** The app as it was written: what its readers made of it, and a node that serves it. */
interface Written {
  readonly context: TestContext;
  readonly app: App;
  readonly definition: AppDefinition;
  readonly slot: SlotSnapshot;
}

interface Row {
  /** Lines of the document, and what is seen with them. */
  readonly seen: readonly (readonly [lines: string, expected: unknown])[];
  readonly check: (written: Written, expected: unknown) => Promise<void>;
}

function row(look: (written: Written) => unknown, ...seen: Row['seen']): Row {
  return { seen, check: async (written, expected) => assert.deepEqual(await look(written), expected) };
}

/** In a data plane with one instance, which the document does not name. */
function inNode(look: (world: World) => Promise<unknown>, ...seen: Row['seen']): Row {
  return row(
    async ({ context, slot: { instances: _, ...slot } }) => look(await startWorld(context, slot, {})),
    ...seen,
  );
}

const FAR = ['request_head', 'connect', 'first_byte', 'client_idle', 'upstream_idle', 'queue', 'tunnel', 'drain'];

/** The first scenario of the time: nothing before it, then what it promises. */
function time(key: string, name: keyof Timeouts): Row {
  const lines = (ms: number): string =>
    `timeouts: {${FAR.map((one) => `${one}: ${one === key ? `${ms / 1_000}s` : '10d'}`).join(', ')}}`;
  return {
    seen: [20_000, 50_000].map((ms) => [lines(ms), ms]),
    check: async ({ context, slot }, ms) => {
      const [scenario] = TIMEOUT_ROWS[name];
      assert.ok(scenario !== undefined);
      await assertEndsAfter(context, scenario, Number(ms), slot.timeouts);
    },
  };
}

/** What a checker does for the one instance of the app in so many seconds in which all checks pass, fail and pass again. */
async function checkedBy({ context, app }: Written): Promise<readonly string[]> {
  const clock = new FakeClock();
  let hasPassed = true;
  const seen: string[] = [];
  let checks = 0;
  const probe: Probe = async () => {
    checks += 1;
    return { hasPassed, detail: '' };
  };
  const checker = new HealthChecker({ clock, random: () => 0, log: silentLog, probe });
  atEnd(context, () => checker.stop());
  checker.onChange((_, isUp) => seen.push(`${isUp ? 'up' : 'down'} after ${checks}`));
  checker.setTargets(instanceTargets([{ ...app, instances: [appInstance(1)] }]));
  await clock.advance(0);
  for (const passes of [false, true]) {
    hasPassed = passes;
    checks = 0;
    await clock.advance(20_000);
  }
  return [...seen, `${checks} in 20 s`];
}

/** What one real check of an instance, which answers after a while, comes to, and what the instance got. */
async function checked({ context, app }: Written, delayMs: number): Promise<readonly unknown[]> {
  const instance = await ScriptedInstance.start(context, (connection) => {
    connection.socket.once('data', () => {
      const timer = setTimeout(() => connection.write(okResponse('ok')), delayMs);
      atEnd(context, () => clearTimeout(timer));
    });
  });
  const { host, port } = instance;
  const id = `${host}:${port}`;
  const checker = new HealthChecker({ clock: testClock, random: () => 0, log: silentLog });
  atEnd(context, () => checker.stop());
  checker.setTargets(instanceTargets([{ ...app, instances: [appInstance(port, { host })] }]));
  await eventually('it is checked', () => checker.lastCheckOf(targetKey(app.name, id)) !== null);
  const [line = ''] = instance.received.split('\r\n');
  return [line, checker.lastCheckOf(targetKey(app.name, id))?.ok];
}

/** Who of two instances answers, in four turns. */
async function answersOf({ context, slot }: Written): Promise<string> {
  const { ask } = await startWorld(context, slot, {});
  const answers = [];
  for (let turn = 0; turn < 4; turn += 1) {
    const { status, body } = await ask();
    answers.push(status === 200 ? body : status);
  }
  return answers.sort().join('');
}

async function secondRequest({ plane, instance }: World): Promise<string> {
  (await plane.connect(OUTSIDE)).write(GET.replace('/', '/unanswered'));
  await (await instance.connection(0)).until((text) => text !== '');
  const second = await plane.connect(OUTSIDE);
  second.write(GET);
  await eventually('it waits or is answered', () => plane.counters.queued === 1 || second.text !== '');
  return second.text === '' ? 'waits' : second.text.slice(9, 12);
}

/** What an instance that was away gets at once of 50 requests to two. */
async function shareOfNew({ context, slot }: Written): Promise<boolean> {
  const clock = new FakeClock();
  const fleet = await BalancedFleet.start(context, [100, 100], { clock, slot: { slowStartMs: slot.slowStartMs } });
  await fleet.change({ instances: fleet.changed({ B: { up: false } }) });
  await clock.advance(60_000);
  await fleet.change({ instances: fleet.specs });
  return [...(await fleet.askTimes(50))].filter((name) => name === 'B').length > 20;
}

async function portsServed(world: World): Promise<unknown> {
  const health = await world.plane.connectHealth();
  health.write(GET.replace('/', '/health'));
  return [await statusOf(world), (await health.response()).status];
}

/** In the services directory and in the registry. `A` and `B` stand for instances, `PORT` for a free slot. */
const ROWS: Readonly<Record<string, Row>> = {
  protocol: inNode(SLOT_LOOKS.protocol, ['protocol: HTTP', ''], ['protocol: tcp', 'not HTTP\r\n\r\n']),
  // The plane serves the port of the snapshot, whatever it is: that it is the written one is asserted of each row.
  translated_port: inNode(portsServed, ['translated_port: PORT', [200, 200]], ['slot: PORT', [200, 200]]),
  native_port: row(
    ({ app }) => plainFromDefinition(definitionFromApp(app, 'shop', ['alpha'], null)).native_port,
    ['native_port: 8080', 8_080],
    ['native_port: 9090', 9_090],
  ),
  instances: row(
    answersOf,
    ['instances: ["A"]', 'AAAA'],
    ['instances: ["B"]', 'BBBB'],
    ['instances: []', '503503503503'],
  ),
  'instances.address': row(
    answersOf,
    ['instances: [{address: "A"}]', 'AAAA'],
    ['instances: [{address: "A"}, {address: "B"}]', 'AABB'],
  ),
  'instances.weight': row(
    answersOf,
    ['instances: [{address: "A", weight: 3}, {address: "B", weight: 1}]', 'AAAB'],
    ['instances: [{address: "A", weight: 0}, {address: "B"}]', 'BBBB'],
  ),
  'instances.state': row(
    answersOf,
    ['instances: [{address: "A", state: ready}]', 'AAAA'],
    ['instances: [{address: "A", state: drain}, {address: "B"}]', 'BBBB'],
    ['instances: [{address: "A", state: maint}]', '503503503503'],
  ),
  internal: inNode(SLOT_LOOKS.internal, ['internal: false', 200], ['internal: true', 403]),
  nolog: inNode(SLOT_LOOKS.accessLog, ['nolog: false', 1], ['nolog: true', 0]),
  log_sample: inNode(SLOT_LOOKS.logSample, ['log_sample: 1/1', 4], ['log_sample: 1/2', 2], ['log_sample: 1/9', 1]),
  trace: inNode(SLOT_LOOKS.trace, ['trace: true', 68], ['trace: false', undefined]),
  request_id: inNode(
    SLOT_LOOKS.requestIdField,
    ['request_id: X-Request-ID', 50],
    ['request_id: X-Other-ID', undefined],
  ),
  'filters.host': inNode(statusOf, ['filters: {host: a}', 200], ['filters: {host: b}', 503]),
  accept_proxy: inNode(
    SLOT_LOOKS.acceptProxy,
    ['accept_proxy: true\ntrusted_proxies: [127.0.0.0/8]', [200, '198.51.100.7']],
    ['accept_proxy: false', [400, OUTSIDE]],
  ),
  trusted_proxies: inNode(
    SLOT_LOOKS.trustedProxies,
    [`trusted_proxies: [${OUTSIDE}/32]`, 'X-Forwarded-Proto: https'],
    ['trusted_proxies: [203.0.113.0/24]', 'X-Forwarded-Proto: http'],
  ),
  send_proxy: inNode(
    SLOT_LOOKS.sendProxy,
    ['send_proxy: false', 'GET /'],
    ['send_proxy: v1', 'PROXY'],
    ['send_proxy: v2', '\r\n\r\n\0'],
  ),
  balance: inNode(SLOT_LOOKS.balance, ['balance: roundrobin', 2], ['balance: source', 1]),
  reuse: inNode(SLOT_LOOKS.reuse, ['reuse: safe', 1], ['reuse: never', 3]),
  retries: inNode(SLOT_LOOKS.retries, ['retries: 0', [200, 503]], ['retries: 1', [200, 200]]),
  'health.path': row(
    (written) => checked(written, 0),
    ['health: {path: /ping}', ['GET /ping HTTP/1.1', true]],
    ['health: {path: /pong}', ['GET /pong HTTP/1.1', true]],
    ['', ['', true]],
  ),
  'health.timeout': row(
    async (written) => (await checked(written, 150))[1],
    ['health: {path: /, timeout: 10ms}', false],
    ['health: {path: /, timeout: 10s}', true],
  ),
  'health.interval': row(
    checkedBy,
    ['health: {interval: 1s}', ['up after 1', 'down after 3', 'up after 2', '20 in 20 s']],
    ['health: {interval: 2s}', ['up after 1', 'down after 3', 'up after 2', '10 in 20 s']],
  ),
  'health.rise': row(
    checkedBy,
    ['health: {rise: 1}', ['up after 1', 'down after 3', 'up after 1', '20 in 20 s']],
    ['health: {rise: 5}', ['up after 1', 'down after 3', 'up after 5', '20 in 20 s']],
  ),
  'health.fall': row(
    checkedBy,
    ['health: {fall: 1}', ['up after 1', 'down after 1', 'up after 2', '20 in 20 s']],
    ['health: {fall: 7}', ['up after 1', 'down after 7', 'up after 2', '20 in 20 s']],
  ),
  'timeouts.request_head': time('request_head', 'requestHeadMs'),
  'timeouts.connect': time('connect', 'connectMs'),
  'timeouts.first_byte': time('first_byte', 'firstByteMs'),
  'timeouts.client_idle': time('client_idle', 'clientIdleMs'),
  'timeouts.upstream_idle': time('upstream_idle', 'upstreamIdleMs'),
  'timeouts.queue': time('queue', 'queueMs'),
  'timeouts.tunnel': time('tunnel', 'tunnelMs'),
  'timeouts.drain': time('drain', 'drainMs'),
  'limits.connections': inNode(
    SLOT_LOOKS.limits,
    ['limits: {connections: 1, queue: 0}', 503],
    ['limits: {connections: 2, queue: 0}', 200],
  ),
  'limits.queue': inNode(
    secondRequest,
    ['limits: {connections: 1, queue: 0}', '503'],
    ['limits: {connections: 1, queue: 1}', 'waits'],
  ),
  'limits.clients': inNode(SLOT_LOOKS.maxClients, ['limits: {clients: 1}', 1], ['limits: {clients: 3}', 0]),
  'sticky.cookie': inNode(
    SLOT_LOOKS.sticky,
    ['sticky: {cookie: S}', 'S'],
    ['sticky: {cookie: T}', 'T'],
    ['', undefined],
  ),
  slow_start: row(shareOfNew, ['slow_start: 0', true], ['slow_start: 10m', false]),
};

/** What a definition may say besides. */
const DEFINITION_ROWS: Readonly<Record<string, Row>> = {
  name: inNode(
    async (world) => {
      await world.ask();
      return / (\w+)\/127/.exec(world.plane.accessLog[0] ?? '')?.[1];
    },
    ['name: shop', 'shop'],
    ['name: bank', 'bank'],
  ),
  pods: row(isServedInAlpha, ['pods: [alpha]', true], ['pods: [beta, alpha]', true], ['pods: [beta]', false]),
  // The placement reads these two (test/placement/keys-behave).
  num_instances: row(
    (written) => toldBy(written, 'num_instances'),
    ['num_instances: 3', '3'],
    ['num_instances: 4', '4'],
  ),
  image: row((written) => toldBy(written, 'image'), ['image: shop:1', 'shop:1'], ['image: shop:2', 'shop:2']),
  env: row(
    ({ definition }) => formatEnvironment(definition.env, 'dotenv'),
    ['env: {A: one}', 'A=one\n'],
    ['env: {B: two}', 'B=two\n'],
  ),
};

/** What `app put` tells of the key. */
function toldBy({ definition }: Written, key: string): string | null | undefined {
  return changesBetween(null, definition).find((change) => change.key === key)?.after;
}

function isServedInAlpha({ definition }: Written): boolean {
  const key = `autoproxy/apps/${definition.name}`;
  const record = recordFromKey({ key, text: JSON.stringify(plainFromDefinition(definition)), modifyIndex: 1 }, null);
  return consulReadingFrom('alpha', [record], nodeCatalogue('consul-1', null, [])).apps.length === 1;
}

async function write(context: TestContext, lines: string): Promise<Written> {
  const port = await freePort(ownAddress());
  const places = new Map([['PORT', String(port)]]);
  for (const name of ['A', 'B'].filter((one) => lines.includes(`"${one}"`)))
    places.set(name, (await HttpInstance.start(context, name)).id);
  const filled = lines.replace(/\bPORT\b|(?<=")[AB](?=")/g, (place) => places.get(place) ?? place);
  const has = (key: string): boolean => new RegExp(`^(${key}):`, 'm').test(filled);
  const common = [
    filled,
    has('protocol') ? '' : 'protocol: http',
    has('translated_port|slot') ? '' : `translated_port: ${port}`,
  ];
  const definition = definitionFrom([
    ...common.filter((line) => !line.startsWith('instances')),
    has('name') ? '' : 'name: shop',
    has('pods') ? '' : 'pods: [alpha]',
  ]);
  const isOfDefinition = Object.keys(DEFINITION_ROWS).some((key) => has(key));
  const app = isOfDefinition ? appFromDefinition(definition, []) : appFrom(common);
  assert.ok(app !== null);
  const slot = slotOf(app);
  assert.equal(slot.port, port);
  const ofRegistry = appFromDefinition(definition, app.instances);
  assert.deepEqual(ofRegistry && slotOf(ofRegistry), slot, 'the registry and the services directory read it alike');
  return { context, app, definition, slot };
}

function appFrom(lines: readonly string[]): App {
  const text = `shop:\n${lines.join('\n').replace(/^(?=.)/gm, '  ')}\n`;
  const { apps, problems } = parseServiceDocument(text, 'shop.yml', 'directory');
  assert.deepEqual(problems, [], text);
  return apps[0] ?? assert.fail(text);
}

function definitionFrom(lines: readonly string[]): AppDefinition {
  const text = lines.filter((line) => line !== '').join('\n');
  const { apps, problems } = parseAppDefinitions(text, 'shop.yml', 'registry');
  assert.deepEqual(problems, [], text);
  return apps[0]?.definition ?? assert.fail(text);
}

function slotOf(app: App): SlotSnapshot {
  const { slots } = compileSnapshot({
    revision: 1,
    node: 'node-1',
    nodeId: 'id-of-node-1',
    bind: '127.0.0.1',
    stopping: false,
    peers: [],
    podKeys: [],
    internalNetworks: [],
    neighborProxy: 'v2',
    via: false,
    head: HEAD_DEFAULTS,
    gone: [],
    proxyDefaults: { accept: false, trusted: [] },
    stickySecret: 'secret',
    apps: [app],
    healthOf: () => 'up',
    neighborsOf: () => [],
  });
  return slots[0] ?? assert.fail('no slot');
}

test('each key of the services directory and of a definition has a row, and each row a key', () => {
  const ofServices = leafKeys(serviceDocumentJsonSchema().additionalProperties);
  const ofDefinitions = leafKeys(appDefinitionJsonSchema()).filter((key) => !/^(edge|placement)\./.test(key));
  // The slot has two names in both.
  assert.deepEqual(
    Object.keys(ROWS).sort(),
    ofServices.filter((key) => key !== 'slot'),
  );
  const further = ofDefinitions.filter((key) => !ofServices.includes(key));
  assert.deepEqual(Object.keys(DEFINITION_ROWS).sort(), further);
  assert.deepEqual(
    ofServices.filter((key) => !ofDefinitions.includes(key)),
    ['instances', 'instances.address', 'instances.state', 'instances.weight'],
  );
});

for (const [key, { seen, check }] of Object.entries({ ...ROWS, ...DEFINITION_ROWS })) {
  for (const [lines, expected] of seen) {
    test(`${key}: ${lines.replaceAll('\n', ', ')}`, async (context) => check(await write(context, lines), expected));
  }
}
