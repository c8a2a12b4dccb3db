import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  APP_KEY_NAMES,
  parseServiceDocument,
  type ServiceDocument,
  serviceDocumentJsonSchema,
} from '../../src/documents/service-document.js';
import { APP_DEFAULTS, type App, NO_CONTAINER } from '../../src/model/app.js';

function parse(text: string): ServiceDocument {
  return parseServiceDocument(text, '/services/a.yml', 'directory');
}

function only(text: string): App {
  const { apps, problems } = parse(text);
  assert.deepEqual(problems, []);
  assert.equal(apps.length, 1);
  return apps[0] as App;
}

test('an old file works as it is', () => {
  const app = only(`checkout:
  protocol: HTTP
  native_port: 8080
  translated_port: 21034
  internal: yes
  nolog: on
  filters: {host: Shop.Example.com}
  instances: ["172.17.0.2:8080", 172.17.0.3:8080]
`);
  assert.equal(app.name, 'checkout');
  assert.equal(app.protocol, 'http');
  assert.equal(app.nativePort, 8080);
  assert.equal(app.slot, 21034);
  assert.equal(app.internal, true);
  assert.equal(app.accessLog, false);
  assert.equal(app.hostFilter, 'shop.example.com');
  assert.deepEqual(
    app.instances.map(({ id, weight, state }) => [id, weight, state]),
    [
      ['172.17.0.2:8080', 100, 'ready'],
      ['172.17.0.3:8080', 100, 'ready'],
    ],
  );
  assert.deepEqual(app.origin, { source: 'directory', location: '/services/a.yml', line: 1, col: 1 });
});

test('what is not written has its default', () => {
  const app = only('a: {protocol: tcp, slot: 5}\n');
  assert.equal(app.protocol, 'tcp');
  assert.equal(app.nativePort, null);
  assert.equal(app.internal, APP_DEFAULTS.internal);
  assert.equal(app.accessLog, APP_DEFAULTS.accessLog);
  assert.deepEqual(app.health, APP_DEFAULTS.health);
  assert.deepEqual(app.timeouts, APP_DEFAULTS.timeouts);
  assert.deepEqual(app.limits, APP_DEFAULTS.limits);
  assert.equal(app.retries, APP_DEFAULTS.retries);
  assert.equal(app.slowStartMs, APP_DEFAULTS.slowStartMs);
  assert.equal(app.sendProxy, 'none');
  assert.equal(app.balance, 'roundrobin');
  assert.equal(app.reuse, 'safe');
  assert.equal(app.stickyCookie, null);
  assert.equal(app.hostFilter, null);
  assert.deepEqual(app.trustedProxies, []);
  assert.deepEqual(app.instances, []);
});

test('each new key is understood', () => {
  const app = only(`a:
  protocol: http
  translated_port: 21034
  accept_proxy: true
  trusted_proxies: [10.0.0.0/8, "fd00::/8"]
  send_proxy: v2
  balance: leastconn
  reuse: Never
  retries: 1
  health: {path: /health, interval: 500, timeout: 3s, rise: 1, fall: 5}
  timeouts: {request_head: 1s, connect: 2s, first_byte: 3s, client_idle: 4s, upstream_idle: 5s, queue: 6s, tunnel: 2h, drain: 0}
  limits: {connections: 10, queue: 20, clients: 30}
  sticky: {cookie: SERVED_BY}
  slow_start: 1m
  instances: [{address: "172.17.0.2:8080", weight: 0, state: drain}, "[fd00::2]:80"]
`);
  assert.equal(app.acceptProxy, true);
  assert.deepEqual(app.trustedProxies, ['10.0.0.0/8', 'fd00::/8']);
  assert.equal(app.sendProxy, 'v2');
  assert.equal(app.balance, 'leastconn');
  assert.equal(app.reuse, 'never');
  assert.equal(app.retries, 1);
  assert.deepEqual(app.health, { path: '/health', intervalMs: 500, timeoutMs: 3_000, rise: 1, fall: 5 });
  assert.deepEqual(app.timeouts, {
    requestHeadMs: 1_000,
    connectMs: 2_000,
    firstByteMs: 3_000,
    clientIdleMs: 4_000,
    upstreamIdleMs: 5_000,
    queueMs: 6_000,
    tunnelMs: 7_200_000,
    drainMs: 0,
  });
  assert.deepEqual(app.limits, { connections: 10, queue: 20 });
  assert.equal(app.maxClients, 30);
  assert.equal(app.stickyCookie, 'SERVED_BY');
  assert.equal(app.slowStartMs, 60_000);
  assert.deepEqual(app.instances[0], {
    id: '172.17.0.2:8080',
    ...NO_CONTAINER,
    host: '172.17.0.2',
    port: 8080,
    weight: 0,
    state: 'drain',
  });
  assert.equal(app.instances[1]?.host, 'fd00::2');
});

test('several apps and several documents stand in one file', () => {
  const { apps, outcome } = parse(`a: {protocol: http, slot: 1}
b: {protocol: http, slot: 3}
---
---
Old_Name: {protocol: TCP, slot: 5}
`);
  assert.equal(outcome, 'whole');
  assert.deepEqual(
    apps.map(({ name, slot }) => [name, slot]),
    [
      ['a', 1],
      ['b', 3],
      ['Old_Name', 5],
    ],
  );
});

test('words that YAML 1.1 takes for booleans are still names', () => {
  assert.equal(only('no: {protocol: http, slot: 1}').name, 'no');
});

test('shared keys are merged, what the app says itself wins', () => {
  const { apps, problems } = parse(`a: &base
  protocol: http
  slot: 1
  internal: true
b:
  <<: *base
  slot: 3
`);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    apps.map(({ slot, internal }) => [slot, internal]),
    [
      [1, true],
      [3, true],
    ],
  );
});

test('templates quote numbers and leave values blank', () => {
  const app = only('a: {protocol: http, translated_port: "21034", native_port: , instances: , filters: {host: }}');
  assert.equal(app.slot, 21034);
  assert.deepEqual(app.instances, []);
});

test('weight and state of an instance may stand in quotes, with blanks around them and in any case', () => {
  const text = `b:
  protocol: http
  slot: 5
  instances: [{address: 1.2.3.4:5, weight: " 50 ", state: DRAIN}, {address: 1.2.3.4:6, weight: "0", state: " Maint"}]
`;
  const { apps, problems } = parseServiceDocument(text, 'a.yml', 'directory');
  assert.deepEqual(problems, []);
  assert.deepEqual(
    apps[0]?.instances.map(({ weight, state }) => [weight, state]),
    [
      [50, 'drain'],
      [0, 'maint'],
    ],
  );
});

test('a byte order mark and CRLF change nothing', () => {
  assert.equal(only('\ufeffa:\r\n  protocol: http\r\n  slot: 7\r\n').slot, 7);
});

test('a file that says nothing is told from one that says that there is nothing', () => {
  assert.equal(parse('').outcome, 'empty');
  assert.equal(parse('# soon\n---\n').outcome, 'empty');
  assert.equal(parse('{}').outcome, 'whole');
  assert.deepEqual(parse('{}').problems, []);
});

test('the schema knows every key of the table', () => {
  const schema = serviceDocumentJsonSchema() as { additionalProperties: { properties: Record<string, unknown> } };
  for (const name of APP_KEY_NAMES) assert.ok(name in schema.additionalProperties.properties, name);
  assert.ok('slot' in schema.additionalProperties.properties);
  assert.doesNotThrow(() => JSON.stringify(schema));
});
