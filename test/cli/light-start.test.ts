/**
 * What a start loads is most of what it costs: a module takes about half a millisecond, yaml 20, undici 70. A health check
 * starts the program each few seconds, a pipeline a hundred times a day, a roll once a worker. So each program loads what
 * it needs, and this table says what that is: who needs more writes it here, and looks at `npm run bench:start`.
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../support/at-end.js';
import { type LoadedModules, readLoaded, recordingIn } from '../support/node/loaded-modules.js';
import { startNode } from '../support/node/node-process.js';
import { runCli } from '../support/node/run-cli.js';

const SHOP = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21034\n';
/** A health check: its options, the client of the admin API, and commander. */
const MOST_OF_HEALTHCHECK = 60;

interface Load {
  readonly packages: readonly string[];
  /** Of ours, `src` left out. */
  readonly folders: readonly string[];
}

/** Commands that ask a node; `admin` is its client. */
const ASKING = ['access-log', 'admin', 'cli', 'config', 'core', 'model'];
const COMMANDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['--version', ASKING],
  ['healthcheck', ASKING],
  ['completion apps', ASKING],
  ['completion bash', ASKING],
  ['ps', ASKING],
  ['status', [...ASKING, 'metrics'].sort()],
  ['why shop', ASKING],
]);
/** `.` is the root of each process. */
const WORKER: Load = {
  packages: ['pino'],
  folders: ['.', 'access-log', 'cluster', 'core', 'http1', 'metrics', 'proxy', 'proxy-protocol', 'snapshot'],
};
const PRIMARY: Load = {
  packages: ['commander', 'pino', 'valibot', 'yaml'],
  folders: [
    ...[
      '.',
      'access-log',
      'admin',
      'cli',
      'cluster',
      'config',
      'control',
      'core',
      'documents',
      'health',
      'http1',
      'metrics',
    ],
    ...['model', 'neighbors', 'proxy-protocol', 'report', 'snapshot', 'sources', 'state', 'systemd', 'yaml'],
  ],
};

function loadOf({ packages, files }: LoadedModules): Load {
  const folders = files.map((file) => path.posix.dirname(file.replace(/^src\//, '')).split('/')[0] ?? '');
  return { packages: [...packages].sort(), folders: [...new Set(folders)].sort() };
}

/** Runs one command, which has to end well. */
async function commandLoads(
  context: TestContext,
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<LoadedModules> {
  const folder = temporaryFolder(context, 'loads');
  const { exitCode, stderr } = await runCli(words, { ...env, ...recordingIn(folder) });
  assert.deepEqual([exitCode, stderr], [0, ''], words.join(' '));
  const [loaded, ...others] = readLoaded(folder);
  assert.ok(loaded !== undefined && others.length === 0);
  assert.ok(loaded.files.includes('src/cli/main.js'), 'what is loaded is seen');
  return loaded;
}

test('commands that ask a node load neither YAML nor a client of HTTP of others', async (context) => {
  const { admin } = await startNode(context, (host, slot) => ({
    'shop.yml': `shop: {protocol: HTTP, translated_port: ${slot}, instances: ["${host}:9"]}\n`,
  }));
  for (const [words, folders] of COMMANDS) {
    const loaded = await commandLoads(context, words.split(' '), { AUTOPROXY_ADMIN: admin });
    assert.deepEqual(loadOf(loaded), { packages: ['commander'], folders }, words);
    if (words === 'healthcheck') assert.ok(loaded.count <= MOST_OF_HEALTHCHECK, loaded.files.join('\n'));
  }
});

test('a command loads the parser of YAML where the node has a file of options', async (context) => {
  const file = path.join(temporaryFolder(context, 'options'), 'autoproxy.yml');
  writeFileSync(file, 'node: alpha-1\nadmin-socket: none\n');
  const { packages } = await commandLoads(context, ['completion', 'apps'], { AUTOPROXY_CONFIG: file });
  assert.deepEqual(packages, ['commander', 'yaml']);
});

test('commands over a directory load no client, no schemas and no logger', async (context) => {
  const folder = temporaryFolder(context, 'start');
  const [shop, apps] = [path.join(folder, 'shop.yml'), path.join(folder, 'apps')];
  writeFileSync(shop, SHOP);
  mkdirSync(apps);
  for (const words of [
    ['app', 'put', shop],
    ['app', 'ls'],
    ['app', 'env', 'shop'],
    ['slot', 'ls', '--check'],
    ['app', 'rm', 'shop'],
  ]) {
    const { packages } = await commandLoads(context, [...words, '--registry', apps]);
    assert.deepEqual(packages, ['commander', 'yaml'], words.join(' '));
  }
});

test('a worker loads the data plane, and the primary no part of it', async (context) => {
  const folder = temporaryFolder(context, 'loads');
  const variables = Object.entries(recordingIn(folder)).map((entry) => entry.join('='));
  const node = await startNode(context, () => ({}), {}, ['env', ...variables]);
  assert.equal(await node.stop(), 0);
  const processes = readLoaded(folder);
  const of = (root: string): Load | undefined => processes.filter(({ files }) => files.includes(root)).map(loadOf)[0];
  assert.deepEqual(of('src/worker.js'), WORKER);
  assert.deepEqual(of('src/primary.js'), PRIMARY);
});
