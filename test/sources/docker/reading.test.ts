import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container } from '../../../src/docker/container.js';
import { KEEP_APP_MS } from '../../../src/sources/docker/apps.js';
import { dockerReadingFrom } from '../../../src/sources/docker/reading.js';
import { dockerReportsFrom } from '../../../src/sources/docker/reports.js';
import { containerOf } from '../../support/docker/containers.js';

const SHOP = { labels: { 'autoproxy.app': 'shop' } };
const WHOLE = { 'autoproxy.app': 'shop', 'autoproxy.slot': '9000', 'autoproxy.protocol': 'http' };

/** Offered: `shop 172.17.0.2:8080`. */
function offered(...containers: readonly Container[]): string[] {
  const { offers = [] } = dockerReadingFrom(containers, [], 0).reading;
  return offers.flatMap(({ name, instances }) => instances.map(({ id }) => `${name} ${id}`));
}

function claimed(...containers: readonly Container[]): string[] {
  const { claims = [] } = dockerReadingFrom(containers, [], 0).reading;
  return claims.map(({ host, container, standing, apps }) => [host, container.name, standing, ...apps].join(' '));
}

function messagesOf(...containers: readonly Container[]): string[] {
  return dockerReadingFrom(containers, [], 0).reading.problems.map(({ message }) => message);
}

test('a running container is offered with its life, its container and its words', () => {
  const labels = { ...SHOP.labels, 'autoproxy.weight': '50', 'autoproxy.state': 'Drain' };
  const web = containerOf('web-1', 5, { labels });
  assert.deepEqual(dockerReadingFrom([web], [], 0).reading.offers, [
    {
      name: 'shop',
      instances: [
        {
          id: '172.17.0.2:8080',
          life: web.life,
          container: { id: web.id, name: 'web-1' },
          host: '172.17.0.2',
          port: 8080,
          weight: 50,
          state: 'drain',
        },
      ],
    },
  ]);
});

const LEAVING: readonly (readonly [said: Parameters<typeof containerOf>[2], standing: string, leftOut: string])[] = [
  [{ phase: 'stopping', why: 'signal 15' }, 'leaving', 'it is stopping (signal 15)'],
  [{ phase: 'paused' }, 'leaving', 'it is paused'],
  [{ health: 'starting' }, 'leaving', 'its HEALTHCHECK has not passed yet'],
  [{ health: 'unhealthy' }, 'leaving', 'its HEALTHCHECK says unhealthy'],
  [{ phase: 'ended', why: 'exit code 0' }, 'gone', 'it has ended (exit code 0)'],
  [{ phase: 'removed', why: 'signal 9' }, 'gone', 'it was removed (signal 9)'],
];

for (const [said, standing, leftOut] of LEAVING) {
  test(`a container of which ${leftOut.replace(/ \(.*/, '')} is withdrawn, and people are told why`, () => {
    const web = containerOf('web-1', 0, { ...SHOP, ...said });
    const { offers, withdrawn, claims } = dockerReadingFrom([web], [], 0).reading;
    assert.deepEqual(offers, []);
    assert.deepEqual(withdrawn, [{ app: 'shop', instance: '172.17.0.2:8080' }]);
    assert.equal(claims?.[0]?.standing, standing);
    assert.equal(claims?.[0]?.why, leftOut);
    const [report] = dockerReportsFrom([web], 'shop');
    assert.equal(report?.leftOut, leftOut);
    assert.match(report?.place ?? '', /^container web-1 \([0-9a-f]{12}\)$/);
  });
}

test('healthy ones serve; of those without a word about an app the health is not ours to judge', () => {
  assert.deepEqual(offered(containerOf('web-1', 0, { ...SHOP, health: 'healthy' })), ['shop 172.17.0.2:8080']);
  assert.deepEqual(claimed(containerOf('web-1', 0, { health: 'unhealthy' })), ['172.17.0.2 web-1 running']);
  assert.deepEqual(claimed(containerOf('web-1', 0, { phase: 'paused' })), ['172.17.0.2 web-1 leaving']);
});

test('an address is claimed once: by who is there, else by who leaves, else by who had it last', () => {
  const ended = containerOf('old', 0, { phase: 'ended' });
  const running = containerOf('new', 1, SHOP);
  assert.deepEqual(claimed(ended, running), ['172.17.0.2 new running shop']);
  assert.deepEqual(claimed(running, ended), ['172.17.0.2 new running shop']);
  const later = containerOf('later', 2, { phase: 'removed' });
  assert.deepEqual(claimed(later, ended), ['172.17.0.2 later gone']);
  const stopping = containerOf('stopping', 0, { phase: 'stopping' });
  assert.deepEqual(claimed(stopping, later), ['172.17.0.2 stopping leaving']);
});

test('each network of a container is claimed, the network of the host is not', () => {
  const networks = [
    { name: 'front', address: '10.1.0.2' },
    { name: 'six', address: 'fd00::0002' },
  ];
  assert.deepEqual(claimed(containerOf('web-1', 0, { networks })), ['10.1.0.2 web-1 running', 'fd00::2 web-1 running']);
  assert.deepEqual(claimed(containerOf('web-1', 0, { ...SHOP, networks: [], isHostNetwork: true })), []);
});

test('an address that a running container has lost is gone, until another container has it', () => {
  const web = containerOf('web-1', 0, { ...SHOP, address: '172.18.0.2', lostAddresses: ['172.17.0.2'] });
  const { offers, withdrawn, gone } = dockerReadingFrom([web], [], 0).reading;
  assert.deepEqual(
    offers?.[0]?.instances.map(({ id }) => id),
    ['172.18.0.2:8080'],
  );
  assert.deepEqual(withdrawn, [{ app: 'shop', instance: '172.17.0.2:8080' }]);
  assert.deepEqual(gone, [{ life: web.life, host: '172.17.0.2' }]);
  assert.deepEqual(claimed(web), ['172.18.0.2 web-1 running shop', '172.17.0.2 web-1 gone shop']);
  for (const order of [
    [web, containerOf('web-2', 1, SHOP)],
    [containerOf('web-2', 1, SHOP), web],
  ])
    assert.ok(claimed(...order).includes('172.17.0.2 web-2 running shop'));
});

test('of a life that is over it is told for a minute', () => {
  const goneAt = (now: number) => dockerReadingFrom([ended, containerOf('web-2', 1, SHOP)], [], now).reading.gone;
  const ended = containerOf('web-1', 0, { ...SHOP, phase: 'ended', since: 1_000 });
  assert.deepEqual(goneAt(60_999), [{ life: ended.life, host: null }]);
  assert.deepEqual(goneAt(61_000), []);
});

test('a port that only the app knows is left to it', () => {
  const web = containerOf('web-1', 0, { ...SHOP, ports: [80, 81] });
  assert.deepEqual(offered(web), ['shop 172.17.0.2:native_port']);
});

test('of two containers with one address the older is used, and both are named', () => {
  const host = { ...SHOP, isHostNetwork: true, networks: [] };
  const [one, two] = [containerOf('one', 0, host), containerOf('two', 1, host)];
  assert.deepEqual(offered(two, one), ['shop 127.0.0.1:8080']);
  assert.equal(dockerReadingFrom([two, one], [], 0).reading.offers?.[0]?.instances[0]?.container?.name, 'one');
  assert.match(messagesOf(two, one)[0] ?? '', /127\.0\.0\.1:8080 of shop is the address of container one .*older/);
});

test('an address that a container says of itself is not taken from the container that has it', () => {
  const desk = containerOf('desk', 0, { labels: { 'autoproxy.app': 'desk' } });
  const labels = { ...SHOP.labels, 'autoproxy.address': '172.17.0.2' };
  const web = containerOf('web', 1, { labels, networks: [], networkOf: desk.id });
  assert.deepEqual(offered(desk, web), ['desk 172.17.0.2:8080']);
  const { problems } = dockerReadingFrom([desk, web], [], 0).reading;
  assert.deepEqual(
    problems.map(({ file, message, hint }) => [file, message, hint]),
    [
      [
        'container web (776562000000)',
        '172.17.0.2:8080 of shop is the address of container desk (6465736b0000), and this container is not reached there; ' +
          'it serves nothing',
        'give the labels to container desk (6465736b0000), or correct autoproxy.address',
      ],
    ],
  );
  assert.deepEqual(offered({ ...desk, phase: 'stopping' }, web), []);
  assert.deepEqual(offered({ ...desk, phase: 'ended' }, web), ['shop 172.17.0.2:8080']);
  assert.deepEqual(claimed({ ...desk, phase: 'ended' }, web), [], 'the address is not that of the dead one any more');
});

test('of two running containers with one address of the engine the newer has it, and the older is named', () => {
  const [one, two] = [containerOf('one', 0, SHOP), containerOf('two', 1, SHOP)];
  const { offers, problems } = dockerReadingFrom([one, two], [], 0).reading;
  assert.deepEqual(
    offers?.flatMap(({ instances }) => instances.map(({ container }) => container?.name)),
    ['two'],
  );
  assert.match(problems[0]?.message ?? '', /^172\.17\.0\.2:8080 of shop is the address of container two/);
});

test('labels define an app whole, without instances; the older container decides, and the other way is named', () => {
  const one = containerOf('one', 0, { labels: WHOLE });
  const two = containerOf('two', 1, { labels: { ...WHOLE, 'autoproxy.retries': '1' }, address: '172.17.0.3' });
  const { apps } = dockerReadingFrom([two, one], [], 0).reading;
  assert.deepEqual(
    apps.map(({ name, slot, retries, instances }) => [name, slot, retries, instances]),
    [['shop', 9000, 3, []]],
  );
  assert.match(messagesOf(two, one)[0] ?? '', /labels define this app in another way \(retries\) than container one/);
  assert.deepEqual(offered(two, one), ['shop 172.17.0.2:8080', 'shop 172.17.0.3:8080']);
  assert.equal(dockerReadingFrom([{ ...one, phase: 'ended' }, two], [], 0).reading.apps[0]?.retries, 1);
});

test('a defined app stays while a container of it exists, and a minute after the last was removed', () => {
  const one = containerOf('one', 0, { labels: WHOLE, phase: 'ended' });
  assert.equal(dockerReadingFrom([one], [], 1e9).reading.apps.length, 1);
  const removed = { ...one, phase: 'removed', since: 5_000 } as const;
  const kept = dockerReadingFrom([removed], [], 5_000);
  assert.equal(kept.reading.apps.length, 1);
  assert.equal(kept.changesAt, 5_000 + KEEP_APP_MS);
  const { reading, changesAt } = dockerReadingFrom([removed], [], 5_000 + KEEP_APP_MS);
  assert.deepEqual([reading.apps, changesAt], [[], null]);
  assert.ok(reading.withdrawn?.some(({ app, instance }) => app === 'shop' && instance === null));
});

test('wrong labels leave the definition as it last was, while a container means to define the app', () => {
  const { 'autoproxy.slot': slot, ...slotless } = WHOLE;
  const wrongs = [
    { ...WHOLE, 'autoproxy.retries': 'x' },
    { ...slotless, 'autoproxy.slott': slot },
  ];
  for (const labels of wrongs) {
    const old = containerOf('old', 0, { labels: WHOLE });
    const next = containerOf('next', 1, { labels, address: '172.17.0.3' });
    const { apps: lastGood } = dockerReadingFrom([old, next], [], 0).reading;
    const removed = { ...old, phase: 'removed', since: 0 } as const;
    const { reading, changesAt } = dockerReadingFrom([removed, next], lastGood, KEEP_APP_MS);
    assert.deepEqual(reading.apps, lastGood);
    assert.equal(changesAt, null);
    assert.deepEqual(reading.withdrawn, [{ app: 'shop', instance: '172.17.0.2:8080' }], 'the app is not withdrawn');
    const said = reading.problems.find(({ message }) => message.includes('defines this app'));
    assert.equal(said?.message, 'shop: container old (6f6c64000000) defines this app until the labels are mended');
    assert.equal(said?.file, 'container next (6e6578740000)');
    assert.deepEqual(
      dockerReadingFrom([next], lastGood, 1e9).reading.apps,
      lastGood,
      'also when the old one is forgotten',
    );
    const right = containerOf('right', 2, { labels: { ...WHOLE, 'autoproxy.retries': '1' } });
    assert.equal(dockerReadingFrom([next, right], lastGood, 1e9).reading.apps[0]?.retries, 1);
    const none = { ...next, phase: 'removed', since: 1e9 } as const;
    assert.equal(dockerReadingFrom([none], lastGood, 1e9 + KEEP_APP_MS - 1).reading.apps.length, 1);
    assert.deepEqual(dockerReadingFrom([none], lastGood, 1e9 + KEEP_APP_MS).reading.apps, []);
    assert.deepEqual(dockerReadingFrom([next], [], 0).reading.apps, [], 'nobody knows how it was');
  }
});

test('a container that only serves an app keeps no definition of it', () => {
  const old = containerOf('old', 0, { labels: WHOLE });
  const { apps } = dockerReadingFrom([old], [], 0).reading;
  const next = containerOf('next', 1, { labels: { ...SHOP.labels, 'autoproxy.health.path': '/health' } });
  assert.deepEqual(dockerReadingFrom([next], apps, 1e9).reading.apps, []);
});

test('what has no effect, what is unknown and what cannot be read are named, with the nearest name', () => {
  const messages = (labels: Record<string, string>) =>
    dockerReadingFrom([containerOf('web-1', 0, { labels: { ...SHOP.labels, ...labels } })], [], 0).reading.problems.map(
      ({ message, hint }) => `${message} | ${hint}`,
    );
  assert.match(messages({ 'autoproxy.balance': 'random' })[0] ?? '', /autoproxy\.balance: without autoproxy\.slot/);
  assert.match(messages({ 'autoproxy.wieght': '5' })[0] ?? '', /unknown label .*did you mean autoproxy\.weight\?/);
  assert.match(messages({ 'autoproxy.weight': 'x' })[0] ?? '', /weight "x" is invalid; 100, the default, applies/);
  assert.match(messages({ 'autoproxy.state': 'off' })[0] ?? '', /state "off" is invalid; ready/);
  assert.match(messages({ 'autoproxy.port': 'x' })[0] ?? '', /not a port; it serves nothing/);
  const [nameless] = messagesOf(containerOf('web-1', 0, { labels: { 'autoproxy.slot': '9000' } }));
  assert.match(nameless ?? '', /no app without autoproxy\.app/);
  assert.deepEqual(messages({ 'autoproxy.tags': 'a,b', 'com.example.x': 'y' }), []);
});

test('the path of a check has an effect without a slot where the node registers containers', () => {
  const labels = { ...SHOP.labels, 'autoproxy.health.path': '/health', 'autoproxy.retries': '1' };
  const said = (isRegistering: boolean) =>
    dockerReadingFrom([containerOf('web-1', 0, { labels })], [], 0, isRegistering).reading.problems.map(
      ({ message }) => message.split(':')[0],
    );
  assert.deepEqual(said(true), ['autoproxy.retries']);
  assert.deepEqual(said(false), ['autoproxy.retries', 'autoproxy.health.path']);
  const empty = containerOf('web-1', 0, { labels: { ...SHOP.labels, 'autoproxy.health.path': ' ' } });
  const [problem] = dockerReadingFrom([empty], [], 0, true).reading.problems;
  assert.equal(problem?.message, 'autoproxy.health.path is empty and counts as absent');
});

test('an empty word of a container counts as absent, and people are told what counts in its place', () => {
  const said = (labels: Record<string, string>, more: Parameters<typeof containerOf>[2] = {}) =>
    dockerReadingFrom([containerOf('web-1', 0, { ...more, labels })], [], 0).reading.problems.map(
      ({ severity, file, message, hint }) => {
        assert.deepEqual([severity, file], ['warning', 'container web-1 (7765622d3100)']);
        assert.equal(hint, 'give it a value, or leave the label out');
        return message;
      },
    );
  const empty = (label: string, what: string) => [`autoproxy.${label} is empty and counts as absent: ${what}`];
  for (const blank of ['', '  ']) {
    assert.deepEqual(said({ 'autoproxy.app': blank }), empty('app', 'it serves no app'));
    assert.deepEqual(said({ ...SHOP.labels, 'autoproxy.weight': blank }), empty('weight', 'its weight is 100'));
    assert.deepEqual(said({ ...SHOP.labels, 'autoproxy.state': blank }), empty('state', 'it is ready'));
    assert.deepEqual(said({ ...SHOP.labels, 'autoproxy.port': blank }), empty('port', 'port 8080 is used'));
    assert.deepEqual(said({ ...SHOP.labels, 'autoproxy.tags': blank }), empty('tags', 'it has no tags'));
    for (const label of ['network', 'address'])
      assert.deepEqual(
        said({ ...SHOP.labels, [`autoproxy.${label}`]: blank }),
        empty(label, 'it is reached at 172.17.0.2'),
      );
  }
  const port = { ...SHOP.labels, 'autoproxy.port': '' };
  assert.deepEqual(said(port, { ports: [80, 81] }), empty('port', 'native_port of the app is used'));
  const env = { SERVICE_NAME: 'desk', SERVICE_TAGS: 'blue' };
  assert.deepEqual(said({ 'autoproxy.app': '' }, { env }), empty('app', 'it serves desk'));
  assert.deepEqual(
    said({ ...SHOP.labels, 'autoproxy.tags': '' }, { env }),
    empty('tags', 'those of SERVICE_TAGS count'),
  );
  assert.deepEqual(said({ ...WHOLE, 'autoproxy.weight': '' }), empty('weight', 'its weight is 100'));
});

test('capital letters: a word of the container is not read, one of its app refuses the definition', () => {
  const read = (labels: Record<string, string>) => {
    const { apps, problems } = dockerReadingFrom([containerOf('web-1', 0, { labels })], [], 0).reading;
    return [apps.length, ...problems.map(({ severity, message, hint }) => `${severity}: ${message} (${hint})`)];
  };
  for (const label of ['autoproxy.Weight', 'AutoProxy.weight', 'AUTOPROXY.WEIGHT'])
    assert.deepEqual(read({ ...WHOLE, [label]: '5' }), [
      1,
      `warning: ${label} has capital letters and is not read (write autoproxy.weight)`,
    ]);
  assert.deepEqual(read({ 'AutoProxy.app': 'shop' }), [
    0,
    'warning: AutoProxy.app has capital letters and is not read (write autoproxy.app)',
  ]);
  for (const label of ['autoproxy.Internal', 'AutoProxy.internal', 'AUTOPROXY.INTERNAL'])
    assert.deepEqual(read({ ...WHOLE, [label]: 'true' }), [
      0,
      `error: ${label} has capital letters (write autoproxy.internal)`,
    ]);
  const { 'autoproxy.slot': slot, ...rest } = WHOLE;
  assert.deepEqual(read({ ...rest, 'autoproxy.Slot': slot }), [
    0,
    'error: autoproxy.Slot has capital letters (write autoproxy.slot)',
  ]);
  assert.deepEqual(read({ ...WHOLE, autoproxy_internal: 'true', 'autoproxy-team': 'blue', autoproxy: '1' }), [
    1,
    'warning: autoproxy_internal is not read (write autoproxy.internal)',
  ]);
});

test('of too many labels those that mean something are read, and an error is shown before warnings', () => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`autoproxy.a${index}`, 'y']));
  const read = (labels: Record<string, string>) =>
    dockerReadingFrom([containerOf('web-1', 0, { labels: { ...many, ...WHOLE, ...labels } })], [], 0).reading;
  assert.equal(read({ 'autoproxy.internal': 'true' }).apps[0]?.internal, true);
  const { apps, problems } = read({ 'autoproxy.Internal': 'true' });
  assert.deepEqual([apps, problems[0]?.severity], [[], 'error']);
  assert.match(problems[0]?.message ?? '', /autoproxy\.Internal has capital letters/);
});

test('a megabyte of labels is shown in a few lines, in little time', () => {
  const many = Object.fromEntries(
    Array.from({ length: 20_000 }, (_, index) => [`autoproxy.x${index}`, 'y'.repeat(40)]),
  );
  const began = process.cpuUsage();
  const messages = messagesOf(
    containerOf('web-1', 0, { labels: { ...SHOP.labels, ...many } }),
    containerOf('web-2', 0, { labels: { ...WHOLE, ...many }, address: '172.17.0.3' }),
    containerOf('web-3', 0, { labels: { 'autoproxy.app': 'x'.repeat(1_000_000) }, address: '172.17.0.4' }),
  );
  assert.ok(process.cpuUsage(began).user < 5_000_000);
  assert.ok(messages.length <= 25, `${messages.length}`);
  for (const message of messages) assert.ok(message.length < 300, message.slice(0, 400));
});

test('people see each container of an app: those that serve first, then those that are refused', () => {
  const containers = [
    containerOf('stopping', 0, { ...SHOP, phase: 'stopping', why: 'signal 15' }),
    containerOf('well', 1, { ...SHOP, address: '172.17.0.3', health: 'healthy' }),
    containerOf('lost', 2, { ...SHOP, networks: [] }),
    containerOf('over', 3, { ...SHOP, networks: [], phase: 'removed', why: 'exit code 1' }),
    containerOf('other', 3, { labels: { 'autoproxy.app': 'blog' }, address: '172.17.0.4' }),
  ];
  assert.deepEqual(
    dockerReportsFrom(containers, 'shop').map(({ address, place, leftOut, checks }) => [
      address,
      place.split(' ')[1],
      leftOut,
      ...checks.map(({ status }) => status),
    ]),
    [
      ['172.17.0.3:8080', 'well', null, 'healthy'],
      ['172.17.0.2:8080', 'stopping', 'it is stopping (signal 15)'],
      ['', 'lost', 'it is on no network'],
      ['', 'over', 'it was removed (exit code 1)'],
    ],
  );
});
