/** What operators ask when something is not as they thought: `autoproxy why` at a running node. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import type { WhyDocument } from '../../src/admin/why-document.js';
import { findPlace, type RunningNode, startNode, startNodeAt } from '../support/node/node-process.js';
import type { CliResult } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';
import { appText } from '../support/node/services-directory.js';
import { HttpInstance } from '../support/traffic/http-instance.js';
import { answering, ScriptedInstance } from '../support/traffic/scripted-instance.js';

function askWhy({ admin }: RunningNode, app: string): Promise<CliResult> {
  return runCliHere(['why', app, '--admin', admin]);
}

async function readWhy({ admin }: RunningNode, app: string): Promise<WhyDocument> {
  const { exitCode, stdout, stderr } = await runCliHere(['why', app, '--json', '--admin', admin]);
  assert.deepEqual([exitCode, stderr], [0, '']);
  return JSON.parse(stdout) as WhyDocument;
}

/** The line that begins so, for a message that shows all when it is not there. */
function lineOf({ stdout, stderr }: CliResult, start: RegExp): string {
  const line = stdout.split('\n').find((each) => start.test(each));
  assert.notEqual(line, undefined, `no line is like ${start} in:\n${stdout}${stderr}`);
  return line ?? '';
}

test('an app is shown with the file and line that gave it, its ports, instances and first events', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({
    'two.yml': `# the first line\n${appText('cart', slot + 4)}${appText('shop', slot, [instance.id])}`,
  }));
  const file = path.join(node.servicesDir, 'two.yml');
  const result = await askWhy(node, 'shop');
  assert.deepEqual([result.exitCode, result.stderr], [0, '']);
  const port = node.slot + 1;
  assert.match(result.stdout, new RegExp(`^shop: served on slot ${node.slot}, health port ${port}, http\n`));
  assert.equal(lineOf(result, /^ {2}given by /), `  given by    directory, ${file}:6:1; with 1 instance`);
  assert.match(
    lineOf(result, /^ {2}checks /),
    /a connect each 1s, at most 2s; up after 2 passed, down after 3 failed$/,
  );
  assert.match(lineOf(result, /^ {2}traffic /), /to 1 of 1 instance for \d+s$/);
  assert.match(lineOf(result, new RegExp(`^${instance.id}`)), / 100 +ready +up +\d+s +- +connected, \d+s ago$/);
  assert.match(
    lineOf(result, / appeared /),
    new RegExp(`^20\\S+Z +\\d+s ago +appeared +by directory \\(${file}:6:1\\)`),
  );
});

test('a client that speaks HTTP/2 is named in the log and counted by why, with what it is', async (context) => {
  const instance = await HttpInstance.start(context);
  const node = await startNode(context, (_host, slot) => ({ 'shop.yml': appText('shop', slot, [instance.id]) }));
  const url = `http://${node.host}:${node.slot}/`;
  const { status, stderr } = spawnSync('curl', ['-sS', '--http2-prior-knowledge', url], { encoding: 'utf8' });
  assert.notEqual(status, 0, stderr);
  const line = await node.logged('a client speaks another protocol than the slot');
  assert.match(String(line.remedy), /protocol: tcp/);
  const result = await askWhy(node, 'shop');
  assert.match(lineOf(result, /^ {2}errors /), / 1 × HTTP2_UNEXPECTED: the connection begins with HTTP\/2; /);
});

test('an instance that is down says why and since when, and clients get 503 when nobody is left', async (context) => {
  const [alive, sick] = [
    await HttpInstance.start(context),
    await ScriptedInstance.start(context, answering('HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n')),
  ];
  const sickId = `${sick.host}:${sick.port}`;
  const node = await startNode(context, (_host, slot) => ({
    'shop.yml': `${appText('shop', slot, [alive.id, sickId])}  health: {path: /health, interval: 50ms}\n`,
  }));
  const half = await askWhy(node, 'shop');
  assert.match(lineOf(half, new RegExp(`^${sickId} `)), / ready +down +\d+s +- +status 500, \d+s ago +takes no new/);
  assert.match(lineOf(half, /^ {2}checks /), /GET \/health each 50ms, /);
  assert.match(lineOf(half, /^ {2}traffic /), /to 1 of 2 instances for /);

  alive.stop();
  await node.untilState(({ apps }) => apps[0]?.instances.every(({ health }) => health === 'down') === true);
  const none = await askWhy(node, 'shop');
  assert.equal(none.exitCode, 0, 'it is served: its clients get an answer');
  assert.match(
    lineOf(none, new RegExp(`^${alive.id} `)),
    / ready +down +\d+s +- +connection refused, \d+s ago +takes no/,
  );
  assert.match(
    lineOf(none, /^ {2}traffic /),
    /503 for \d+s: no instance is usable \(2 down\), and this node has no neighbor$/,
  );
  assert.match(
    lineOf(none, /^20.* down +\S+ is down: connection/),
    new RegExp(`${alive.id} is down: connection refused$`),
  );
  assert.match(lineOf(none, /^20.* unserved /), /clients get 503: no instance is usable \(2 down\)/);
  const { serving } = await readWhy(node, 'shop');
  assert.deepEqual(
    serving?.instances.map(({ health, lastCheck, contraryNeeded }) => [health, lastCheck?.detail, contraryNeeded]),
    [
      ['down', 'connection refused', 2],
      ['down', 'status 500', 2],
    ],
  );
});

test('a drained instance says who drained it, and what the source says', async (context) => {
  const [first, second] = [await HttpInstance.start(context), await HttpInstance.start(context)];
  const node = await startNode(context, (_host, slot) => ({
    'shop.yml': appText('shop', slot, [first.id, second.id]),
  }));
  await runCliHere(['drain', `shop/${first.id}`, '--by', 'ann', '--admin', node.admin]);
  const result = await askWhy(node, 'shop');
  assert.match(
    lineOf(result, new RegExp(`^${first.id} `)),
    / drain +up .* drain by ann, \d+s ago; the source says ready; takes no new traffic$/,
  );
  assert.match(lineOf(result, / decision /), new RegExp(`drain of ${first.id}, by ann$`));
  const { serving } = await readWhy(node, 'shop');
  const [drained, other] = serving?.instances ?? [];
  assert.deepEqual(
    [drained?.state, drained?.sourceState, drained?.takesTraffic, drained?.decision?.by, drained?.decision?.wholeApp],
    ['drain', 'ready', false, 'ann', false],
  );
  assert.deepEqual([other?.state, other?.takesTraffic, other?.decision], ['ready', true, null]);

  await runCliHere(['maint', 'shop', '--by', 'bob', '--admin', node.admin]);
  const maint = await askWhy(node, 'shop');
  assert.match(lineOf(maint, new RegExp(`^${second.id} `)), / maint +unchecked .* maint of the whole app by bob, /);
  assert.match(
    lineOf(maint, /^ {2}traffic /),
    /503 for \d+s: no instance is usable \(2 in maintenance\), and this node has no neighbor$/,
  );
});

test('an app whose slot clashes is refused with the place of both, and ends with 1', async (context) => {
  const node = await startNode(context, (_host, slot) => ({
    'a.yml': appText('shop', slot),
    'b.yml': appText('greedy', slot + 1),
  }));
  const result = await askWhy(node, 'greedy');
  assert.deepEqual([result.exitCode, result.stderr], [1, '']);
  assert.match(result.stdout, /^greedy: refused, /);
  const [a, b] = ['a.yml', 'b.yml'].map((name) => path.join(node.servicesDir, name));
  assert.match(lineOf(result, /error: greedy/), new RegExp(`^${b}:1:1: error: .* of shop \\(${a}:1\\).* \\(give it`));
  assert.match(lineOf(result, /^ {2}written in /), new RegExp(`${b}:1:1$`));

  await node.write('b.yml', appText('greedy', node.slot + 4));
  await node.untilState(({ apps }) => apps.length === 2);
  const mended = await askWhy(node, 'greedy');
  assert.equal(mended.exitCode, 0);
  assert.match(lineOf(mended, / mended /), /resolved: .*b\.yml:1:1: error/);
});

test('a broken text is named with line and column, whether its last good version serves on or there was none', async (context) => {
  const node = await startNode(context, (_host, slot) => ({
    'bad.yml': appText('bad', 70_000),
    'shop.yml': appText('shop', slot),
  }));
  const refused = await askWhy(node, 'bad');
  assert.equal(refused.exitCode, 1);
  assert.match(lineOf(refused, /error: bad/), /bad\.yml:3:20: error: .*70000/);

  await node.write('shop.yml', 'shop: {protocol: http');
  await node.untilState(({ problems }) => problems.some(({ file }) => file.endsWith('/shop.yml')));
  const served = await askWhy(node, 'shop');
  assert.equal(served.exitCode, 0);
  assert.match(lineOf(served, /^\/.*shop\.yml/), /shop\.yml:1:\d+: error: .*its last good version \(1 app\) stays/);
  assert.match(lineOf(served, / problem /), /shop\.yml:1:\d+: error: /);

  const unknown = await askWhy(node, 'else');
  assert.match(unknown.stderr, /its definition may be in what failed to load: .*shop\.yml:1:\d+: error/);
  await node.write('other.yml', 'other: [');
  await node.untilState(({ problems }) => problems.some(({ file }) => file.endsWith('/other.yml')));
  const likely = await askWhy(node, 'other');
  assert.equal(likely.exitCode, 1);
  assert.match(likely.stderr, /its definition may be in what failed to load: .*other\.yml:1:\d+: error/);
});

test('an unknown app ends with 1 and names the nearest; one that was removed says how it went', async (context) => {
  const node = await startNode(context, (_host, slot) => ({
    'a.yml': appText('shop', slot),
    'b.yml': appText('cart', slot + 2),
  }));
  const unknown = await askWhy(node, 'shpo');
  assert.deepEqual([unknown.exitCode, unknown.stdout], [1, '']);
  assert.match(unknown.stderr, /this node has no app shpo.*\n {2}→ did you mean shop\?/);
  const other = await askWhy(node, 'zzz');
  assert.match(other.stderr, /it knows: cart, shop$/m);

  await node.write('b.yml', '{}\n');
  await node.untilState(({ apps }) => apps.length === 1);
  const gone = await askWhy(node, 'cart');
  assert.deepEqual([gone.exitCode, gone.stderr], [1, '']);
  assert.match(gone.stdout, /^cart: gone; it is in no source now\n/);
  assert.match(lineOf(gone, / removed /), /no longer served; it came from directory \(.*b\.yml:1:1\)$/);
});

test('a bleed names its neighbors, how they answer and since when', async (context) => {
  const other = await findPlace(context);
  const place = { ...(await findPlace(context)), slot: other.slot };
  const instance = await HttpInstance.start(context);
  for (const { root } of [place, other]) await mkdir(path.join(root, 'services'));
  const neighbor = await startNodeAt(context, other);
  await neighbor.write('shop.yml', appText('shop', other.slot, [instance.id]));
  const node = await startNodeAt(context, place, { '--neighbors': other.host });
  await node.write('shop.yml', appText('shop', other.slot));
  await node.untilState(({ apps }) => apps[0]?.neighbors[0]?.up === true);
  const result = await askWhy(node, 'shop');
  assert.match(lineOf(result, /^ {2}traffic /), new RegExp(`bleeds to ${other.host} for \\d+s: it has no instance`));
  assert.match(lineOf(result, new RegExp(`^${other.host} `)), / up +\d+s +- +status 200, \d+s ago$/);
  assert.match(lineOf(result, / bleed /), new RegExp(`its traffic goes to ${other.host}: it has no instance$`));

  await node.write('shop.yml', appText('shop', other.slot, [instance.id]));
  await node.untilState(({ apps }) => apps[0]?.instances[0]?.health === 'up');
  const ended = await askWhy(node, 'shop');
  assert.match(lineOf(ended, /^ {2}traffic /), /to 1 of 1 instance /);
  assert.match(lineOf(ended, / bleed-ended /), /instances of this node take its traffic again$/);
});
