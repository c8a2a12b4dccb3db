/** What is written of a definition is read again as the same definition. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAppDefinitions } from '../../src/documents/app-definition-document.js';
import { plainFromDefinition, textFromDefinition } from '../../src/documents/app-definition-text.js';
import type { AppDefinition } from '../../src/model/app-definition.js';

const SMALL = 'name: shop\npods: [alpha]\nprotocol: http\n';
const EVERYTHING = `name: shop
pods: [beta, alpha]
num_instances: 3
image: registry.example:5000/team/shop:1.10@sha256:${'a'.repeat(64)}
protocol: http
native_port: 8080
slot: 21034
internal: true
nolog: true
log_sample: 1/10
trace: true
request_id: X-Request-ID
filters: {host: www.one.example}
accept_proxy: true
trusted_proxies: [10.0.0.0/8, "fd00::/8"]
send_proxy: v2
balance: source
reuse: never
retries: 0
health: {path: /health, interval: 500ms, timeout: 1500ms, rise: 1, fall: 9}
timeouts: {request_head: 1s, connect: 2s, first_byte: 90s, client_idle: 2h, upstream_idle: 1, queue: 1d, tunnel: 5m, drain: 0}
limits: {connections: 9, queue: 0, clients: 700}
sticky: {cookie: SERVED_BY}
slow_start: 7s
edge:
  tls: {domain: one.example, redirect: false, hsts: "max-age=1; includeSubDomains; preload"}
  routes:
    - {host: www.one.example}
    - {host: "*.one.example", path: /a}
    - {host_regex: 's-[0-9]+\\.one\\.example', path_regex: '/a\\$', priority: 7}
    - {host: x.one.example, path_exact: /b/}
  rate_limit: {requests: 1, errors: 2, concurrent: 3, window: 90s}
  allow: [10.0.0.0/8]
  deny: [10.1.0.0/16]
  max_body: 1500
  methods: [GET, HEAD, PROPFIND]
env: {NO: "no", NUMBER: "0x1F", EMPTY: "", LINES: "a\\nb\\n", COLON: "a: b #c", SECRET: {from: file:/run/x}}
`;

function read(text: string): AppDefinition {
  const { apps, problems } = parseAppDefinitions(text, 'f', 's');
  assert.deepEqual(problems, []);
  return apps[0]?.definition ?? assert.fail();
}

/** Routes stand in other lines. */
function withoutPlaces(definition: AppDefinition): unknown {
  return JSON.parse(JSON.stringify(definition, (key, value: unknown) => (key === 'origin' ? null : value)));
}

for (const [name, text] of Object.entries({ SMALL, EVERYTHING })) {
  test(`${name} comes back as it was`, () => {
    const definition = read(text);
    assert.deepEqual(withoutPlaces(read(textFromDefinition(definition))), withoutPlaces(definition));
  });
}

test('defaults are not written', () => {
  assert.deepEqual(plainFromDefinition(read(SMALL)), {
    name: 'shop',
    pods: ['alpha'],
    num_instances: 1,
    protocol: 'http',
  });
});

test('every key of the definition is written when it says something', () => {
  const keys = (text: string): string[] => [...text.matchAll(/^([a-z_]+):/gm)].map(([, key]) => key ?? '').sort();
  assert.deepEqual(keys(textFromDefinition(read(EVERYTHING))), keys(EVERYTHING));
});
