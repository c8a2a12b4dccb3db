/**
 * What programs read: the keys of each document that a command prints with --json. They are only ever added, so a key that
 * changes its name or goes fails here; one that comes is written down beside its command.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../support/eventually.js';
import { startNode } from '../support/node/node-process.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';

/** By its command, and within it by the place of an object; of a list the first entry stands for all. */
const DOCUMENTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  status: {
    '': 'appliedRevision apps bind clients neighbors node nodes notReady pid pod problems revision sources status uptimeMs version workers',
    workers: 'index pid restarts revision sockets state',
    clients: 'limit limitMs limitReached open',
    sources: 'apps failure name stale staleMs up',
    apps: 'bindError bled bledIn bound clients connections departing errors inFlight instances latency latencyBuckets location name neighbors protocol queued requests responses retries slot source tunnels',
    'apps.instances':
      'container health id inFlight lastCheck life oldestMs override requests state weight weightOverride',
    'apps.instances.lastCheck': 'ageMs detail ok',
    'apps.clients': 'limit limitMs limitReached open',
    'apps.latency': 'p50Ms p99Ms',
  },
  'ps shop': {
    '': 'instances node version',
    instances:
      'app container decidedBy health inFlight instance lastCheck protocol requests slot state takesTraffic weight why',
    'instances.lastCheck': 'ageMs detail ok',
  },
  top: {
    '': 'apps node periodMs version',
    apps: 'bled clients connections errors inFlight instances name p50Ms p99Ms queued requests slot status4xx status5xx tunnels up',
  },
  'stats shop': {
    '': 'apps node periodMs version',
    apps: 'app bled bledIn clients codes connections errors inFlight p50Ms p99Ms queued requests responses retries slot tunnels',
    'apps.responses': 'count status',
  },
  'sessions shop': {
    '': 'missing node sessions unlisted version',
    sessions: 'ageMs app bytesIn bytesOut client id instance isNeighbor protocol retries stage worker',
  },
  'events shop': {
    '': 'at events last more node startedAt version',
    events: 'after app at id kind source text',
  },
  'why shop': {
    '': 'app at definitions events leftOut node offers problems serving status version',
    definitions: 'col held instances line location outcome reports slot source staleMs',
    serving: 'bindError bled bledIn bound check errors healthPort instances neighbors protocol slot traffic',
    'serving.traffic': 'neighbors since to why',
    'serving.check': 'fall intervalMs path rise timeoutMs',
    'serving.instances':
      'container contrary contraryNeeded decision health id lastCheck life since sourceState state takesTraffic weight weightDecision',
    'serving.instances.lastCheck': 'at detail ok',
    events: 'after app at id kind source text',
  },
  config: {
    '': 'file node options version',
    options: 'isSecret name origin place value',
  },
  doctor: {
    '': 'findings node verdict version',
    findings: 'check text todo verdict',
  },
};

/** `''` is the document, `apps.instances` the first instance of the first app. */
function keysOf(part: unknown, place = ''): readonly (readonly [string, string])[] {
  if (Array.isArray(part)) return keysOf(part[0], place);
  if (typeof part !== 'object' || part === null) return [];
  const keys = Object.keys(part).sort().join(' ');
  const inner = Object.entries(part).flatMap(([key, value]) => keysOf(value, place === '' ? key : `${place}.${key}`));
  return keys === '' ? inner : [[place, keys], ...inner];
}

test('the documents of all reading commands have the keys that programs read', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }));
  const answer = fetch(`http://${node.host}:${node.slot}/slow`);
  await eventually('a request is under way', () => instance.slowRequests === 1);
  await eventually('it is checked', async () => (await node.state()).apps[0]?.instances[0]?.lastCheck !== null);
  const found: Record<string, Readonly<Record<string, string>>> = {};
  for (const command of Object.keys(DOCUMENTS)) {
    const { stdout } = await runCliHere([...command.split(' '), '--json', '--admin', node.admin]);
    found[command] = Object.fromEntries(keysOf(JSON.parse(stdout)));
  }
  instance.answerSlow();
  await (await answer).text();
  assert.deepEqual(found, DOCUMENTS);
});

test('a document of one app has that app alone', async (context) => {
  const { admin } = await startNode(context, (_host, slot) => ({
    'shop.yml': appText('shop', slot, ['127.0.93.1:9']),
    'web.yml': appText('web', slot + 2, ['127.0.93.1:9']),
  }));
  const appsOf = async (command: string): Promise<readonly string[]> => {
    const { stdout } = await runCliHere([...command.split(' '), '--json', '--admin', admin]);
    const { apps } = JSON.parse(stdout) as {
      readonly apps: readonly { readonly name?: string; readonly app?: string }[];
    };
    return apps.map(({ name, app }) => name ?? app ?? '').sort();
  };
  for (const command of ['status', 'stats']) {
    assert.deepEqual(await appsOf(command), ['shop', 'web'], command);
    assert.deepEqual(await appsOf(`${command} web`), ['web'], command);
  }
});
