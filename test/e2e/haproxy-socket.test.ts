/**
 * The stats socket of a node beside those of real HAProxy, for the same app: what one answers the other does. Then the
 * dialogues of what people run against it.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { temporaryFolder } from '../support/at-end.js';
import { HAPROXY_ENDS } from '../support/edge/haproxy-versions.js';
import { startStatsHaproxy } from '../support/edge/stats-haproxy.js';
import { eventually } from '../support/eventually.js';
import { readCsvWithPython } from '../support/machine/python-csv.js';
import { type RunningNode, startNode } from '../support/node/node-process.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { askSocket, SocketDialogue } from '../support/traffic/socket-question.js';
import { ask as askHttp } from '../support/traffic/steady-traffic.js';

const run = promisify(execFile);

interface Started {
  readonly node: RunningNode;
  readonly socket: string;
  readonly instances: readonly HttpInstance[];
  ask(line: string): Promise<string>;
}

async function startShop(context: TestContext): Promise<Started> {
  const instances = [await HttpInstance.start(context, 'a'), await HttpInstance.start(context, 'b')];
  const socket = path.join(temporaryFolder(context, 'stats'), 'haproxy.sock');
  const list = instances.map(({ id }) => `{address: "${id}", weight: 10}`).join(', ');
  const node = await startNode(
    context,
    (_host, slot) => ({ 'shop.yml': `shop: {protocol: http, translated_port: ${slot}, instances: [${list}]}\n` }),
    { '--stats-socket': socket },
  );
  return { node, socket, instances, ask: (line) => askSocket(socket, `${line}\n`) };
}

/** SERVER stands for the first server. */
const SAME = [
  ...['get weight', 'get weight shop', 'get weight nope/x', 'get weight shop/x', 'get weight SERVER'],
  ...['set server', 'set server shop', 'set server nope/x state ready', 'set server shop/x state ready'],
  ...['set server SERVER state', 'set server SERVER state nope', 'set server SERVER state drain'],
  ...['set server SERVER state maint', 'get weight SERVER;get weight SERVER', 'set server SERVER state ready'],
  ...['disable server', 'disable server nope/x', 'disable server shop/x', 'disable server SERVER'],
  ...['enable server', 'enable server shop', 'enable server shop/x', 'enable server SERVER'],
  ...['show servers state nope', 'show servers conn nope', 'show stat nope 4 -1', 'show backend', 'quit'],
  ...['enable agent SERVER', 'disable agent SERVER', 'enable health SERVER', 'enable health shop/x'],
  ...['set weight', 'set weight shop', 'set weight SERVER', 'set weight SERVER 300', 'set weight SERVER -1'],
  ...['set weight SERVER -5%', 'set weight SERVER 50%', 'get weight SERVER', 'set weight SERVER 256'],
  ...['get weight SERVER', 'set server SERVER weight 0', 'get weight SERVER', 'set server SERVER weight'],
  ...['set server SERVER weight 100%', 'get weight SERVER', 'set weight nope/x 1', 'set weight shop/x 1'],
  ...['shutdown sessions server', 'shutdown sessions server shop/x', 'shutdown sessions server SERVER'],
  ...['clear counters', 'show table', 'show table x', 'set timeout', 'set timeout x', 'set timeout cli'],
  ...['set timeout cli x', 'set timeout cli 0', 'set timeout cli 500ms', 'set timeout cli 60', 'set timeout cli 2m'],
];
const MAXIMA = [
  ...['smax', 'qmax', 'rate_max', 'req_rate_max', 'conn_rate_max'],
  ...['qtime_max', 'ctime_max', 'rtime_max', 'ttime_max'],
];
const SAME_AS_NEWEST = [
  ...['', ';', 'wait', 'wait x', 'wait 1', 'wait 1 nope', 'wait -h', 'wait 1 srv-removable', 'wait 1 srv-removable x'],
  ...['wait 1 srv-removable shop/x', 'wait 1 srv-removable SERVER', 'set weight SERVER x', 'set weight SERVER 1x'],
];

test('the answers are those of HAProxy', async (context) => {
  const { ask, instances } = await startShop(context);
  const [first] = instances;
  for (const version of HAPROXY_ENDS) {
    const servers = instances.map(({ id }) => ({
      name: `shop_${id}`,
      address: id,
      words: 'weight 10 check inter 1000',
    }));
    const haproxy = await startStatsHaproxy(context, version, [{ name: 'shop', lines: [], servers }]);
    for (const command of version === '3.2' ? [...SAME, ...SAME_AS_NEWEST] : SAME) {
      const line = command.replaceAll('SERVER', `shop/shop_${first?.id}`);
      assert.equal(await ask(line), await haproxy.ask(line), `${version}: ${command}`);
    }
    const namesOf = async (question: Promise<string>): Promise<string[]> =>
      (await question).split('\n').filter((line) => line.startsWith('#') || line === '1');
    for (const line of ['show servers state', 'show servers conn shop']) {
      assert.deepEqual(await namesOf(ask(line)), await namesOf(haproxy.ask(line)), `${version}: ${line}`);
    }
    const stateOf = async (question: Promise<string>): Promise<string[]> => {
      const line = (await question).split('\n').find((one) => one.includes(`shop_${first?.id}`)) ?? '';
      const [, ...fields] = line.split(' ');
      // The time since the last change; HAProxy shows the last check also in maintenance, where a node has none.
      return fields.toSpliced(8, fields[5] === '1' ? 3 : 1);
    };
    for (const state of ['ready', 'drain', 'maint']) {
      for (const one of [ask, haproxy.ask]) await one(`set server shop/shop_${first?.id} state ${state}`);
      await eventually(`both say ${state}`, async () => {
        const [ours, theirs] = [
          await stateOf(ask('show servers state')),
          await stateOf(haproxy.ask('show servers state')),
        ];
        return ours.join() === theirs.join();
      });
    }
    await ask(`set server shop/shop_${first?.id} state ready`);
  }
});

/** What HAProxy alone says: of its memory, its peers and resolvers, its build. */
const OF_HAPROXY = [
  ...['PoolAlloc_MB', 'PoolUsed_MB', 'PoolFailed', 'Jobs', 'Unstoppable Jobs', 'Listeners', 'ActivePeers'],
  ...['ConnectedPeers', 'BusyPolling', 'FailedResolutions', 'BytesOutRate', 'DebugCommandsIssued', 'CumRecvLogs'],
  ...['TotalSplicedBytesOut', 'TotalSplicdedBytesOut', 'Build info', 'Memmax_bytes', 'PoolAlloc_bytes'],
  ...['PoolUsed_bytes', 'Tainted', 'TotalWarnings', 'BootTime_ms', 'Niced_tasks', 'BlockedTrafficWarnings'],
];
/** That 2.6 does not say yet. */
const NEWER = ['MaxconnReached', 'CurrStreams', 'CumStreams'];

for (const version of HAPROXY_ENDS) {
  test(`show info has the names, places and kinds of HAProxy ${version}`, async (context) => {
    const { ask } = await startShop(context);
    const haproxy = await startStatsHaproxy(context, version, [{ name: 'shop', lines: [], servers: [] }]);
    // Place, name, tags and type of each.
    const kindsOf = async (question: Promise<string>): Promise<ReadonlyMap<string, string>> =>
      new Map(
        [...(await question).matchAll(/^(\d+)\.([^.:]+)\.1:(\w+:\w+):/gm)].map(([kind, , name = '']) => [name, kind]),
      );
    const [ours, theirs] = [await kindsOf(ask('show info typed')), await kindsOf(haproxy.ask('show info typed'))];
    const shared = [...ours].filter(([name]) => version === '3.2' || !NEWER.includes(name));
    assert.deepEqual(
      shared,
      [...theirs].filter(([name]) => !OF_HAPROXY.includes(name)),
    );
  });

  test(`clear counters sets back what it does at HAProxy ${version}, and no counter`, async (context) => {
    const { ask, instances, node } = await startShop(context);
    const servers = instances.map(({ id }) => ({
      name: `shop_${id}`,
      address: id,
      words: 'weight 10 check inter 1000',
    }));
    const haproxy = await startStatsHaproxy(context, version, [{ name: 'shop', lines: [], servers }]);
    const maxima = async (question: Promise<string>): Promise<readonly string[]> =>
      readCsvWithPython(await question)
        .filter(({ pxname }) => pxname === 'shop')
        .map((row) => MAXIMA.map((name) => `${row.svname} ${name} ${row[name]}`).join(', '));
    const countersOf = async (question: Promise<string>): Promise<readonly (string | undefined)[]> =>
      readCsvWithPython(await question)
        .filter(({ pxname }) => pxname === 'shop')
        .map(({ stot, req_tot, hrsp_2xx, bin }) => [stot, req_tot, hrsp_2xx, bin].join(' '));
    const isSet = (rows: readonly string[]): boolean => rows.some((row) => / smax [1-9].* rate_max [1-9]/.test(row));
    for (const { host, port, socket } of [
      { host: node.host, port: node.slot, socket: ask },
      { host: haproxy.host, port: haproxy.port, socket: haproxy.ask },
    ]) {
      // What comes before a node has counted for the first time is no rate.
      await eventually('maxima are there', async () => {
        assert.equal((await askHttp(host, port)).status, 200);
        return isSet(await maxima(socket('show stat')));
      });
      await eventually('nothing is under way', async () =>
        readCsvWithPython(await socket('show stat')).every(({ pxname, scur }) => pxname !== 'shop' || scur === '0'),
      );
      const before = await countersOf(socket('show stat'));
      assert.equal(await socket('clear counters'), '\n');
      assert.deepEqual(await countersOf(socket('show stat')), before);
    }
    const theirs = await maxima(haproxy.ask('show stat'));
    // Servers have no queues of their own here.
    assert.deepEqual(
      await maxima(ask('show stat')),
      theirs.map((row) => row.replace(/^(shop_.*) qmax 0/, '$1 qmax ')),
    );
  });
}

/** Verbs that take less here. */
const OWN_HELP = ['  set server ', '  show info '];

test("each line of help is one of HAProxy's", async (context) => {
  const { ask } = await startShop(context);
  const haproxy = await startStatsHaproxy(context, '3.2', [{ name: 'shop', lines: [], servers: [] }]);
  const theirs = new Set((await haproxy.ask('help')).split('\n'));
  const own = (await ask('help')).split('\n').filter((line) => !theirs.has(line));
  assert.deepEqual(
    own.filter((line) => !OWN_HELP.some((start) => line.startsWith(start))),
    [],
  );
});

test('a connection lives as long as set timeout cli says', async (context) => {
  const { socket } = await startShop(context);
  const dialogue = new SocketDialogue(socket);
  dialogue.say('prompt;set timeout cli 1\n');
  await dialogue.until('> ');
  await eventually('it is closed', () => dialogue.socket.closed);
});

test('what drainbackend.sh and readybackend.sh say brings an app into maintenance and back', async (context) => {
  const { socket, node } = await startShop(context);
  const states = async (): Promise<readonly string[]> =>
    (await node.state()).apps.flatMap(({ instances }) => instances.map(({ state }) => state));
  // The scripts look for the socket at /tmp/haproxy.sock; for them /tmp is the folder of this one.
  const script = (state: string): string =>
    [
      'servers() { echo "show servers state $1" | socat stdio /tmp/haproxy.sock | grep " $1 " | awk \'{print $4}\'; }',
      `for name in $(servers shop); do echo "set server shop/$name state ${state}" | socat stdio /tmp/haproxy.sock; done`,
    ].join('\n');
  const inFolder = (state: string): Promise<unknown> => {
    const mount = `mount --bind ${path.dirname(socket)} /tmp && exec sh -c "$0"`;
    return run('unshare', ['-m', 'sh', '-c', mount, script(state)]);
  };
  await inFolder('drain');
  assert.deepEqual(await states(), ['drain', 'drain']);
  await inFolder('disable');
  assert.deepEqual(await states(), ['maint', 'maint']);
  await inFolder('ready');
  assert.deepEqual(await states(), ['ready', 'ready']);
});

test("the dialogue of Ansible's module: the version, the state, a change, and the state until it is as wanted", async (context) => {
  const { ask, instances } = await startShop(context);
  const host = `shop_${instances[0]?.id}`;
  const rows = async () => readCsvWithPython(await ask('show stat'));
  const version = /Version:\s*(\d+)\.(\d+)\./.exec(await ask('show info')) ?? assert.fail('a version');
  assert.ok(Number(version[1]) >= 2);
  const backends = (await rows()).filter(({ svname }) => svname === 'BACKEND').map(({ pxname }) => pxname);
  assert.deepEqual(backends, ['shop']);
  const untilStatus = (status: string): Promise<void> =>
    eventually(`it is ${status}`, async () => {
      const row = (await rows()).find(({ pxname, svname }) => pxname === 'shop' && svname === host);
      return row?.status?.includes(status) === true && row.scur === '0';
    });
  const server = `shop/${host}`;
  await ask(`set server ${server} state drain`);
  await untilStatus('DRAIN');
  assert.equal(
    await ask(
      `get weight ${server}; disable agent ${server}; disable server ${server}; shutdown sessions server ${server}`,
    ),
    '10 (initial 10)\n\n\n\n\n',
  );
  await untilStatus('MAINT');
  assert.equal(
    await ask(`get weight ${server}; enable server ${server}; enable health ${server}; set weight ${server} 40`),
    '10 (initial 10)\n\n\n\n\n',
  );
  await untilStatus('UP');
  assert.equal((await rows()).find(({ svname }) => svname === host)?.weight, '40');
});

test('prompt keeps the connection open, and a connection without it is for one line', async (context) => {
  const { socket, ask } = await startShop(context);
  const dialogue = new SocketDialogue(socket);
  dialogue.say('prompt\n');
  assert.equal(await dialogue.until('> '), '\n> ');
  dialogue.say('get weight nope/x;get weight shop/x\n');
  assert.equal(await dialogue.until('> '), 'No such backend.\n\nNo such server.\n\n> ');
  dialogue.say('\n');
  assert.equal(await dialogue.until('> '), '\n> ');
  const closed = new Promise((resolve) => dialogue.socket.once('close', resolve));
  dialogue.say('quit\n');
  await closed;
  assert.equal(await ask('get weight nope/x\nget weight nope/x'), 'No such backend.\n\n');
});

test('an endless line, readers that take nothing and 1000 idle connections keep no question out', async (context) => {
  const { socket, ask, node } = await startShop(context);
  assert.equal(await ask('x'.repeat(20_000)), 'A line may have 16384 characters.\n\n');
  const idle: SocketDialogue[] = [];
  while (idle.length < 1_000) {
    // The kernel keeps 511 that are not accepted yet, and refuses more: an answer says that those before it are.
    if (idle.length % 100 === 0) await ask('get weight nope/x');
    const one = new SocketDialogue(socket);
    one.socket.on('error', () => {});
    await once(one.socket, 'connect');
    idle.push(one);
  }
  const reader = new SocketDialogue(socket);
  reader.socket.pause();
  reader.say('show stat\n');
  assert.equal(await ask('get weight nope/x'), 'No such backend.\n\n');
  assert.equal((await node.state()).status, 'ready');
  for (const one of [...idle, reader]) one.socket.destroy();
});

test('the socket is for its owner, is gone with the node, and one that a killed node left is replaced', async (context) => {
  const { socket, node } = await startShop(context);
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  await node.stop('SIGKILL');
  assert.ok(existsSync(socket));
  const next = await node.again();
  assert.match(await askSocket(socket, 'show version\n'), /^3\.2\.0-autoproxy-/);
  await next.stop('SIGTERM');
  assert.ok(!existsSync(socket));
});
