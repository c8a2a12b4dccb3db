import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandsOf } from '../../../src/admin/haproxy/command-line.js';
import { FakeClock } from '../../support/fake-clock.js';
import { answersTo, StatsNodeDouble } from './stats-node-double.js';
import { appView, instanceAt, proxyView, serverView } from './views.js';

for (const [line, commands] of [
  ['show stat', [['show', 'stat']]],
  ['  show \t stat \r', [['show', 'stat']]],
  ['a;b c ;d', [['a'], ['b', 'c'], ['d']]],
  ['a;', [['a'], []]],
  ['', [[]]],
  ['a\\;b\\ c', [['a;b c']]],
  ['a\\', [['a\\']]],
] as const) {
  test(`"${line.replaceAll('\t', '\\t').replaceAll('\r', '\\r')}" is ${commands.length} commands`, () => {
    assert.deepEqual(commandsOf(line), commands);
  });
}

test('help lists the verbs as HAProxy does, or those that begin so', async () => {
  const lines = (await answersTo('help show')).split('\n');
  assert.equal(lines[0], 'The following commands are valid at this level:');
  assert.ok(lines.includes('  show stat [desc|json|no-maint|typed|up]*: report counters for each proxy and server'));
  assert.ok(
    lines.includes(
      '  show servers state [<backend>]          : dump volatile server information (all or for a single backend)',
    ),
  );
  assert.ok(!lines.some((line) => line.startsWith('  get weight')));
  assert.deepEqual(lines.slice(-2), ['', ''], 'an empty line ends the answer');
  assert.match(await answersTo('help'), /\n {2}get weight <bk>\/<srv> {19}: report a server's current weight\n/);
});

test('a slip is answered with what was meant', async () => {
  const lines = (await answersTo('show stta')).split('\n');
  assert.equal(lines[0], "Unknown command: 'show', but maybe one of the following ones is a better match:");
  assert.match(await answersTo('sohw stat'), /^Unknown command: 'sohw'.*\n {2}show stat /);
  assert.match(await answersTo('\u001b[31m'), /^Unknown command: '\\u001b\[31m'/);
});

test('states are decided about the instance of a server, and neighbors are refused', async () => {
  const node = new StatsNodeDouble();
  assert.equal(await answersTo('set server shop/shop_172.17.0.2 state drain', node), '\n');
  assert.equal(await answersTo('disable server #21034/#1', node), '\n');
  assert.equal(await answersTo('set server shop/172.17.0.3:8081 state ready', node), '\n');
  assert.equal(await answersTo('set server shop/shop_172.17.0.3 state disable', node), '\n');
  assert.equal(await answersTo('enable server shop/shop_172.17.0.3:8081', node), '\n');
  assert.deepEqual(node.decided, [
    'shop/172.17.0.2:8080 drain by ann',
    'shop/172.17.0.2:8080 maint by ann',
    'shop/172.17.0.3:8081 ready by ann',
    'shop/172.17.0.3:8081 maint by ann',
    'shop/172.17.0.3:8081 ready by ann',
  ]);
  const neighbor = await answersTo('set server shop_backup/shop_backup0 state drain', node);
  assert.equal(neighbor, 'A neighbor is another node: change its servers there.\n\n');
  assert.equal(node.decided.length, 5);
});

test('enable server ends maintenance alone: what is drained stays so', async () => {
  const node = new StatsNodeDouble();
  node.view = proxyView([appView([serverView(instanceAt('172.17.0.2', 8_080, { state: 'drain' }))])]);
  assert.equal(await answersTo('enable server shop/shop_172.17.0.2', node), '\n');
  assert.deepEqual(node.decided, []);
});

test('a decision that is not on the disk is said', async () => {
  const node = new StatsNodeDouble();
  node.outcome = { ok: true, saved: false, reason: 'the disk is full' };
  const said = await answersTo('set server shop/shop_172.17.0.2 state drain', node);
  assert.equal(said, 'In force, and not saved: the disk is full.\n\n');
});

test('show stat takes a proxy, kinds of rows and a server, and leaves out what is not up or in maintenance', async () => {
  const names = async (line: string): Promise<readonly string[]> =>
    (await answersTo(line))
      .split('\n')
      .slice(1, -2)
      .map((row) => row.split(',').slice(0, 2).join(' '));
  const all = ['shop FRONTEND', 'shop shop_172.17.0.2', 'shop shop_172.17.0.3:8081', 'shop BACKEND'];
  const backup = ['shop_backup shop_backup0', 'shop_backup BACKEND'];
  assert.deepEqual(await names('show stat'), [...all, ...backup]);
  assert.deepEqual(await names('show stat -1 4 -1'), [...all.slice(1, 3), 'shop_backup shop_backup0']);
  assert.deepEqual(await names('show stat shop 4 2'), ['shop shop_172.17.0.3:8081']);
  assert.deepEqual(await names('show stat 21035 2 -1'), ['shop_backup BACKEND']);
  assert.deepEqual(await names('show stat no-maint'), [...all.filter((name) => !name.includes('8081')), ...backup]);
  assert.deepEqual(await names('show stat up'), [...all.filter((name) => !name.includes('8081')), ...backup]);
  assert.equal(await answersTo('show stat nope 4 -1'), 'No such proxy.\n\n');
});

test('wait ends with its time, or when nothing is under way at a server in maintenance', async () => {
  const clock = new FakeClock();
  const node = new StatsNodeDouble();
  const waiting = answersTo('wait 2s', node, { clock });
  await clock.advance(2_000);
  assert.equal(await waiting, 'Done.\n\n');
  assert.equal(await answersTo('wait 1s srv-removable shop/shop_172.17.0.3:8081', node, { clock }), 'Done.\n\n');
  const counters = node.view.apps[0]?.counters.instances['172.17.0.3:8081'] ?? assert.fail('counters');
  counters.inFlight = 1;
  const late = answersTo('wait 1s srv-removable shop/shop_172.17.0.3:8081', node, { clock });
  await clock.advance(1_100);
  assert.equal(await late, 'Failed.\n\n');
  const idle = answersTo('wait 1h srv-removable shop/shop_172.17.0.3:8081', node, { clock });
  counters.inFlight = 0;
  await clock.advance(200);
  assert.equal(await idle, 'Done.\n\n');
});

test('a client that went away is not waited for', async () => {
  const end = new AbortController();
  const waiting = answersTo('wait 1h', new StatsNodeDouble(), { end: end.signal });
  end.abort();
  assert.equal(await waiting, 'Done.\n\n');
});

test('show info has the version of the verbs in front, as tools read it', async () => {
  const said = await answersTo('show info');
  assert.match(said, /^Name: autoproxy\nVersion: 3\.2\.0-autoproxy-0\.1\.0\n/);
  assert.match(said, /\nUptime: 1d 2h03m04s\nUptime_sec: 93784\n/);
  assert.match(await answersTo('show info typed'), /^0\.Name\.1:POS:str:autoproxy\n/);
  const facts = JSON.parse(await answersTo('show info json')) as { readonly field: { readonly name: string } }[];
  assert.deepEqual(facts.map(({ field }) => field.name).slice(0, 2), ['Name', 'Version']);
});

test('the maxima are set back, and counters never', async () => {
  const node = new StatsNodeDouble();
  assert.equal(await answersTo('clear counters', node), '\n');
  assert.equal(
    await answersTo('clear counters all', node),
    "Counters of a node only grow, since /metrics has the same ones: 'clear counters' sets the maxima back.\n\n",
  );
  assert.deepEqual(node.decided, ['maxima cleared']);
});

test('how long the connection may be silent is set in whole seconds', async () => {
  const asked: number[] = [];
  const setIdleTimeout = (idleMs: number): void => void asked.push(idleMs);
  for (const time of ['60', '2m', '500ms', '999999999d'])
    assert.equal(await answersTo(`set timeout cli ${time}`, new StatsNodeDouble(), { setIdleTimeout }), '\n');
  assert.deepEqual(asked, [60_000, 120_000, 1_000, 2_147_483_647]);
});
