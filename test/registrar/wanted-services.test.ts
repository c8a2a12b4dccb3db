import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '../../src/docker/container.js';
import { type ContainerPlan, containerOf, wantedOn } from './containers.js';

/** `name address:port [tags] check, check`, one a service; what is refused behind it. */
function saidOf(plan: ContainerPlan): readonly string[] {
  const { services, refusals } = wantedOn('n1', [containerOf(2, plan)]);
  return [
    ...services.map(({ name, address, port, tags, checks }) => {
      const probes = checks.map(({ probe }) => {
        if (probe.kind === 'ttl') return `ttl ${probe.ttl}`;
        return `${probe.kind === 'http' ? probe.url : `tcp ${probe.host}`} ${probe.interval} ${probe.timeout}`;
      });
      return `${name} ${address}:${port} [${tags.join('|')}] ${probes.join(', ')}`;
    }),
    ...refusals.map(({ message }) => `- ${message}`),
  ];
}

const TCP = 'tcp 172.17.0.2:8080 2s 2s';
const NAMED = { SERVICE_NAME: 'shop' };
const networks = [
  { name: 'front', address: '10.1.0.2' },
  { name: 'back', address: '10.2.0.2' },
];

interface Case {
  readonly title: string;
  readonly plan: ContainerPlan;
  readonly said: readonly string[];
}

const CASES: readonly Case[] = [
  { title: 'without a name it asks for nothing', plan: {}, said: [] },
  { title: 'a name as label', plan: { labels: NAMED }, said: [`shop 172.17.0.2:8080 [] ${TCP}`] },
  { title: 'a name as variable', plan: { env: NAMED }, said: [`shop 172.17.0.2:8080 [] ${TCP}`] },
  { title: 'our own label', plan: { labels: { 'autoproxy.app': 'shop' } }, said: [`shop 172.17.0.2:8080 [] ${TCP}`] },
  {
    title: 'our own label before the words of registrator',
    plan: { labels: { 'autoproxy.app': 'shop', SERVICE_NAME: 'old', SERVICE_IGNORE: '1' } },
    said: [`shop 172.17.0.2:8080 [] ${TCP}`],
  },
  {
    title: 'several ports under one name, as registrator names them',
    plan: { ports: [80, 443], env: NAMED },
    said: ['shop-80 172.17.0.2:80 [] tcp 172.17.0.2:80 2s 2s', 'shop-443 172.17.0.2:443 [] tcp 172.17.0.2:443 2s 2s'],
  },
  {
    title: 'a port with a name of its own, another one ignored',
    plan: { ports: [80, 443, 9100], env: { SERVICE_80_NAME: 'shop', SERVICE_443_IGNORE: 'yes' } },
    said: ['shop 172.17.0.2:80 [] tcp 172.17.0.2:80 2s 2s'],
  },
  {
    title: 'our label names the app, a word another port',
    plan: {
      ports: [8080, 9100],
      labels: { 'autoproxy.app': 'shop', 'autoproxy.port': '8080', SERVICE_9100_NAME: 'figures' },
    },
    said: [`shop 172.17.0.2:8080 [] ${TCP}`, 'figures 172.17.0.2:9100 [] tcp 172.17.0.2:9100 2s 2s'],
  },
  {
    title: 'several ports, and the app says which',
    plan: { ports: [9000, 443], labels: { 'autoproxy.app': 'native' } },
    said: ['native 172.17.0.2:9000 [] tcp 172.17.0.2:9000 2s 2s'],
  },
  { title: 'ignored', plan: { env: { ...NAMED, SERVICE_IGNORE: 'true' } }, said: [] },
  {
    title: 'several ports and no word which',
    plan: { ports: [80, 443], labels: { 'autoproxy.app': 'shop' } },
    said: ['- no port: it names none, and no known definition of shop has a native_port; it is not registered'],
  },
  {
    title: 'a port that is none',
    plan: { labels: { 'autoproxy.app': 'shop', 'autoproxy.port': '70000' } },
    said: [],
  },
  {
    title: 'no port at all',
    plan: { ports: [], env: NAMED },
    said: [],
  },
  {
    title: 'a name with a line break',
    plan: { env: { SERVICE_NAME: 'a\nb' } },
    said: [],
  },
  { title: 'several networks', plan: { networks, env: NAMED }, said: [] },
  {
    title: 'a network that is named',
    plan: { networks, env: NAMED, labels: { 'autoproxy.network': 'back' } },
    said: ['shop 10.2.0.2:8080 [] tcp 10.2.0.2:8080 2s 2s'],
  },
  {
    title: 'a network that it is not on',
    plan: { networks, env: NAMED, labels: { 'autoproxy.network': 'side' } },
    said: [],
  },
  {
    title: 'the bridge among several networks',
    plan: { networks: [...networks, { name: 'bridge', address: '172.17.0.9' }], env: NAMED },
    said: ['shop 172.17.0.9:8080 [] tcp 172.17.0.9:8080 2s 2s'],
  },
  {
    title: 'the network of the host',
    plan: { networks: [], isHostNetwork: true, env: NAMED },
    said: ['shop 127.0.0.1:8080 [] tcp 127.0.0.1:8080 2s 2s'],
  },
  {
    title: 'an address of its own, IPv6',
    plan: { env: NAMED, labels: { 'autoproxy.address': 'fd00::2' } },
    said: ['shop fd00::2:8080 [] tcp [fd00::2]:8080 2s 2s'],
  },
  {
    title: 'tags, each once, commas that are part of one',
    plan: { env: { ...NAMED, SERVICE_TAGS: 'a,b\\,c,,a' } },
    said: [`shop 172.17.0.2:8080 [a|b,c] ${TCP}`],
  },
  {
    title: 'tags of our own before them, but not where they are empty',
    plan: { env: { ...NAMED, SERVICE_TAGS: 'old' }, labels: { 'autoproxy.tags': 'new' } },
    said: [`shop 172.17.0.2:8080 [new] ${TCP}`],
  },
  {
    title: 'empty tags of our own',
    plan: { env: { ...NAMED, SERVICE_TAGS: 'old' }, labels: { 'autoproxy.tags': ' ' } },
    said: [`shop 172.17.0.2:8080 [old] ${TCP}`],
  },
  {
    title: 'an HTTP check in the words of registrator',
    plan: {
      env: { ...NAMED, SERVICE_CHECK_HTTP: '/up', SERVICE_CHECK_INTERVAL: '15s', SERVICE_8080_CHECK_TIMEOUT: '1s' },
    },
    said: ['shop 172.17.0.2:8080 [] http://172.17.0.2:8080/up 15s 1s'],
  },
  {
    title: 'our own check before them, and HTTPS',
    plan: { env: { ...NAMED, SERVICE_CHECK_HTTPS: 'up' }, labels: { 'autoproxy.health.path': '/health' } },
    said: ['shop 172.17.0.2:8080 [] http://172.17.0.2:8080/health 2s 2s'],
  },
  {
    title: 'an empty path of our own, then their word',
    plan: { env: { ...NAMED, SERVICE_CHECK_HTTP: '/up' }, labels: { 'autoproxy.health.path': ' ' } },
    said: ['shop 172.17.0.2:8080 [] http://172.17.0.2:8080/up 2s 2s'],
  },
  {
    title: 'an HTTPS check, its slash forgotten',
    plan: { env: { ...NAMED, SERVICE_CHECK_HTTPS: 'up' } },
    said: ['shop 172.17.0.2:8080 [] https://172.17.0.2:8080/up 2s 2s'],
  },
  {
    title: "Docker's health alone",
    plan: { env: NAMED, health: 'healthy' },
    said: ['shop 172.17.0.2:8080 [] ttl 50s'],
  },
  {
    title: "Docker's health beside a TCP check",
    plan: { env: { ...NAMED, SERVICE_CHECK_TCP: 'true' }, health: 'starting' },
    said: [`shop 172.17.0.2:8080 [] ${TCP}, ttl 50s`],
  },
  {
    title: 'words that cannot be done or read',
    plan: {
      env: { ...NAMED, SERVICE_CHECK_SCRIPT: 'x', SERVICE_CHECK_INTERVAL: '10', SERVICE_CHECK_HTTP: '/a b' },
      labels: { 'autoproxy.weight': '50%' },
    },
    said: [
      `shop 172.17.0.2:8080 [] ${TCP}`,
      '- SERVICE_CHECK_SCRIPT is not understood',
      '- SERVICE_CHECK_INTERVAL: "10" is not a duration; 2s applies',
      '- SERVICE_CHECK_HTTP: "/a b" is not a path; a TCP connect is the check',
    ],
  },
  { title: 'it is stopping', plan: { env: NAMED, phase: 'stopping' }, said: [] },
  { title: 'it is paused', plan: { env: NAMED, phase: 'paused' }, said: [] },
  { title: 'it has ended', plan: { env: NAMED, phase: 'ended' }, said: [] },
  { title: 'it was removed', plan: { env: NAMED, phase: 'removed' }, said: [] },
];

for (const { title, plan, said } of CASES) {
  test(`what a container is registered as: ${title}`, () => assert.deepEqual(saidOf(plan), said));
}

test('a service as it is registered, whole', () => {
  const labels = {
    'autoproxy.app': 'shop',
    'autoproxy.weight': '7',
    'autoproxy.state': 'maint',
    'autoproxy.tags': 'a',
  };
  const name = `web-2\n${'x'.repeat(300)}`;
  const [service, ...more] = wantedOn('n1', [containerOf(2, { labels, name, life: 'one', since: 5 })]).services;
  assert.deepEqual(more, []);
  assert.ok(service !== undefined);
  const { checks, meta, ...rest } = service;
  assert.deepEqual(rest, {
    id: 'autoproxy-n1-000000000002-8080',
    name: 'shop',
    tags: ['a'],
    address: '172.17.0.2',
    port: 8080,
    weight: 7,
    life: 'one',
    runsSince: 5,
  });
  assert.equal(checks.length, 1);
  assert.match(meta.get('autoproxy-checks') ?? '', /^[0-9a-f]{16}$/);
  assert.deepEqual(
    [...meta].filter(([key]) => key !== 'autoproxy-checks'),
    [
      ['autoproxy-node', 'n1'],
      ['autoproxy-life', 'one'],
      ['autoproxy-container', `web-2\\u000a${'x'.repeat(300)}`.slice(0, 255)],
      ['autoproxy-weight', '7'],
      ['autoproxy-state', 'maint'],
    ],
  );
  const plain = wantedOn('n1', [containerOf(2, { labels: NAMED })]).services[0]?.meta;
  assert.deepEqual(
    [...(plain?.keys() ?? [])],
    ['autoproxy-node', 'autoproxy-life', 'autoproxy-container', 'autoproxy-checks'],
  );
});

test('the mark of the checks changes with what the agent is to do, and not with what it is told', () => {
  const markOf = (plan: ContainerPlan): string | undefined =>
    wantedOn('n1', [containerOf(2, plan)]).services[0]?.meta.get('autoproxy-checks');
  const marks = [
    {},
    { SERVICE_CHECK_HTTP: '/' },
    { SERVICE_CHECK_INTERVAL: '3s' },
    { SERVICE_CHECK_TIMEOUT: '3s' },
    { SERVICE_CHECK_DEREGISTER_AFTER: '3s' },
  ].map((env) => markOf({ env: { ...NAMED, ...env } }));
  assert.equal(new Set(marks).size, marks.length);
  assert.equal(markOf({ env: NAMED, health: 'healthy' }), markOf({ env: NAMED, health: 'unhealthy' }));
  assert.equal(markOf({ env: { ...NAMED, SERVICE_CHECK_INITIAL_STATUS: 'passing' } }), marks[0]);
});

test('names of others are refused in any case, with what to do, and so is what has no port', () => {
  const said = (plan: ContainerPlan) => {
    const { services, refusals, undecided } = wantedOn('n1', [containerOf(2, plan)]);
    return { services: services.length, refusals, undecided: [...undecided] };
  };
  const container = 'container web-2 (000000000002)';
  for (const name of ['consul', 'autoproxy', 'autoproxy-registrar', 'Consul']) {
    assert.deepEqual(said({ env: { SERVICE_NAME: name } }), {
      services: 0,
      refusals: [{ container, message: `no container may register as ${name}`, hint: 'give its service another name' }],
      undecided: [],
    });
  }
  assert.deepEqual(said({ labels: { 'autoproxy.app': 'shop' }, ports: [] }), {
    services: 0,
    refusals: [
      {
        container,
        message: 'no port: it names none, and no known definition of shop has a native_port; it is not registered',
        hint: 'add the label autoproxy.port',
      },
    ],
    undecided: [containerOf(2).id],
  });
});

test('an address that a container says of itself is not registered while the engine has given it to another one', () => {
  const desk = containerOf(1, {
    labels: { 'autoproxy.app': 'desk' },
    networks: [{ name: 'six', address: 'fd00::0002' }],
  });
  const labels = { 'autoproxy.app': 'shop', 'autoproxy.address': 'fd00::2' };
  const web = containerOf(2, { labels, networks: [], networkOf: desk.id });
  const named = (...containers: readonly Container[]) => wantedOn('n1', containers).services.map(({ name }) => name);
  assert.deepEqual(named(web, desk), ['desk']);
  assert.deepEqual(named(web, { ...desk, phase: 'paused' }), []);
  assert.deepEqual(named(web, { ...desk, phase: 'ended' }), ['shop']);
  assert.deepEqual(named({ ...web, networks: desk.networks }, desk), ['shop', 'desk'], 'two networks may have it');
});

test('weight and state travel in the meta, which nodes read', () => {
  const labels = { ...NAMED, 'autoproxy.weight': '0', 'autoproxy.state': 'Drain' };
  const [service] = wantedOn('n1', [containerOf(2, { labels })]).services;
  assert.equal(service?.meta.get('autoproxy-weight'), '0');
  assert.equal(service?.meta.get('autoproxy-state'), 'drain');
  assert.equal(service?.weight, 0);
});

test('what Docker says becomes the status of the check', () => {
  const statuses = (['healthy', 'starting', 'unhealthy'] as const).map(
    (health) => wantedOn('n1', [containerOf(2, { env: NAMED, health })]).services[0]?.checks[0]?.told?.status,
  );
  assert.deepEqual(statuses, ['passing', 'critical', 'critical']);
});

/** Of its cleanup (bridge/bridge.go, serviceIDPattern). */
const REGISTRATORS_OWN = /^(.+?):([a-zA-Z0-9][a-zA-Z0-9_.-]+):[0-9]+(?::udp)?$/;

test('the cleanup of a registrator beside leaves what is registered alone', () => {
  assert.match('host:web-1:8080', REGISTRATORS_OWN);
  for (const node of ['n1', 'docker-1.example.com', 'A_b', '1']) {
    const [service] = wantedOn(node, [containerOf(2, { env: NAMED, health: 'healthy' })]).services;
    assert.doesNotMatch(service?.id ?? '', REGISTRATORS_OWN);
  }
});
