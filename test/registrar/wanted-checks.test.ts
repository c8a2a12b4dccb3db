/** The checks of a container, whole: what the agent is to do, what it is told, and what is refused with its cure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WantedCheck } from '../../src/registrar/wanted-checks.js';
import { type ContainerPlan, containerOf, wantedOn } from './containers.js';

const ID = 'autoproxy-n1-000000000002-8080';
const HOST = '172.17.0.2:8080';
const TCP: WantedCheck = {
  id: `${ID}/tcp`,
  name: `TCP ${HOST}`,
  probe: { kind: 'tcp', host: HOST, interval: '2s', timeout: '2s' },
  deregisterAfter: null,
  told: null,
  initial: null,
};
const HEALTH: WantedCheck = {
  id: `${ID}/health`,
  name: 'HEALTHCHECK of the container',
  probe: { kind: 'ttl', ttl: '50s' },
  deregisterAfter: null,
  told: { status: 'passing', output: 'Docker says healthy of container web-2' },
  initial: null,
};

function httpAt(url: string): WantedCheck {
  return {
    ...TCP,
    id: `${ID}/http`,
    name: `HTTP ${url}`,
    probe: { kind: 'http', url, interval: '2s', timeout: '2s' },
  };
}

function read(env: Readonly<Record<string, string>>, plan: ContainerPlan = {}) {
  const { services, refusals } = wantedOn('n1', [containerOf(2, { ...plan, env: { SERVICE_NAME: 'shop', ...env } })]);
  return {
    checks: services[0]?.checks,
    refusals: refusals.map(({ container, message, hint }) => `${container}: ${message} (${hint})`),
  };
}

const WEB = 'container web-2 (000000000002)';

test('a container that says nothing is asked by TCP; with a HEALTHCHECK Docker is asked in its place', () => {
  assert.deepEqual(read({}), { checks: [TCP], refusals: [] });
  assert.deepEqual(read({}, { health: 'healthy' }), { checks: [HEALTH], refusals: [] });
  assert.deepEqual(read({ SERVICE_CHECK_TCP: '1' }, { health: 'healthy' }), { checks: [TCP, HEALTH], refusals: [] });
  for (const health of ['starting', 'unhealthy'] as const) {
    assert.deepEqual(read({}, { health }).checks, [
      { ...HEALTH, told: { status: 'critical', output: `Docker says ${health} of container web-2` } },
    ]);
  }
});

test('the path of the definition is asked, unless the agent could not: it sends no PROXY header', () => {
  const checksOf = (app: string, env: Readonly<Record<string, string>> = {}) =>
    read({ SERVICE_NAME: app, ...env }).checks;
  assert.deepEqual(checksOf('checked'), [httpAt(`http://${HOST}/health`)]);
  assert.deepEqual(checksOf('proxied'), [TCP]);
  assert.deepEqual(checksOf('native'), [TCP]);
  assert.deepEqual(checksOf('checked', { SERVICE_CHECK_TCP: 'yes' }), [TCP]);
  assert.deepEqual(checksOf('checked', { SERVICE_CHECK_HTTP: '/up' }), [httpAt(`http://${HOST}/up`)]);
});

test('the first of three words for a path counts, and empty ones count for nothing', () => {
  const all = { SERVICE_CHECK_HTTP: '/a', SERVICE_CHECK_HTTPS: '/b' };
  const own = { labels: { 'autoproxy.health.path': '/c' } };
  assert.deepEqual(read(all, own).checks, [httpAt(`http://${HOST}/c`)]);
  assert.deepEqual(read(all).checks, [httpAt(`http://${HOST}/a`)]);
  assert.deepEqual(read(all, { labels: { 'autoproxy.health.path': '' } }).checks, [httpAt(`http://${HOST}/a`)]);
  assert.deepEqual(read({ SERVICE_CHECK_HTTPS: 'b' }).checks, [httpAt(`https://${HOST}/b`)]);
});

test('text that does not form a path is refused by the name of its label, and a TCP connect becomes the check', () => {
  const hint = 'write a path such as /health';
  for (const [word, where] of [
    ['SERVICE_CHECK_HTTP', {}],
    ['SERVICE_CHECK_HTTPS', {}],
  ] as const) {
    assert.deepEqual(read({ [word]: '/a b', ...where }), {
      checks: [TCP],
      refusals: [`${WEB}: ${word}: "/a b" is not a path; a TCP connect is the check (${hint})`],
    });
  }
  assert.deepEqual(read({}, { labels: { 'autoproxy.health.path': '/a b' } }), {
    checks: [TCP],
    refusals: [`${WEB}: autoproxy.health.path: "/a b" is not a path; a TCP connect is the check (${hint})`],
  });
  const long = 'x'.repeat(1_024);
  assert.deepEqual(read({ SERVICE_CHECK_HTTP: long }), {
    checks: [TCP],
    refusals: [`${WEB}: SERVICE_CHECK_HTTP: "/${'x'.repeat(59)}" is not a path; a TCP connect is the check (${hint})`],
  });
  assert.deepEqual(read({ SERVICE_CHECK_HTTP: long.slice(1) }).checks, [httpAt(`http://${HOST}/${long.slice(1)}`)]);
  assert.deepEqual(read({ SERVICE_CHECK_HTTP: '/é\n' }, { health: 'healthy' }), {
    checks: [TCP, HEALTH],
    refusals: [`${WEB}: SERVICE_CHECK_HTTP: "/\\u00e9\\u000a" is not a path; a TCP connect is the check (${hint})`],
  });
});

test('durations are those of Go, each word with its own fallback', () => {
  const { checks, refusals } = read({
    SERVICE_CHECK_INTERVAL: ' 1m30s ',
    SERVICE_CHECK_TIMEOUT: '1.5h',
    SERVICE_CHECK_DEREGISTER_AFTER: '500ms',
  });
  assert.deepEqual(checks, [
    { ...TCP, probe: { kind: 'tcp', host: HOST, interval: '1m30s', timeout: '1.5h' }, deregisterAfter: '500ms' },
  ]);
  assert.deepEqual(refusals, []);
  const wrong = (value: string): ReturnType<typeof read> =>
    read({ SERVICE_CHECK_INTERVAL: value, SERVICE_CHECK_TIMEOUT: value, SERVICE_CHECK_DEREGISTER_AFTER: value });
  const hint = 'write 500ms, 10s or 1m30s';
  for (const value of ['10', 's', '10 s', '-1s', '1d', '1s!', '!1s', '1.s', '1234567890s', '1.1234567890s']) {
    assert.deepEqual(wrong(value), {
      checks: [{ ...TCP, deregisterAfter: '1h' }],
      refusals: [
        `${WEB}: SERVICE_CHECK_INTERVAL: "${value}" is not a duration; 2s applies (${hint})`,
        `${WEB}: SERVICE_CHECK_TIMEOUT: "${value}" is not a duration; 2s applies (${hint})`,
        `${WEB}: SERVICE_CHECK_DEREGISTER_AFTER: "${value}" is not a duration; 1h applies (${hint})`,
      ],
    });
  }
  assert.match(wrong('x'.repeat(50)).refusals[0] ?? '', /INTERVAL: "x{40}" is not/);
});

test('a first status is one of three, in any case', () => {
  for (const [written, initial] of [
    ['passing', 'passing'],
    [' Warning ', 'warning'],
    ['CRITICAL', 'critical'],
  ] as const)
    assert.deepEqual(read({ SERVICE_CHECK_INITIAL_STATUS: written }), { checks: [{ ...TCP, initial }], refusals: [] });
  assert.deepEqual(read({ SERVICE_CHECK_INITIAL_STATUS: `Up${'x'.repeat(50)}` }), {
    checks: [TCP],
    refusals: [
      `${WEB}: SERVICE_CHECK_INITIAL_STATUS: "up${'x'.repeat(38)}" is not a status (write passing, warning or critical)`,
    ],
  });
});

test('words of registrator that are not done are named with what to write in their place', () => {
  assert.deepEqual(read({ SERVICE_CHECK_SCRIPT: 'x', SERVICE_CHECK_CMD: 'y', SERVICE_CHECK_TTL: 'z' }).refusals, [
    `${WEB}: SERVICE_CHECK_SCRIPT is not understood (agents refuse scripts by default; use a HEALTHCHECK, or SERVICE_CHECK_HTTP)`,
    `${WEB}: SERVICE_CHECK_CMD is not understood (use a HEALTHCHECK: the agent learns what it says)`,
    `${WEB}: SERVICE_CHECK_TTL is not understood (use a HEALTHCHECK: the agent learns what it says)`,
  ]);
});
