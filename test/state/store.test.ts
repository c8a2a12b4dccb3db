import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rename, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import type { App } from '../../src/model/app.js';
import { StateStore } from '../../src/state/store.js';
import { type StoredState, storedStateFromJson, storedStateToJson } from '../../src/state/stored-state.js';
import { temporaryFolder } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { appInstance, appOf } from '../support/node/apps.js';
import { createRecordingLog } from '../support/recording-log.js';

const APPS: readonly App[] = [
  appOf('blog', 9002, { trustedProxies: ['10.0.0.0/8', '::1'] }),
  appOf('cart', 9004, {
    origin: { source: 'consul', location: 'autoproxy/apps/cart', line: null, col: null, index: 812 },
  }),
  appOf('shop', 9000, { instances: [appInstance(1), appInstance(2, { id: '[::1]:2', host: '::1', state: 'drain' })] }),
];

const STATE: StoredState = { apps: APPS, offers: [] };

async function createDirectory(context: TestContext): Promise<string> {
  const directory = temporaryFolder(context, 'state');
  return directory;
}

function fileIn(directory: string): string {
  return path.join(directory, 'last-good.json');
}

test('what was saved is there after a restart, exactly', async (context) => {
  const directory = await createDirectory(context);
  const store = new StateStore({ directory, clock: new FakeClock() });
  assert.equal(await store.load(), null);
  store.save(STATE);
  await store.flush();
  assert.deepEqual(await new StateStore({ directory, clock: new FakeClock() }).load(), STATE);
  assert.deepEqual(await readdir(directory), ['last-good.json']);
});

test('what a version wrote that did not know `reuse` is read', () => {
  const old = storedStateToJson(STATE, '2026-01-01T00:00:00Z').replaceAll('"reuse":"safe",', '');
  assert.ok(!old.includes('reuse'));
  assert.deepEqual(storedStateFromJson(old), STATE);
});

test('lives, containers and offers are kept; a state without them is written as earlier releases read it', () => {
  const container = { id: '0123456789ab'.padEnd(64, '0'), name: 'shop-1' };
  const instances = [appInstance(1, { life: '0123456789ab@2026-11-29T11:00:00Z', container }), appInstance(2)];
  const whole = { apps: [appOf('shop', 9000, { instances })], offers: [] };
  const text = storedStateToJson(whole, '2026-01-01T00:00:00Z');
  assert.match(text, /"version":2/);
  assert.deepEqual(storedStateFromJson(text), whole);
  const offered = [
    appInstance(3, { life: 'a', container }),
    { ...appInstance(4), id: '127.0.0.1:native_port', port: null },
  ];
  const offering = { apps: [appOf('shop', 9000)], offers: [{ name: 'shop', instances: offered }] };
  const offers = storedStateToJson(offering, '2026-01-01T00:00:00Z');
  assert.match(offers, /"version":2/);
  assert.deepEqual(storedStateFromJson(offers), offering);
  const plain = storedStateToJson(STATE, '2026-01-01T00:00:00Z');
  assert.match(plain, /"version":1/);
  assert.doesNotMatch(plain, /life|container|offers/);
});

test('of many states in one moment the last is written, and a second passes between two writes', async (context) => {
  const directory = await createDirectory(context);
  const clock = new FakeClock();
  const store = new StateStore({ directory, clock });
  for (let retries = 0; retries < 100; retries += 1)
    store.save({ apps: [appOf('shop', 9000, { retries })], offers: [] });
  assert.deepEqual(clock.waits(), [0], 'the first one waits for nobody');
  await store.flush();
  assert.equal((await store.load())?.apps[0]?.retries, 99);
  store.save(STATE);
  store.save(STATE);
  assert.deepEqual(clock.waits(), [1_000]);
  await store.flush();
  assert.deepEqual(await store.load(), STATE);
  assert.deepEqual(clock.waits(), []);
});

test('a state that comes while another one is written is written after it', async (context) => {
  const directory = await createDirectory(context);
  const clock = new FakeClock();
  const store = new StateStore({ directory, clock });
  store.save({ apps: [], offers: [] });
  const first = store.flush();
  store.save(STATE);
  await first;
  await store.flush();
  assert.deepEqual(await store.load(), STATE);
});

test('two flushes at once both wait for the disk', async (context) => {
  const directory = await createDirectory(context);
  const store = new StateStore({ directory, clock: new FakeClock() });
  store.save(STATE);
  const first = store.flush();
  await store.flush();
  assert.deepEqual(await store.load(), STATE);
  await first;
});

const whole = storedStateToJson(STATE, '2024-01-01T00:00:00.000Z');
for (const [what, text, reason] of [
  ['cut in half', whole.slice(0, whole.length / 2), /^it is not JSON, or was cut off$/],
  ['of a newer version', whole.replace('"version":1', '"version":3'), /^it is of version 3; this program reads/],
  ['empty', '', /^it is empty$/],
  ['of another program', '{"apps": {}}', /^version: /],
  ['changed by hand, with an unknown key', whole.replace('"slot":', '"port":1,"slot":'), /^apps\.0\.port: .*"port"/],
  ['changed by hand, with a slot out of range', whole.replace('"slot":9000', '"slot":65535'), /^apps\.2\.slot: /],
  [
    'changed by hand, with another host than its id says',
    whole.replace('"host":"::1"', '"host":"::2"'),
    /^apps\.2\.instances\.1: id, host and port do not belong together$/,
  ],
  [
    'changed by hand, with a network that cannot be read',
    whole.replace('10.0.0.0/8', '10.0.0.0/99'),
    /^apps\.0\.trustedProxies\.0: is not a network$/,
  ],
  [
    'changed by hand, with an instance twice',
    whole.replace(/"id":"\[::1\]:2","host":"::1","port":2/, '"id":"127.0.0.1:1","host":"127.0.0.1","port":1'),
    /^apps\.2\.instances: an id appears twice$/,
  ],
  [
    'changed by hand, with an app twice',
    whole.replace('"name":"cart"', '"name":"blog"'),
    /^apps: a name appears twice$/,
  ],
] as const) {
  test(`a file that is ${what} is set aside whole, said, and stops nothing`, async (context) => {
    const directory = await createDirectory(context);
    await writeFile(fileIn(directory), text);
    const { log, lines } = createRecordingLog();
    const store = new StateStore({ directory, clock: new FakeClock(), log });
    assert.equal(await store.load(), null);
    const names = await readdir(directory);
    assert.equal(names.length, 1);
    assert.match(names[0] ?? '', /^last-good\.json\.refused-/);
    assert.equal(await readFile(path.join(directory, names[0] ?? ''), 'utf8'), text);
    assert.equal(lines.length, 1);
    assert.equal(lines[0]?.level, 'error');
    assert.match(String(lines[0]?.reason), reason);
    assert.equal(lines[0]?.movedTo, path.join(directory, names[0] ?? ''));
    assert.deepEqual([store.unread?.aside, store.unread?.reason], [lines[0]?.movedTo, lines[0]?.reason]);
    store.save(STATE);
    await store.flush();
    assert.deepEqual(await store.load(), STATE);
  });
}

test('every cut of the file is refused', () => {
  for (let length = 0; length < whole.length - 1; length += 1) {
    assert.equal(typeof storedStateFromJson(whole.slice(0, length)), 'string', `cut at ${length}`);
  }
  assert.match(
    String(storedStateFromJson(whole.replace('"version":1', '"version":9'))),
    /version 9.*reads versions 1 and 2/,
  );
});

test('a disk that takes nothing: the old file stays whole, one line a minute, and the state is written when there is room', async (context) => {
  const directory = await createDirectory(context);
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const store = new StateStore({ directory, clock, log });
  store.save({ apps: [], offers: [] });
  await store.flush();
  const before = await readFile(fileIn(directory), 'utf8');
  // e2e/full-disk.test.ts does the same with a disk that is full.
  const away = path.join(directory, '..', `${path.basename(directory)}.away`);
  await rename(directory, away);
  for (let second = 0; second < 61; second += 1) {
    store.save(STATE);
    await store.flush();
    clock.jump(1_000);
  }
  await rename(away, directory);
  assert.equal(await readFile(fileIn(directory), 'utf8'), before);
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['error', 'error'],
  );
  assert.match(String(lines[0]?.reason), /ENOENT/);
  await store.flush();
  assert.deepEqual(await store.load(), STATE);
  assert.match(lines.at(-1)?.msg ?? '', /on the disk again/);
});

test('what failed is tried again without a new state', async (context) => {
  const directory = await createDirectory(context);
  const clock = new FakeClock();
  const gone = path.join(directory, 'later');
  const { log, lines } = createRecordingLog();
  const store = new StateStore({ directory: gone, clock, log });
  store.save(STATE);
  await clock.advance(0);
  while (clock.waits().length === 0) await clock.advance(0);
  assert.deepEqual(clock.waits(), [5_000]);
  assert.match(String(lines[0]?.reason), /ENOENT/);
  await mkdir(gone);
  await clock.advance(5_000);
  await store.flush();
  assert.deepEqual(await store.load(), STATE);
});

test('a file that cannot be read stops nothing', async (context) => {
  const directory = await createDirectory(context);
  await mkdir(fileIn(directory));
  const { log, lines } = createRecordingLog();
  assert.equal(await new StateStore({ directory, clock: new FakeClock(), log }).load(), null);
  assert.equal(lines[0]?.reason, 'it is a directory');
});

test('a file larger than any state of a node is set aside unread', async (context) => {
  const directory = await createDirectory(context);
  await writeFile(fileIn(directory), '');
  await truncate(fileIn(directory), 5_000_000_000);
  const { log, lines } = createRecordingLog();
  assert.equal(await new StateStore({ directory, clock: new FakeClock(), log }).load(), null);
  assert.equal(lines[0]?.reason, 'it has more than the 134217728 bytes that are read');
  assert.equal((await stat(String(lines[0]?.movedTo))).size, 5_000_000_000);
});

test('without a directory nothing is kept and nothing fails', async () => {
  const clock = new FakeClock();
  const store = new StateStore({ directory: null, clock });
  store.save(STATE);
  assert.deepEqual(clock.waits(), []);
  await store.flush();
  assert.equal(await store.load(), null);
  await store.end();
});
