/** Texts of the engine, checked and brought to what is used of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { factsFromBody, summariesFromBody } from '../../src/docker/answers.js';
import { commonVersion } from '../../src/docker/api-versions.js';
import { EventLines } from '../../src/docker/event-lines.js';
import { eventFromLine } from '../../src/docker/events.js';
import { DockerFailure } from '../../src/docker/failure.js';
import { signalNumber } from '../../src/docker/signal-numbers.js';
import { containerWords } from '../../src/model/container-words.js';
import { idOf, PLAIN } from './made-facts.js';

const STATE = { Running: true, Paused: false, Restarting: false, StartedAt: '2026-11-29T12:00:00.5Z' };
const LEAST = { Id: idOf(1), Name: '/web', State: STATE, Config: {} };

test('an inspection with the least that an engine says', () => {
  assert.deepEqual(factsFromBody(LEAST), {
    ...PLAIN,
    id: idOf(1),
    name: 'web',
    image: '',
    labels: new Map(),
    ports: [],
    networks: [],
    startedAt: '2026-11-29T12:00:00.5Z',
    startedAtMs: Date.UTC(2026, 10, 29, 12) + 500,
  });
});

test('what is special of a container', () => {
  const facts = factsFromBody({
    ...LEAST,
    State: { ...STATE, Restarting: true, StartedAt: '2026-11-29T12:00:00.123456789Z', Health: { Status: 'healthy' } },
    Config: {
      Labels: { __proto__: null, 'autoproxy.app': 'shop', 'com.docker.swarm.task.id': 'x', other: 'y' },
      Env: ['SERVICE_80_NAME=shop=1\nb', 'PATH=/', 'SERVICE_'],
      ExposedPorts: { '8080/tcp': {}, '53/udp': {}, '80/tcp': {}, '99999/tcp': {}, '0/tcp': {} },
      StopSignal: 'SIGRTMIN+3',
    },
    HostConfig: { NetworkMode: 'host' },
    NetworkSettings: {
      Networks: { host: { IPAddress: '' }, six: { IPAddress: '', GlobalIPv6Address: 'fd00::2' }, none: null },
      Ports: { '8081/tcp': null },
    },
  });
  assert.equal(facts.isRunning, false, 'it waits for its next start');
  assert.ok(Math.abs(facts.startedAtMs - (Date.UTC(2026, 10, 29, 12) + 123.456789)) < 0.001);
  assert.equal(facts.health, 'healthy');
  assert.deepEqual([...facts.labels.keys()], ['autoproxy.app', 'com.docker.swarm.task.id']);
  assert.deepEqual([...facts.env], [['SERVICE_80_NAME', 'shop=1\nb']]);
  assert.deepEqual(facts.ports, [80, 8080, 8081]);
  assert.equal(facts.stopSignal, 37);
  assert.equal(facts.stopTimeoutMs, 600_000, 'its grace period is known by the manager alone');
  assert.equal(facts.isHostNetwork, true);
  assert.deepEqual(facts.networks, [{ name: 'six', address: 'fd00::2' }]);
});

test('of labels that are too large together the small ones are kept, and the largest is named', () => {
  const Labels = {
    'autoproxy.filters.host': 'x'.repeat(40_000),
    'autoproxy.a': 'x'.repeat(20_000),
    'autoproxy.b': 'x'.repeat(10_000),
    'autoproxy.internal': 'true',
  };
  const { labels, labelExcess } = factsFromBody({ ...LEAST, Config: { Labels } });
  assert.deepEqual([...labels.keys()].sort(), ['autoproxy.a', 'autoproxy.b', 'autoproxy.internal']);
  assert.equal(labelExcess, '64 KiB of its labels are read, so autoproxy.filters.host is left out');
  const even = Object.fromEntries(Object.entries(Labels).map(([key, value]) => [key, value.slice(0, 21_000)]));
  assert.equal(factsFromBody({ ...LEAST, Config: { Labels: even } }).labels.size, 4);
});

test('a container may share the network of another one', () => {
  const networkOf = (NetworkMode: string) => factsFromBody({ ...LEAST, HostConfig: { NetworkMode } }).networkOf;
  assert.equal(networkOf(`container:${'a'.repeat(64)}`), 'a'.repeat(64));
  assert.equal(networkOf('container:web'), 'web');
  for (const mode of ['host', 'none', 'bridge', 'containers', 'my-container:1', ''])
    assert.equal(networkOf(mode), null);
});

test('a container that was never started has no start', () => {
  const facts = factsFromBody({ ...LEAST, State: { ...STATE, Running: false, StartedAt: '0001-01-01T00:00:00Z' } });
  assert.equal(facts.startedAt, null);
});

test('labels under the names of what every object inherits are labels', () => {
  const body = JSON.parse(
    `{"Id":"${idOf(1)}","Name":"/web","State":${JSON.stringify(STATE)},"Config":{"Labels":{"autoproxy.__proto__":"x","__proto__":"y","constructor":"z"}}}`,
  );
  assert.deepEqual([...factsFromBody(body).labels], [['autoproxy.__proto__', 'x']]);
});

test('of several names the own one counts', () => {
  const [summary] = summariesFromBody([{ Id: idOf(1), Names: ['/web/db', '/db'], State: 'running' }]);
  assert.equal(summary?.name, 'db');
  assert.equal(containerWords({ name: 'db', id: idOf(1) }), 'container db (000000000000)');
});

test('an answer of another form is a failure that names the place', () => {
  for (const body of [
    null,
    [],
    7,
    { ...LEAST, Id: 'x' },
    { ...LEAST, State: null },
    { ...LEAST, Config: { Labels: [] } },
    { ...LEAST, Config: { Labels: 'x' } },
    { ...LEAST, NetworkSettings: { Networks: 7 } },
  ]) {
    assert.throws(
      () => factsFromBody(body),
      (error) => error instanceof DockerFailure && error.kind === 'malformed',
    );
  }
  assert.throws(
    () => factsFromBody({ ...LEAST, State: { ...STATE, Running: 'yes' } }),
    /^DockerFailure: Docker's answer has another form than is known here: an inspection: State\.Running: /,
  );
  assert.throws(() => factsFromBody({ ...LEAST, Config: { Labels: 'x' } }), /: Config\.Labels: is not a map$/);
  assert.throws(() => factsFromBody({ ...LEAST, Id: `${idOf(1)}0` }), /: Id: is not the id of a container$/);
  assert.throws(() => summariesFromBody({}), /: the list of containers: the answer: /);
});

test('signals by name and number', () => {
  const cases = {
    SIGTERM: 15,
    term: 15,
    9: 9,
    SIGQUIT: 3,
    'SIGRTMIN+3': 37,
    RTMAX: 64,
    'RTMAX-1': 63,
    RTMIN: 34,
    '': null,
    SIGNOTHING: null,
  };
  for (const [text, number] of Object.entries(cases)) assert.equal(signalNumber(text), number, text);
});

test('the version is the newest that both speak, compared by number', () => {
  assert.equal(commonVersion('x', '1.41', ''), '1.41');
  assert.equal(commonVersion('x', '1.100', ''), '1.51');
  assert.equal(commonVersion('x', '2.0', ''), '1.51');
  assert.equal(commonVersion('x', '1.24', ''), '1.24');
  for (const offered of ['1.9', '0.99']) assert.throws(() => commonVersion('x', offered, ''), /too old/);
  assert.equal(commonVersion('x', '100.100', ''), '1.51');
  for (const offered of ['', 'one', '1', '1.41.0', 'v1.41', '1.41-rc', '1000.1', '1.1000'])
    assert.throws(() => commonVersion('x', offered, ''), /not a Docker engine/);
  // What stands before an engine may speak of it.
  assert.throws(() => commonVersion('x', '', 'nginx Docker/1.12.6'), /not a Docker engine/);
  assert.throws(() => commonVersion('x', '', 'Docker/1.12.6 (linux)'), /too old: it is Docker 1\.12\.6; upgrade/);
});

test('lines come out whole, wherever the bytes were cut, and without those that are too long', () => {
  const text = `{"a":"é"}\n\n${'x'.repeat(21)}\n{"b":1}\nrest`;
  const bytes = Buffer.from(text);
  for (let size = 1; size <= bytes.length; size += 1) {
    const lines = new EventLines(20);
    const found: (string | null)[] = [];
    for (let start = 0; start < bytes.length; start += size)
      found.push(...lines.add(bytes.subarray(start, start + size)));
    assert.deepEqual(found, ['{"a":"é"}', null, '{"b":1}'], `pieces of ${size}`);
  }
});

test('events as engines write them', () => {
  const line = (event: object): string =>
    JSON.stringify({ scope: 'local', time: 1_700_000_000, timeNano: 1_700_000_000_123_456_800, ...event });
  const actor = (attributes: object) => ({ ID: idOf(1), Attributes: { name: 'web', ...attributes } });
  const atMs = 1_700_000_000_123.456_8;
  const told = (Action: string, attributes: object = {}, Type = 'container') =>
    eventFromLine(line({ Type, Action, Actor: actor(attributes) }));
  assert.deepEqual(told('kill', { signal: '15' }), { id: idOf(1), atMs, action: 'kill', signal: 15 });
  assert.deepEqual(told('kill', { signal: 'a label of that name' }), {
    id: idOf(1),
    atMs,
    action: 'kill',
    signal: Number.NaN,
  });
  assert.deepEqual(told('die', { exitCode: '137' }), { id: idOf(1), atMs, action: 'die', exitCode: '137' });
  assert.deepEqual(told('health_status: unhealthy'), {
    id: idOf(1),
    atMs,
    action: 'health_status',
    health: 'unhealthy',
  });
  assert.deepEqual(told('rename', { oldName: '/api' }), { id: idOf(1), atMs, action: 'rename', name: 'web' });
  assert.deepEqual(told('disconnect', { container: idOf(2) }, 'network'), {
    id: idOf(2),
    atMs,
    action: 'disconnect',
    network: 'web',
  });
  assert.equal(told('exec_die'), null);
  assert.equal(told('create'), null);
});
