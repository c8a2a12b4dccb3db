/** The labels that define an app are the keys of the services directory, read by the same table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APP_LABEL_NAMES, appFromLabels } from '../../src/documents/label-document.js';
import { parseServiceDocument } from '../../src/documents/service-document.js';

const PLACE = 'container web-1 (0123456789ab)';

function read(labels: Readonly<Record<string, string>>, name = 'shop') {
  return readWritten(
    Object.fromEntries(Object.entries(labels).map(([key, value]) => [`autoproxy.${key}`, value])),
    name,
  );
}

/** @param labels with their prefix */
function readWritten(labels: Readonly<Record<string, string>>, name = 'shop') {
  return appFromLabels(name, new Map(Object.entries(labels)), PLACE, 'docker');
}

/** The same app as a file of the services directory says it. */
function appInFile(text: string) {
  const { apps, problems } = parseServiceDocument(`shop: {${text}}`, 'shop.yml', 'directory');
  assert.deepEqual(problems, []);
  return apps[0];
}

test('each key means what it means in a file, and has its default', () => {
  const origin = { source: 'docker', location: PLACE, line: null, col: null };
  const least = read({ protocol: 'HTTP', slot: '9000' });
  assert.deepEqual(least, {
    app: { ...appInFile('protocol: http, translated_port: 9000'), origin },
    problems: [],
  });
  const all = {
    protocol: 'tcp',
    translated_port: '9000',
    native_port: '80',
    internal: 'yes',
    log_sample: '1/10',
    accept_proxy: 'on',
    trusted_proxies: '10.0.0.0/8, fd00::/8',
    send_proxy: 'v2',
    balance: 'leastconn',
    reuse: 'never',
    retries: '1',
    'health.path': '/health',
    'health.interval': '5s',
    'timeouts.first_byte': '10m',
    'limits.connections': '10',
    slow_start: '5s',
  };
  const file =
    'protocol: tcp, translated_port: 9000, native_port: 80, internal: yes, log_sample: 1/10, accept_proxy: on, ' +
    'trusted_proxies: [10.0.0.0/8, "fd00::/8"], send_proxy: v2, balance: leastconn, reuse: never, retries: 1, ' +
    'health: {path: /health, interval: 5s}, timeouts: {first_byte: 10m}, limits: {connections: 10}, slow_start: 5s';
  assert.deepEqual(read(all), { app: { ...appInFile(file), origin }, problems: [] });
});

test('all keys of an app but its instances are labels', () => {
  assert.ok(APP_LABEL_NAMES.includes('sticky.cookie'));
  assert.ok(APP_LABEL_NAMES.includes('filters.host'));
  assert.ok(APP_LABEL_NAMES.includes('slot'));
  assert.ok(!APP_LABEL_NAMES.some((name) => name.startsWith('instances')));
});

test('a mistake names the label, and what to write', () => {
  const cases: readonly (readonly [labels: Record<string, string>, message: RegExp, hint: RegExp])[] = [
    [{ slot: '70000' }, /^autoproxy\.slot: "70000" is not a whole number/, /slot \+ 1/],
    [{ balance: 'rr' }, /^autoproxy\.balance: "rr" is not one of/, /roundrobin/],
    [{ 'timeouts.connect': 'x' }, /^autoproxy\.timeouts\.connect: "x" is not a duration/, /100ms/],
    [{ 'timeouts.conect': '5s' }, /^autoproxy\.timeouts: unknown key "conect"/, /did you mean "connect"\?/],
    [{ balanse: 'random' }, /^autoproxy: unknown key "balanse"/, /did you mean "balance"\?/],
    [{ health: '/health' }, /^autoproxy\.health: "\/health" is not a map/, /path/],
    [{ health: '/a', 'health.path': '/b' }, /"health" is written twice/, /./],
    [{ translated_port: '9002' }, /slot and translated_port mean the same and differ/, /keep one/],
  ];
  for (const [labels, message, hint] of cases) {
    const { problems } = read({ protocol: 'http', slot: '9000', ...labels });
    const [first] = problems;
    assert.match(first?.message ?? '', message);
    assert.match(first?.hint ?? '', hint);
    assert.deepEqual([first?.file, first?.line, first?.col, first?.app], [PLACE, null, null, 'shop']);
  }
});

test('an app in error is none; one with a warning is served', () => {
  assert.equal(read({ slot: '9000' }).app, null, 'without a protocol');
  assert.equal(read({ protocol: 'http', slot: '9000', retries: 'x' }).app, null);
  assert.equal(read({ protocol: 'http', slot: '9000' }, 'a b').app, null);
  assert.equal(read({ protocol: 'http', slot: '9000', nonsense: 'x' }).app?.slot, 9_000);
});

test('an empty label, and one in capital letters, is an error: an internal app stays internal', () => {
  const least = { protocol: 'http', slot: '9000' };
  const said = (labels: Readonly<Record<string, string>>) => {
    const { app, problems } = read({ ...least, ...labels });
    return [app, ...problems.map(({ severity, message, hint }) => `${severity}: ${message} (${hint})`)];
  };
  for (const label of ['internal', 'trusted_proxies', 'filters.host', 'health.path', 'accept_proxy', 'nonsense'])
    for (const value of ['', ' '])
      assert.deepEqual(said({ [label]: value }), [
        null,
        `error: autoproxy.${label} is empty (give it a value, or leave the label out)`,
      ]);
  assert.deepEqual(said({ Internal: 'true' }), [
    null,
    'error: autoproxy.Internal has capital letters (write autoproxy.internal)',
  ]);
  const { app, problems } = readWritten({
    'autoproxy.protocol': 'http',
    'autoproxy.slot': '9000',
    'AutoProxy.internal': 'true',
  });
  assert.equal(app, null);
  assert.deepEqual(
    problems.map(({ message, hint }) => `${message} (${hint})`),
    ['AutoProxy.internal has capital letters (write autoproxy.internal)'],
  );
  assert.ok(read({ ...least, internal: 'true' }).app?.internal);
});

test('labels are texts: no value becomes a map, a list or another document', () => {
  for (const value of ['{a: b}', '[1, 2]', 'a: b', 'a\nslot: 1', '--- x', '!!binary x', '*a', '&a b']) {
    const { app, problems } = read({ protocol: 'http', slot: '9000', 'health.path': value });
    assert.equal(app, null, value);
    assert.match(problems[0]?.message ?? '', /^autoproxy\.health\.path: ".*" is not a path$/s);
  }
});
