import assert from 'node:assert/strict';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../src/config/load.js';
import { createFeeds } from '../../src/control/node-feeds.js';
import { atEnd } from '../support/at-end.js';
import { appOf } from '../support/node/apps.js';
import { createServicesDirectory, testClock } from '../support/node/services-directory.js';
import { createRecordingLog } from '../support/recording-log.js';
import { ScriptedSource } from './scripted-source.js';

interface Node {
  /** Somebody wrote --services-dir; null: a program made the config. */
  readonly isNamed: boolean | null;
  readonly others: readonly ('consul' | 'docker')[];
}

/** A node whose services directory is missing. */
async function missingDirectory(context: TestContext, { isNamed, others }: Node) {
  const directory = await createServicesDirectory(context);
  const host = { hostname: 'test-node', parallelism: 1, isTerminal: false };
  const flags = isNamed === true ? { 'services-dir': directory } : {};
  const loaded = loadConfig({ flags, env: {}, host, workingDir: path.dirname(directory), defaultFile: '' });
  const { log, lines } = createRecordingLog();
  const config = { ...loaded.config, servicesDir: directory };
  const written = isNamed === null ? { settings: [] } : loaded;
  const partsOf = (name: 'consul' | 'docker') => (others.includes(name) ? { source: new ScriptedSource(name) } : null);
  const feeds = createFeeds({ config, written, clock: testClock, log }, partsOf('consul'), partsOf('docker'));
  const [feed] = feeds;
  assert.ok(feed !== undefined);
  atEnd(context, () => feed.stop());
  return { feed, lines };
}

for (const other of ['consul', 'docker'] as const) {
  test(`beside ${other} the default directory is left out while it is missing`, async (context) => {
    const { feed, lines } = await missingDirectory(context, { isNamed: false, others: [other] });
    feed.start();
    await feed.hasSpoken();
    assert.deepEqual([feed.isInUse, feed.failure], [false, null]);
    assert.deepEqual(
      lines.map(({ level, msg }) => [level, msg]),
      [['info', 'the source is not in use until it is there']],
    );
  });
}

const FAILING: readonly (readonly [string, Node])[] = [
  ['named by the operator', { isNamed: true, others: ['consul', 'docker'] }],
  ['the only source', { isNamed: false, others: [] }],
  ['named by a program', { isNamed: null, others: ['consul'] }],
];
for (const [which, node] of FAILING) {
  test(`a missing directory that is ${which} is a source that fails`, async (context) => {
    const { feed, lines } = await missingDirectory(context, node);
    feed.start();
    await feed.hasSpoken();
    assert.equal(feed.isInUse, true);
    assert.match(feed.failure ?? '', /this directory does not exist; create it/);
    assert.deepEqual(
      lines.map(({ level, msg }) => [level, msg]),
      [['error', 'reading the source failed']],
    );
  });
}

test('a missing directory whose apps are the last good state fails, and they stay', async (context) => {
  const { feed } = await missingDirectory(context, { isNamed: false, others: ['consul'] });
  feed.restore([appOf('shop', 21_000)]);
  const failed = new Promise<void>((resolve) => feed.onChange(() => resolve()));
  feed.start();
  await failed;
  assert.match(feed.failure ?? '', /this directory does not exist/);
  assert.deepEqual([feed.isInUse, feed.isStale, feed.reading?.apps.length], [true, true, 1]);
});
