/** Each key of `placement`, and each that decides what is placed: with one value the engine is told this, with another that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRefusal } from '../../src/core/refusal.js';
import { appDefinitionJsonSchema, parseAppDefinitions } from '../../src/documents/app-definition-document.js';
import { textFromDefinition } from '../../src/documents/app-definition-text.js';
import type { AppDefinition } from '../../src/model/app-definition.js';
import { engineSpec } from '../../src/placement/engine-spec.js';
import { wantedServices } from '../../src/placement/wanted-services.js';
import { leafKeys } from '../documents/schema-keys.js';

/** A path in the spec of the first service; lines of the definition, and what then stands there. */
type Row = readonly [path: string, ...seen: readonly (readonly [lines: string, expected: unknown])[]];

const CONTAINER = 'TaskTemplate.ContainerSpec';
const CHECK = `${CONTAINER}.Healthcheck`;
const S = 1_000_000_000;
const REQUEST =
  'wget -q -T 3 -O /dev/null http://127.0.0.1:8080/up || curl -fsS -m 3 -o /dev/null http://127.0.0.1:8080/up || exit 1';

function checked(words: string): string {
  return `health: {path: /up}\nplacement: {healthcheck: {${words}}}`;
}

const ROWS: Readonly<Record<string, Row>> = {
  name: ['Name', ['name: shop', 'shop-alpha'], ['name: bank', 'bank-alpha']],
  pods: [
    'TaskTemplate.Placement.Constraints',
    ['pods: [beta, alpha]', ['node.labels.pod==alpha']],
    ['pods: [beta]', ['node.labels.pod==beta']],
  ],
  num_instances: [
    'Mode.Replicated.Replicas',
    ['', 1],
    ['num_instances: 5', 5],
    ['num_instances: 5\npods: [alpha, beta]', 3],
    ['num_instances: 1\npods: [alpha, beta]', 1],
  ],
  image: [`${CONTAINER}.Image`, ['image: shop:2', 'shop:2'], ['image: "localhost:9/a/b:1"', 'localhost:9/a/b:1']],
  native_port: [
    `${CONTAINER}.Labels`,
    ['native_port: 8080', { 'autoproxy.app': 'shop', 'autoproxy.port': '8080' }],
    ['native_port: 9', { 'autoproxy.app': 'shop', 'autoproxy.port': '9' }],
  ],
  'health.path': [`${CHECK}.Test`, ['health: {path: /up}', ['CMD-SHELL', REQUEST]], ['', undefined]],
  'placement.limits.cpus': [
    'TaskTemplate.Resources.Limits',
    ['placement: {limits: {cpus: 0.5}}', { NanoCPUs: 500_000_000 }],
    ['placement: {limits: {cpus: 2}}', { NanoCPUs: 2_000_000_000 }],
    ['', {}],
  ],
  'placement.limits.memory': [
    'TaskTemplate.Resources.Limits',
    ['placement: {limits: {memory: 64m}}', { MemoryBytes: 67_108_864 }],
    ['placement: {limits: {memory: 1g}}', { MemoryBytes: 1_073_741_824 }],
  ],
  'placement.reservations.cpus': [
    'TaskTemplate.Resources.Reservations',
    ['placement: {reservations: {cpus: 0.125}}', { NanoCPUs: 125_000_000 }],
    ['placement: {reservations: {cpus: 1}}', { NanoCPUs: 1_000_000_000 }],
  ],
  'placement.reservations.memory': [
    'TaskTemplate.Resources.Reservations',
    ['placement: {reservations: {memory: 64m}}', { MemoryBytes: 67_108_864 }],
    ['placement: {reservations: {memory: 10000000}}', { MemoryBytes: 10_000_000 }],
  ],
  'placement.healthcheck.source': [
    `${CHECK}.Test`,
    [checked('source: path'), ['CMD-SHELL', REQUEST]],
    [checked('source: image'), undefined],
    [checked('source: none'), ['NONE']],
  ],
  'placement.healthcheck.command': [
    `${CHECK}.Test`,
    [checked('command: [check, now]'), ['CMD', 'check', 'now']],
    [checked('command: [other]'), ['CMD', 'other']],
  ],
  'placement.healthcheck.interval': [`${CHECK}.Interval`, [checked(''), 5 * S], [checked('interval: 2s'), 2 * S]],
  'placement.healthcheck.timeout': [`${CHECK}.Timeout`, [checked(''), 3 * S], [checked('timeout: 1s'), S]],
  'placement.healthcheck.retries': [`${CHECK}.Retries`, [checked(''), 3], [checked('retries: 7'), 7]],
  'placement.healthcheck.start_period': [
    `${CHECK}.StartPeriod`,
    [checked(''), 30 * S],
    [checked('start_period: 0'), 0],
  ],
  'placement.update.order': [
    'UpdateConfig.Order',
    ['', 'start-first'],
    ['placement: {update: {order: stop-first}}', 'stop-first'],
  ],
  'placement.update.parallelism': ['UpdateConfig.Parallelism', ['', 1], ['placement: {update: {parallelism: 4}}', 4]],
  'placement.update.delay': ['UpdateConfig.Delay', ['', 0], ['placement: {update: {delay: 10s}}', 10 * S]],
  'placement.update.monitor': ['UpdateConfig.Monitor', ['', 5 * S], ['placement: {update: {monitor: 1m}}', 60 * S]],
  'placement.update.on_failure': [
    'UpdateConfig.FailureAction',
    ['', 'rollback'],
    ['placement: {update: {on_failure: pause}}', 'pause'],
  ],
  'placement.stop_grace': [
    `${CONTAINER}.StopGracePeriod`,
    ['', 35 * S],
    ['timeouts: {drain: 60s}', 65 * S],
    ['placement: {stop_grace: 90s}', 90 * S],
  ],
  'placement.restart_delay': ['TaskTemplate.RestartPolicy.Delay', ['', S / 2], ['placement: {restart_delay: 1s}', S]],
  'placement.spread': [
    'TaskTemplate.Placement.Preferences',
    ['', undefined],
    ['placement: {spread: rack}', [{ Spread: { SpreadDescriptor: 'node.labels.rack' } }]],
  ],
};

const COMMON = ['name: shop', 'pods: [alpha]', 'image: shop:1', 'protocol: http', 'native_port: 8080'];

function definitionFrom(lines: string): AppDefinition {
  const missing = COMMON.filter((line) => !new RegExp(`^${line.split(':')[0]}:`, 'm').test(lines));
  const { apps, problems } = parseAppDefinitions([...missing, lines].join('\n'), 'shop.yml', 'registry');
  assert.deepEqual(problems, []);
  return apps[0]?.definition ?? assert.fail();
}

function valueAt(spec: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce((value: unknown, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key], spec);
}

test('each key of placement has a row', () => {
  const keys = leafKeys(appDefinitionJsonSchema()).filter((key) => key.startsWith('placement.'));
  assert.deepEqual(
    keys.filter((key) => !(key in ROWS)),
    [],
  );
  assert.equal(keys.length > 15, true);
});

for (const [key, [path, ...seen]] of Object.entries(ROWS)) {
  for (const [lines, expected] of seen) {
    test(`${key}: ${lines.replaceAll('\n', ', ')}`, () => {
      const definition = definitionFrom(lines);
      const wanted = wantedServices(definition);
      assert.ok(!isRefusal(wanted));
      assert.deepEqual(valueAt(engineSpec(wanted.services[0] ?? assert.fail()), path), expected);
      const { apps } = parseAppDefinitions(textFromDefinition(definition), 'again.yml', 'registry');
      assert.deepEqual(apps[0]?.definition.placement, definition.placement, 'written and read again, it is the same');
    });
  }
}
