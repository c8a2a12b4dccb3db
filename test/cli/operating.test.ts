/** What an operator asks a running node: instances, figures, options, events, and what is wrong with it. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import type { ConfigDocument } from '../../src/admin/config-document.js';
import type { EventsDocument, NodeEvent } from '../../src/admin/events-document.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { eventually } from '../support/eventually.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { CLI_ENTRY } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';

async function ask(node: RunningNode, ...words: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCliHere([...words, '--admin', node.admin]);
  assert.deepEqual([exitCode, stderr], [0, ''], words.join(' '));
  return stdout;
}

async function readJson<T>(node: RunningNode, ...words: string[]): Promise<T> {
  return JSON.parse(await ask(node, ...words, '--json')) as T;
}

test('instances, counters, rates and options of a node that serves', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }), {
    '--drain-timeout': '3s',
  });
  for (let count = 0; count < 5; count += 1) await (await fetch(`http://${node.host}:${node.slot}/`)).text();

  const rows = await readJson<{ instances: readonly Record<string, unknown>[] }>(node, 'ps');
  assert.deepEqual(Object.keys(rows.instances[0] ?? {}), [
    ...['app', 'slot', 'protocol', 'instance', 'container', 'state', 'decidedBy', 'health', 'weight', 'takesTraffic'],
    ...['why', 'requests', 'inFlight', 'lastCheck'],
  ]);
  assert.match(await ask(node, 'ps', 'shop'), new RegExp(`^shop +${node.slot} +${instance.id} +- +ready +up +5 `, 'm'));

  const stats = await readJson<{ apps: readonly Record<string, unknown>[] }>(node, 'stats');
  assert.deepEqual(
    [stats.apps[0]?.requests, stats.apps[0]?.responses],
    [5, ['1xx', '2xx', '3xx', '4xx', '5xx'].map((status) => ({ status, count: status === '2xx' ? 5 : 0 }))],
  );
  assert.match(await ask(node, 'stats'), /^APP +CLIENTS +CONNECTIONS +REQUESTS/);
  assert.match(await ask(node, 'top'), /^shop +1\/1 +0 +0 /m);

  const { options } = await readJson<ConfigDocument>(node, 'config', '--changed');
  assert.deepEqual(
    options.find(({ name }) => name === 'drain-timeout'),
    {
      ...{ name: 'drain-timeout', value: '3s', origin: 'flag', place: '--drain-timeout', isSecret: false },
    },
  );
  assert.match(await ask(node, 'config', 'lame_duck'), /^lame-duck +0s +--lame-duck$/m);
  const unknown = await runCliHere(['config', 'lame-dog', '--admin', node.admin]);
  assert.deepEqual([unknown.exitCode, unknown.stderr.split('\n')[0]], [1, 'autoproxy: unknown option lame-dog']);
});

test('ps says why an instance is out, and shows weights where one is not the default', async (context) => {
  const [drained, resting, none] = [
    await HttpInstance.start(context),
    await HttpInstance.start(context),
    await HttpInstance.start(context),
  ];
  const closed = `${ownAddress()}:9`;
  const list = [drained.id, resting.id, closed].map((id) => `"${id}"`).concat(`{address: "${none.id}", weight: 0}`);
  const node = await startNode(context, (_host, slot) => ({
    'shop.yml': `shop: {protocol: http, translated_port: ${slot}, instances: [${list.join(', ')}]}\n`,
  }));
  await ask(node, 'drain', `shop/${drained.id}`, '--by', 'ann');
  await ask(node, 'maint', `shop/${resting.id}`, '--by', 'bob');
  const whyOf = async (): Promise<readonly (string | null)[]> => {
    const { instances } = await readJson<{ instances: readonly { readonly why: string | null }[] }>(node, 'ps');
    return instances.map(({ why }) => why);
  };
  await eventually('all is known', async () => (await whyOf()).every((why) => why !== null));
  const whys = await whyOf();
  assert.match(whys[0] ?? '', /^drained by ann/);
  assert.match(whys[1] ?? '', /^in maintenance by bob$/);
  assert.match(whys[2] ?? '', /^down: .*refused/);
  assert.equal(whys[3], 'weight 0 by its source');
  const table = await ask(node, 'ps');
  assert.match(table, /^APP +SLOT +INSTANCE +CONTAINER +STATE +HEALTH +WEIGHT +WHY OUT +REQUESTS /);
  assert.match(table, new RegExp(`^shop +${node.slot} +${none.id} +- +ready +up +0 +weight 0 by its source +0 `, 'm'));
});

test('events are from before a restart too, and a reader that follows goes on over it', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }));
  const reader = spawn(process.execPath, [CLI_ENTRY, 'events', '--follow', '--json', '--admin', node.admin], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  atEnd(context, () => void reader.kill('SIGKILL'));
  const followed: NodeEvent[] = [];
  createInterface({ input: reader.stdout }).on('line', (line) => followed.push(JSON.parse(line) as NodeEvent));
  const hasCome = (kind: string, count = 1): Promise<void> =>
    eventually(`${count} × ${kind} has come`, () => followed.filter((event) => event.kind === kind).length >= count);
  await hasCome('appeared');
  await ask(node, 'drain', 'shop', '--by', 'ann');
  await hasCome('decision');
  await node.stop();
  const again = await node.again();
  await hasCome('start', 2);
  const { events, startedAt } = await readJson<EventsDocument>(again, 'events');
  const kinds = events.filter(({ app }) => app === 'shop').map(({ kind }) => kind);
  assert.deepEqual(kinds.slice(0, 3), ['appeared', 'up', 'decision']);
  assert.ok(!kinds.slice(3).includes('appeared'), kinds.join());
  const drain = events.find(({ kind }) => kind === 'decision');
  assert.deepEqual([drain?.by, drain?.before, drain?.after], ['ann', 'ready', 'drain']);
  assert.ok(Date.parse(drain?.at ?? '') < Date.parse(startedAt));
  assert.deepEqual(new Set(followed.map(({ id }) => id)).size, followed.length);
  const why = await ask(again, 'why', 'shop');
  assert.match(
    why,
    / decision +drain of all instances, by ann\n(.*\n)*.* stop +the node stops.*\n.* start +the node starts/,
  );
  assert.match(await ask(again, 'events', 'shop', '--since', '1h', '--limit', '2'), /^WHEN +APP +EVENT\n.*\n.*\n$/);
  const ended = new Promise((resolve) => reader.once('exit', resolve));
  reader.kill('SIGINT');
  assert.equal(await ended, 0);
});

test('events of an app that the node neither has nor remembers are a failure', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({
    'shop.yml': appText('shop', slot, [instance.id]),
    'till.yml': 'till: {protocol: http, translated_port: none}\n',
  }));
  const eventsOf = (...words: readonly string[]) => runCliHere(['events', ...words, '--admin', node.admin]);
  for (const words of [['nope'], ['nope', '--json'], ['nope', '--follow'], ['nope', '--since', '1h']]) {
    const { exitCode, stdout, stderr } = await eventsOf(...words);
    assert.deepEqual([exitCode, stdout], [1, ''], words.join(' '));
    assert.match(stderr, /this node has no app nope\n.*it has: shop/);
  }
  const future = await eventsOf('shop', '--since', '2999-01-01T00:00:00Z');
  assert.deepEqual([future.exitCode, future.stdout], [0, 'Nothing happened to shop that this node remembers.\n']);
  const refused = await eventsOf('till');
  assert.equal(refused.exitCode, 0, 'it is not served, and has a history');
  assert.equal((await eventsOf('till', '--since', '2999-01-01T00:00:00Z')).exitCode, 0);
});

test('a wrong time is a wrong command line', async () => {
  const { exitCode, stderr } = await runCliHere(['events', '--since', 'yesterday']);
  assert.equal(exitCode, 64);
  assert.match(stderr, /write 10m, 02:13 or 2026-01-02T03:04:05Z/);
});
