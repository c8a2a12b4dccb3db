/**
 * Each option does what it is for: real nodes are started with several values, and what differs is seen from outside. An
 * option without a row does not compile. What a value may be, and which of several places counts, is tested in load.test.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { OPTIONS } from '../../src/config/options.js';
import { BLEED_MARK_NAME } from '../../src/http1/fields.js';
import { ownAddress } from '../support/addresses.js';
import { eventually, settledFigure } from '../support/eventually.js';
import { isListening } from '../support/machine/processes.js';
import type { RunningNode } from '../support/node/node-process.js';
import { RawConnection } from '../support/traffic/raw-connection.js';
import { GET, type NodeName, type Scene, startScenes } from './option-nodes.js';
import type { Recorder } from './recorder.js';

const PROXY_LINE = 'PROXY TCP4 198.51.100.7 192.0.2.1 40000 80\r\n';
/** What is not there by then does not come; what comes takes a tenth of it where the machine has room. */
const ABSENT_MS = 3_000;

interface Row {
  readonly look: (scene: Scene) => Promise<unknown>;
  /** What is seen at each node that is looked at. */
  readonly seen: Readonly<Partial<Record<NodeName, unknown>>>;
}

function row(look: Row['look'], seen: Row['seen']): Row {
  return { look, seen };
}

/** What came to the neighbor for this app, which has no instance. */
async function bledBy({ neighbor, ask, slots }: Scene, app: string, text = GET): Promise<RawConnection> {
  const there = neighbor.find(({ port }) => port === slots[app]) ?? assert.fail(app);
  const before = there.connections.length;
  assert.equal((await ask(app, text)).status, 200);
  return there.connections[before] ?? there.connections.at(-1) ?? assert.fail('nothing was bled');
}

async function statusOf(scene: Scene, app: string, text = GET): Promise<number | 'closed'> {
  return scene.ask(app, text).then(
    ({ status }) => status,
    () => 'closed',
  );
}

/** The instance answers with the head that it got. */
async function fieldAt({ ask }: Scene, name: string, fields = ''): Promise<string | null> {
  const { body } = await ask('shop', `GET / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
  return body.split('\r\n').find((line) => line.toLowerCase().startsWith(`${name}:`)) ?? null;
}

/** How many of eight clients are answered at one time. */
async function servedOfEight({ node, slots }: Scene): Promise<number> {
  const clients = await Promise.all(Array.from({ length: 8 }, () => RawConnection.open(slots.shop ?? 0, node.host)));
  for (const client of clients) client.write(GET);
  const answered = (): number => clients.filter(({ text }) => text.startsWith('HTTP/1.1 200')).length;
  await eventually('some are answered', () => answered() >= 3);
  const count = await settledFigure(answered);
  for (const client of clients) client.close();
  return count;
}

/** @returns what the access log says of a request that names its agent; null: it has no log */
async function loggedLine({ node, ask }: Scene): Promise<string | null> {
  const file = path.join(node.place.root, 'access.log');
  await ask('shop', 'GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: probe\r\n\r\n');
  const find = (): string | null =>
    !existsSync(file)
      ? null
      : (readFileSync(file, 'utf8')
          .split('\n')
          .find((line) => line.includes('probe')) ?? null);
  await eventually('it is written', () => find() !== null, ABSENT_MS).catch(() => {});
  return find();
}

async function hasLostApps({ node }: Scene): Promise<boolean> {
  await node.write('more.yml', '{}\n');
  const has = ({ apps }: { readonly apps: readonly { readonly name: string }[] }) =>
    apps.some(({ name }) => name === 'x1');
  const state = await node.untilState((now) => !has(now) || now.problems.length > 0);
  return !has(state);
}

/** @returns of the first request that is recorded */
async function asked(recorder: Recorder, isWanted: (url: string) => boolean = () => true) {
  const find = () => recorder.requests.find(({ url }) => isWanted(url));
  await eventually('it is asked', () => find() !== undefined);
  return find() ?? assert.fail();
}

/** Who asks over TLS, or why nobody does. */
async function clientOf(recorder: Recorder): Promise<string | null> {
  await eventually('it is asked, or refused', () => recorder.requests.length > 0 || recorder.failures > 0);
  return recorder.requests[0]?.client ?? (recorder.failures > 0 ? 'refused' : null);
}

interface Stopped {
  /** New clients are served meanwhile. */
  readonly isServing: boolean;
  readonly exitCode: number | null;
}

const stopped = new WeakMap<Scene, Stopped>();

/** Stops it while a request is under way that is answered a second later. */
async function stop(scene: Scene): Promise<Stopped> {
  const { node, slots, slow } = scene;
  const known = stopped.get(scene);
  if (known !== undefined) return known;
  const client = await RawConnection.open(slots.slow ?? 0, node.host);
  const arrived = slow.slowRequest();
  client.write(GET.replace('/', '/slow'));
  await arrived;
  node.signal('SIGTERM');
  const isClosed = async (): Promise<boolean> => !(await isListening(node.host, slots.shop ?? 0));
  await eventually('it closes', isClosed, ABSENT_MS).catch(() => {});
  const isServing = (await statusOf(scene, 'shop')) === 200;
  slow.answerSlow();
  if (isServing) node.signal('SIGQUIT');
  const exitCode = await node.exited;
  client.close();
  stopped.set(scene, { isServing, exitCode });
  return { isServing, exitCode };
}

async function servesWithoutPrimary(scene: Scene): Promise<boolean> {
  await scene.node.stop('SIGKILL');
  const port = scene.slots.shop ?? 0;
  // One that has no grace has ended by then.
  await eventually(
    'all is settled',
    async () => (await statusOf(scene, 'shop')) === 200 || !(await isListening(scene.node.host, port)),
  );
  await settledFigure(() => 0);
  const isServed = (await statusOf(scene, 'shop')) === 200;
  await scene.node.end();
  return isServed;
}

function statsOf(node: RunningNode, look: (stats: Stats) => number): number {
  const name = readdirSync(node.place.root).find((one) => one.endsWith('.sock')) ?? assert.fail('no socket');
  return look(statSync(path.join(node.place.root, name)));
}

function adminSocketOf({ place, stateDir }: RunningNode): Stats {
  const named = path.join(place.root, 'admin.socket');
  return statSync(existsSync(named) ? named : path.join(stateDir, 'admin.sock'));
}

const ROWS: { readonly [Key in keyof typeof OPTIONS]: Row } = {
  servicesDir: row(async ({ node }) => (await node.state()).apps.some(({ name }) => name === 'shop'), {
    one: true,
    two: true,
  }),
  bind: row(async (scene) => [await statusOf(scene, 'shop'), await isListening(ownAddress(), scene.slots.shop ?? 0)], {
    one: [200, false],
    two: [200, false],
  }),
  workers: row(async ({ node }) => (await node.state()).workers.length, { one: 1, two: 2 }),
  maxConnections: row(servedOfEight, { one: 8, two: 4 }),
  admin: row(async ({ node }) => (await node.state()).status, { one: 'ready', two: 'ready' }),
  adminTokenFile: row(async ({ node }) => (await fetch(`http://${node.admin}/config`)).status, {
    tokened: 401,
    one: 200,
  }),
  adminSocket: row(
    async ({ node }) =>
      [path.join(node.place.root, 'admin.socket'), path.join(node.stateDir, 'admin.sock')].map(existsSync),
    { tokened: [true, false], one: [false, true], two: [false, false] },
  ),
  adminSocketMode: row(async ({ node }) => adminSocketOf(node).mode & 0o777, { tokened: 0o600, one: 0o660 }),
  adminSocketOwner: row(async ({ node }) => adminSocketOf(node).gid, {
    tokened: process.getuid?.() === 0 ? 1 : process.getgid?.(),
    one: process.getgid?.(),
  }),
  statsSocket: row(async ({ node }) => readdirSync(node.place.root).filter((name) => name.endsWith('.sock')), {
    one: ['stats.sock'],
    two: ['other.sock'],
    cut: [],
  }),
  statsSocketMode: row(async ({ node }) => statsOf(node, ({ mode }) => mode & 0o777), { one: 0o660, two: 0o600 }),
  statsSocketOwner: row(async ({ node }) => statsOf(node, ({ gid }) => gid), {
    one: process.getuid?.() === 0 ? 1 : process.getgid?.(),
    two: process.getgid?.(),
  }),
  stateDir: row(async ({ node }) => readdirSync(node.stateDir).length > 0, { one: true, two: true }),
  node: row(async ({ node }) => (await node.state()).node, { one: 'node-one', two: 'node-two' }),
  pod: row(async ({ node }) => (await node.state()).pod, { one: 'alpha', two: 'beta', killed: null }),
  neighbors: row(
    async ({ node, neighbor }) => (await node.state()).neighbors.map(({ address }) => address === neighbor[0]?.host),
    { one: [true], two: [true], killed: [] },
  ),
  backups: row(
    async ({ node }) => {
      await eventually('it is resolved', async () => (await node.state()).neighbors.length > 0, ABSENT_MS).catch(
        () => {},
      );
      return (await node.state()).neighbors.some(({ address }) => address === '127.0.0.1');
    },
    { asking: true, alsoAsking: false },
  ),
  ip: row(async (scene) => (await bledBy(scene, 'away')).socket.remoteAddress === scene.ip, { one: true, two: false }),
  podKeyFile: row(
    async (scene) => {
      const { text } = await bledBy(scene, 'away');
      return new RegExp(`${BLEED_MARK_NAME}: ([^\\r]*)`, 'i').exec(text)?.[1]?.split(';').length;
    },
    { one: 3, two: 1 },
  ),
  consul: row(async ({ consul }) => (await asked(consul)).url.startsWith('/v1/'), { asking: true, alsoAsking: true }),
  consulSsl: row(async ({ consul }) => (await clientOf(consul)) !== 'refused', { first: true, asking: true }),
  consulNode: row(
    async ({ consul }) => (await asked(consul, (url) => /agent-/.test(url))).url.match(/agent-\w+/)?.[0],
    {
      asking: 'agent-a',
      alsoAsking: 'agent-b',
    },
  ),
  consulToken: row(async ({ consul }) => (await asked(consul)).fields['x-consul-token'], {
    asking: 'secret-a',
    first: undefined,
  }),
  consulTokenFile: row(async ({ consul }) => (await asked(consul)).fields['x-consul-token'], {
    asking: 'secret-a',
    alsoAsking: 'secret-of-file',
  }),
  consulCaFile: row(async ({ consul }) => clientOf(consul), { first: 'client-1', second: 'refused' }),
  consulCertFile: row(async ({ consul }) => clientOf(consul), { first: 'client-1', asking: null }),
  consulKeyFile: row(async ({ consul }) => clientOf(consul), { first: 'client-1', asking: null }),
  consulNamespace: row(async ({ consul }) => (await asked(consul)).fields['x-consul-namespace'], {
    asking: 'team-a',
    alsoAsking: undefined,
  }),
  consulDatacenter: row(async ({ consul }) => new URLSearchParams((await asked(consul)).url.split('?')[1]).get('dc'), {
    asking: 'dc7',
    alsoAsking: null,
  }),
  docker: row(async ({ docker }) => (await asked(docker)).url.endsWith('/_ping'), { asking: true, alsoAsking: true }),
  dockerTlsVerify: row(({ docker }) => clientOf(docker), { first: 'client-1', second: 'client-2' }),
  dockerCertPath: row(({ docker }) => clientOf(docker), { first: 'client-1', second: 'client-2' }),
  // The engine has told of no container yet, so nothing is registered; that something is, is tested in e2e/register.
  register: row(async ({ node }) => (await node.state()).registrar?.registered, { asking: 0, alsoAsking: undefined }),
  internalNetworks: row((scene) => statusOf(scene, 'inner'), { one: 200, two: 403 }),
  acceptProxy: row((scene) => statusOf(scene, 'open'), { one: 200, two: 'closed' }),
  trustedProxies: row((scene) => fieldAt(scene, 'x-forwarded-proto', 'X-Forwarded-Proto: https\r\n'), {
    one: 'X-Forwarded-Proto: https',
    two: 'X-Forwarded-Proto: http',
  }),
  sendProxy: row(async (scene) => (await bledBy(scene, 'proxied', PROXY_LINE + GET)).text.slice(0, 5), {
    one: 'PROXY',
    two: '\r\n\r\n\0',
  }),
  via: row((scene) => fieldAt(scene, 'via'), { one: 'Via: 1.1 autoproxy', two: null }),
  accessLog: row(
    async (scene) => {
      const file = path.join(scene.node.place.root, 'access.log');
      await scene.ask('shop');
      await eventually('it is written', () => existsSync(file), ABSENT_MS).catch(() => {});
      return existsSync(file);
    },
    { one: true, two: false },
  ),
  accessLogFormat: row(async (scene) => (await loggedLine(scene))?.split('|').at(-1), { one: '200>', two: undefined }),
  accessLogCapture: row(async (scene) => (await loggedLine(scene))?.split('|')[0], { one: '<{probe}', two: undefined }),
  accessLogCaptureResponse: row(async (scene) => /{\d+}/.test((await loggedLine(scene)) ?? ''), {
    one: true,
    two: false,
  }),
  maxHeadBytes: row((scene) => statusOf(scene, 'shop', GET.replace('a\r\n', `a\r\nX: ${'x'.repeat(1_500)}\r\n`)), {
    one: 200,
    two: 431,
  }),
  maxFields: row((scene) => statusOf(scene, 'shop', GET.replace('a\r\n', `a\r\n${'X: x\r\n'.repeat(12)}`)), {
    one: 431,
    two: 200,
  }),
  logFormat: row(async ({ node }) => node.linesOf('ready').length > 0, { killed: true, orphaned: false }),
  logLevel: row(async ({ node }) => node.linesOf('ready').length > 0, { killed: true, cut: false }),
  maxRemovalShare: row(hasLostApps, { one: true, two: false }),
  // From here on the nodes end.
  lameDuckMs: row(async (scene) => (await stop(scene)).isServing, { one: false, two: true }),
  drainTimeoutMs: row(async (scene) => (await stop(scene)).exitCode, { one: 0, cut: 3 }),
  orphanGraceMs: row(servesWithoutPrimary, { killed: true, orphaned: false }),
};

/** Looks at several nodes go on at the same time, those at one node follow each other as their rows do. */
class Turns {
  readonly #last = new Map<NodeName, Promise<unknown>>();

  next(name: NodeName, look: () => Promise<unknown>): Promise<unknown> {
    const found = (this.#last.get(name) ?? Promise.resolve()).then(look);
    this.#last.set(
      name,
      found.catch(() => {}),
    );
    return found;
  }
}

test('options of a node', { concurrency: true }, async (context) => {
  const scenes = await startScenes(context);
  const turns = new Turns();
  const lookAt = async ({ look }: Row, name: NodeName): Promise<readonly [NodeName, unknown]> => {
    return [name, await turns.next(name, () => look(scenes.get(name) ?? assert.fail(name)))];
  };
  const rows = Object.entries(ROWS).map(([option, row]) =>
    context.test(option, async () => {
      const found = await Promise.all((Object.keys(row.seen) as NodeName[]).map((name) => lookAt(row, name)));
      assert.deepEqual(Object.fromEntries(found), row.seen);
    }),
  );
  await Promise.all(rows);
});
