/** Definitions of apps: read strictly, several documents a text, each mistake with its place. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  appDefinitionJsonSchema,
  appFromDefinition,
  parseAppDefinitions,
} from '../../src/documents/app-definition-document.js';
import { MAX_REGEX_ROUTES } from '../../src/documents/edge-keys.js';
import { parseServiceDocument } from '../../src/documents/service-document.js';
import { PLACEMENT_DEFAULTS } from '../../src/model/placement.js';
import { formatProblem } from '../../src/model/problem.js';

const FULL = `name: checkout
pods: [beta, alpha]
num_instances: 3
image: checkout:1.42
protocol: http
native_port: 8080
slot: 21034
balance: leastconn
edge:
  tls: {domain: one.example, redirect: false, hsts: "max-age=31536000"}
  routes:
    - {host: www.one.example, path: /checkout}
    - {host: "*.shop.one.example", path_exact: /status}
    - {host_regex: '^s-[0-9]+\\.one\\.example$', path_regex: '^/u/[0-9]+$', priority: 10}
  rate_limit: {requests: 100, errors: 50, concurrent: 20, window: 10s}
  allow: [10.0.0.0/8]
  deny: []
  max_body: 10m
  methods: [PROPFIND, GET, HEAD]
  hold: [beta]
  closed: true
env:
  LOG_LEVEL: info
  DB_PASSWORD: {from: file:/run/secrets/db}
placement:
  limits: {cpus: 0.5, memory: 64m}
  stop_grace: 1m
`;
const SMALL = 'name: shop\npods: [alpha]\nprotocol: http\n';

function problemsOf(text: string): string[] {
  return parseAppDefinitions(text, 'f', 'registry').problems.map(formatProblem);
}

test('a full definition, every part of it', () => {
  const { apps, problems, outcome } = parseAppDefinitions(FULL, 'shop.yml', 'registry');
  assert.deepEqual([problems, outcome], [[], 'whole']);
  const { definition } = apps[0] ?? assert.fail();
  const { settings, edge, ...plain } = definition;
  assert.deepEqual(plain, {
    name: 'checkout',
    pods: ['alpha', 'beta'],
    numInstances: 3,
    image: 'checkout:1.42',
    nativePort: 8080,
    slot: 21034,
    env: [
      { name: 'DB_PASSWORD', value: { from: 'file:/run/secrets/db' } },
      { name: 'LOG_LEVEL', value: 'info' },
    ],
    placement: {
      ...PLACEMENT_DEFAULTS,
      limits: { milliCpus: 500, memoryBytes: 67_108_864 },
      stopGraceMs: 60_000,
    },
    origin: { source: 'registry', location: 'shop.yml', line: 1, col: 1 },
  });
  const origin = { source: 'registry', location: 'shop.yml', col: 7 };
  assert.deepEqual(edge, {
    tls: { domain: 'one.example', redirect: false, hsts: 'max-age=31536000' },
    routes: [
      {
        host: { kind: 'exact', host: 'www.one.example' },
        path: { kind: 'prefix', path: '/checkout' },
        priority: 0,
        origin: { ...origin, line: 12 },
      },
      {
        host: { kind: 'wildcard', suffix: 'shop.one.example' },
        path: { kind: 'exact', path: '/status' },
        priority: 0,
        origin: { ...origin, line: 13 },
      },
      {
        host: { kind: 'regex', pattern: 's-[0-9]+\\.one\\.example' },
        path: { kind: 'regex', pattern: '/u/[0-9]+' },
        priority: 10,
        origin: { ...origin, line: 14 },
      },
    ],
    rateLimit: { requests: 100, errors: 50, concurrent: 20, windowMs: 10_000 },
    allow: ['10.0.0.0/8'],
    deny: [],
    methods: ['GET', 'HEAD', 'PROPFIND'],
    maxBodyBytes: 10_485_760,
    heldPods: ['beta'],
    isClosed: true,
  });
  assert.equal(settings.balance, 'leastconn');
});

test('what a node serves is what the services directory would say', () => {
  const text = 'protocol: http\nnative_port: 80\nslot: 21034\nnolog: true\ntimeouts: {connect: 2s}\n';
  const { apps } = parseAppDefinitions(`name: shop\npods: [alpha]\n${text}`, 'f', 's');
  const service = parseServiceDocument(`shop:\n${text.replace(/^/gm, '  ').trimEnd()}\n`, 'f', 's').apps[0];
  assert.ok(service !== undefined && apps[0] !== undefined);
  assert.deepEqual(appFromDefinition(apps[0].definition, []), { ...service, origin: apps[0].definition.origin });
});

test('an app without a slot is served by no node', () => {
  const { apps } = parseAppDefinitions(SMALL, 'f', 's');
  assert.equal(appFromDefinition(apps[0]?.definition ?? assert.fail(), []), null);
});

test('JSON is YAML, and translated_port is the slot', () => {
  const text = JSON.stringify({ name: 'shop', pods: ['alpha'], protocol: 'tcp', translated_port: 21034 });
  assert.equal(parseAppDefinitions(text, 'f', 's').apps[0]?.definition.slot, 21034);
});

test('each document is an app, with its own text and comments; one that is wrong costs no other', () => {
  const second = '# the till\nname: till\npods: [alpha]\nprotocol: tcp # yes\n';
  const { apps, refused, outcome } = parseAppDefinitions(`${SMALL}---\nname: bad\n---\n${second}`, 'f', 's');
  assert.deepEqual(
    [apps.map(({ definition }) => definition.name), refused, outcome],
    [['shop', 'till'], ['bad'], 'whole'],
  );
  assert.deepEqual(
    apps.map(({ text }) => text),
    [SMALL, `---\n${second}`],
  );
});

test('of two definitions of one name in a text none is taken', () => {
  const { apps, refused, problems } = parseAppDefinitions(`${SMALL}---\n${SMALL}`, 'f', 's');
  assert.deepEqual([apps, refused, problems.map(({ line }) => line)], [[], ['shop'], [1, 5]]);
});

test('a text that says nothing is empty, one that is not YAML is broken', () => {
  assert.equal(parseAppDefinitions('# nothing\n', 'f', 's').outcome, 'empty');
  assert.equal(parseAppDefinitions('name: [', 'f', 's').outcome, 'broken');
  assert.equal(parseAppDefinitions('\0\xff'.repeat(600_000), 'f', 's').outcome, 'broken');
});

test('a tag hides nothing else that is wrong, and nothing is said of what bears it', () => {
  const text = `${SMALL}slot: !port 21034\nenv: !env {A: 1}\nimage: !x "UPPER"\nnane: y\n`;
  const { apps, refused, problems } = parseAppDefinitions(text, 'f', 's');
  assert.deepEqual([apps, refused], [[], ['shop']]);
  assert.deepEqual(
    problems.map(({ line, col, message }) => `${line}:${col} ${message}`),
    [
      '4:13 shop: there is a tag',
      '5:11 shop: there is a tag',
      '6:11 shop: there is a tag',
      '5:15 shop.env.A: "..." is not text',
      '7:1 shop: unknown key "nane"',
    ],
  );
});

test('the schema knows each key, and no other', () => {
  const schema = appDefinitionJsonSchema() as { properties: object; required: string[]; additionalProperties: boolean };
  for (const key of ['name', 'pods', 'slot', 'translated_port', 'edge', 'env', 'health', 'trusted_proxies']) {
    assert.ok(key in schema.properties, key);
  }
  assert.ok(!('instances' in schema.properties));
  assert.deepEqual([schema.required.sort(), schema.additionalProperties], [['name', 'pods', 'protocol'], false]);
});

/** Each added to a good definition. */
const MISTAKES: readonly (readonly [added: string, expected: RegExp])[] = [
  ['nane: x', /^f:4:1: error: shop: unknown key "nane" \(did you mean "name"\?\)$/],
  ['instances: []', /unknown key "instances"/],
  ['<<: {slot: 1}', /unknown key "<<"/],
  ['slot: "21034"', /^f:4:7: error: shop\.slot: "21034" is not .*without quotes/],
  ['slot: 0x521a', /slot/],
  ['slot: 21_034', /slot/],
  ['slot: 65535', /slot/],
  ['slot: 21034\ntranslated_port: 21035', /mean the same and differ/],
  ['retries: "3"', /without quotes/],
  ['internal: yes', /neither true nor false.*write true or false/],
  ['internal: "true"', /without quotes/],
  ['health: {interval: "500"}', /not a duration/],
  ['num_instances: 0', /num_instances/],
  ['image: 1.10', /image/],
  ['image: Shop', /image.*capital letters are only allowed in the tag/],
  [`image: shop@sha256:${'a'.repeat(63)}`, /what follows @ has to be sha256: and 64 digits/],
  [`image: shop@${'a'.repeat(64)}`, /what follows @ has to be sha256: and 64 digits/],
  ['image: "sha256:964e"', /it is an id, which other nodes do not know/],
  [`image: ${'0a'.repeat(32)}`, /it is an id, which other nodes do not know/],
  ['image: registry.example:99999/shop:1', /99999 is not a port/],
  [`image: ${'a'.repeat(256)}`, /Docker takes 255 characters before the tag/],
  ['placement: {healthcheck: {source: image, command: [/check]}}', /a command, and "source: image" beside it/],
  ['placement: {healthcheck: {source: none, command: [/check]}}', /a command, and "source: none" beside it/],
  ['image: "shop:1 --privileged"', /image/],
  ['image: !!binary aGk=', /image/],
  ['image: !ruby/object {}', /there is a tag/],
  ['balance: fair', /not one of/],
  ['sticky: {cookie: "a;b"}', /cookie/],
  ['retries: 3\nretries: 3', /is written twice/],
  ['env: {A: 1}', /shop\.env\.A: "..." is not text \(write it in quotes\)/],
  ['env: {A: no, B: null}', /env\.B: has no value/],
  ['env: {A: [x]}', /a list is not text/],
  ['env: {1A: x}', /not a name for a variable/],
  ['env: {A-B: x}', /shop\.env\.A\.\.\.: this is not a name for a variable/],
  ['env: {"a b": x}', /shop\.env\.a\.\.\.: this is not a name for a variable/],
  ['env: {A: "x\\0y"}', /NUL/],
  ['env: {A: x, A: y}', /is written twice/],
  ['env: {A: {from: env:HOME}}', /place of a secret/],
  ['env: {A: {from: "file:run/x"}}', /place of a secret/],
  ['env: {A: {from: "file:/run/../etc/shadow"}}', /place of a secret/],
  ['env: {A: {from: "file:/run/x", value: y}}', /unknown key "\.\.\."/],
  ['edge: {}', /routes is missing/],
  ['edge: {routes: []}', /0 routes/],
  ['edge: {routes: [{path: /}]}', /one host/],
  ['edge: {routes: [{host: a.example, host_regex: b\\.example}]}', /one host/],
  ['edge: {routes: [{host: a.example, path: /, path_exact: /}]}', /one path/],
  ['edge: {routes: [{host: a.example, priority: -1}]}', /priority/],
  ['edge: {routes: [{host: 10.0.0.1}]}', /routes\[0\]\.host: "10\.0\.0\.1" is an IP address to some/],
  ['edge: {routes: [{host: A.example}, {host: a.example., path: /}]}', /is written twice/],
  [`edge: {routes: [${'{host_regex: "x.[.]example"},'.repeat(2)}]}`, /domain/],
  ['edge: {routes: [{host: a.example}], allow: [10.0.0.0/33]}', /allow\[0\]/],
  ['edge: {routes: [{host: a.example}], max_body: "10"}', /not a size/],
  ['edge: {routes: [{host: a.example}], max_body: 10t}', /not a size/],
  ['edge: {routes: [{host: a.example}], rate_limit: {window: 10s}}', /the limit is empty/],
  ['edge: {routes: [{host: a.example}], rate_limit: {requests: 1, window: 10s),gpc0}}', /no YAML|not a duration/],
  ['edge: {routes: [{host: a.example}], tls: {hsts: "max-age=1\\r\\nSet-Cookie: x"}}', /Strict-Transport/],
  ['edge: {routes: [{host: a.example}], methods: [get]}', /methods\[0\]: "get" is not a method/],
  ['edge: {routes: [{host: a.example}], methods: [GET, CONNECT]}', /methods\[1\].*CONNECT and TRACE are never/],
  ['edge: {routes: [{host: a.example}], methods: ["GET x"]}', /methods\[0\]/],
  ['edge: {routes: [{host: a.example}], methods: []}', /there are 0 methods/],
  ['edge: {routes: [{host: a.example, path: /api/*}]}', /"\/api\/\*" has a "\*".*path: \/api takes all/],
  [
    `edge: {routes: [{host: a.example, path: /${'a'.repeat(1_024)}}]}`,
    /has 1025 characters, and at most 1024 are read/,
  ],
  [`edge: {routes: [{host: a.example, path_regex: ${'a'.repeat(2_000)}}]}`, /has 2000 characters/],
  [`image: "${'a'.repeat(1_025)}"`, /has 1025 characters/],
  ['edge: {routes: [{host: a.example}], tls: {certificate: /etc/shadow}}', /unknown key/],
];

for (const [added, expected] of MISTAKES) {
  test(`refused: ${added.slice(0, 70)}`, () => {
    const text = `${SMALL}${added}\n`;
    assert.deepEqual(parseAppDefinitions(text, 'f', 's').apps, []);
    assert.match(problemsOf(text)[0] ?? '', expected);
  });
}

test('names of apps and pods are DNS labels, and some words are taken', () => {
  for (const name of ['Shop', '1shop', 'shop_1', 'shop-', '0x1F', 'a.b', '"a b"', 'none', '"x\\ny"', 'a'.repeat(64)]) {
    assert.deepEqual(parseAppDefinitions(SMALL.replace('shop', name), 'f', 's').apps, [], name);
  }
  for (const pods of ['[]', '[a.b]', '[a, a]', '[1]', 'alpha', '[null]']) {
    assert.deepEqual(parseAppDefinitions(SMALL.replace('[alpha]', pods), 'f', 's').apps, [], pods);
  }
});

test('TCP has no hosts: what needs them is refused', () => {
  const tcp = SMALL.replace('http', 'tcp');
  assert.match(problemsOf(`${tcp}sticky: {cookie: A}\n`)[0] ?? '', /error: shop\.sticky\.cookie: this has no effect/);
  assert.match(problemsOf(`${tcp}edge: {routes: [{host: a.example}]}\n`)[0] ?? '', /shop\.edge/);
});

test('so many expressions and no more', () => {
  const routes = (count: number): string =>
    Array.from({ length: count }, (_, index) => `{host: a.example, path_regex: /x${index}}`).join();
  assert.deepEqual(problemsOf(`${SMALL}edge: {routes: [${routes(MAX_REGEX_ROUTES)}]}\n`), []);
  assert.match(problemsOf(`${SMALL}edge: {routes: [${routes(MAX_REGEX_ROUTES + 1)}]}\n`)[0] ?? '', /expressions/);
});

test('a text that calls itself YAML 1.1 is refused, because its words mean other things', () => {
  assert.match(problemsOf(`%YAML 1.1\n---\n${SMALL}internal: no\n`)[0] ?? '', /YAML 1\.2/);
});

test('an app of HTTP/2 alone is told what passes it', () => {
  for (const word of ['grpc', 'h2', 'H2C', 'http/2']) {
    const [problem = ''] = problemsOf(SMALL.replace('http', `"${word}"`));
    assert.match(problem, /needs HTTP\/2, which only tcp passes \(write tcp: gRPC passes a slot of its own/);
  }
});
