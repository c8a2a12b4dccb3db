/** `autoproxy edge render` as a person runs it. */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { Ending } from '../support/at-end.js';
import { edgeFolder, siteText } from '../support/edge/edge-release.js';
import { runCliHere } from '../support/node/run-cli-here.js';

const SERVERS = 'servers: {template: "{app}.{pod}.svc.example"}';

function definition(name: string, host: string): string {
  return `name: ${name}\npods: [alpha]\nnum_instances: 1\nimage: a:1\nprotocol: http\nedge: {routes: [{host: "${host}"}]}\n`;
}

function prepare(context: Ending): {
  args: string[];
  folder: string;
  apps: string;
  out: string;
} {
  const folder = edgeFolder(context);
  const [apps, out, site] = [path.join(folder, 'apps'), path.join(folder, 'out'), path.join(folder, 'edge.yml')];
  mkdirSync(apps);
  writeFileSync(path.join(apps, 'shop.yml'), definition('shop', 'www.one.example'));
  writeFileSync(site, siteText(folder, SERVERS));
  return { args: ['edge', 'render', '--registry', apps, '--site', site, '--out', out], folder, apps, out };
}

test('a release is written, keys for their owner alone, and again without what is gone', async (context) => {
  const { args, apps, out } = prepare(context);
  writeFileSync(path.join(apps, 'old.yml'), definition('old', 'old.one.example'));
  const first = await runCliHere(args);
  assert.deepEqual([first.exitCode, first.stderr], [0, '']);
  assert.match(first.stdout, /out: release [0-9a-f]{16}, 2 apps\n/);
  assert.deepEqual(readdirSync(path.join(out, 'certs')), ['one.example.pem', 'two.example.pem']);
  assert.equal(statSync(path.join(out, 'certs/one.example.pem')).mode & 0o777, 0o600);
  assert.match(readFileSync(path.join(out, 'haproxy.cfg'), 'utf8'), /^backend be_old$/m);
  writeFileSync(path.join(apps, 'old.yml'), '# gone\n');
  assert.equal((await runCliHere(args)).exitCode, 0);
  assert.deepEqual(readdirSync(path.join(out, 'lists/allow')), ['shop.lst']);
});

test('an app that cannot be served is named on one line, and the others are served', async (context) => {
  const { args, apps, out } = prepare(context);
  writeFileSync(path.join(apps, 'bad.yml'), definition('bad', 'www.three.example'));
  writeFileSync(path.join(apps, 'evil.yml'), definition('evil', 'www.one.example\\nbackend \\u00e9vil'));
  const { exitCode, stdout, stderr } = await runCliHere(args);
  assert.equal(exitCode, 0);
  assert.match(stdout, /1 app, 2 left out/);
  assert.match(stderr, /^.*bad\.yml:\d+:\d+: error: bad.*www\.three\.example.*$/m);
  assert.match(stderr, /^.*evil\.yml:6:\d+: error: evil\.edge\.routes\[0\]\.host.*$/m);
  assert.match(stderr, /^[\n\x20-\x7e]*$/);
  assert.equal(stderr.trimEnd().split('\n').length, 2);
  assert.doesNotMatch(readFileSync(path.join(out, 'haproxy.cfg'), 'utf8'), /be_(evil|bad)/);
  assert.equal((await runCliHere([...args, '--strict'])).exitCode, 2);
  const json = JSON.parse((await runCliHere([...args, '--json'])).stdout);
  assert.deepEqual([json.served, json.refused], [['shop'], ['bad', 'evil']]);
});

test('a site in error is exit 1 with its places; a folder of somebody else is left alone', async (context) => {
  const { args, folder, out } = prepare(context);
  const site = path.join(folder, 'bad.yml');
  writeFileSync(site, 'domains: []\nsevers: {}\n');
  const refused = await runCliHere([...args, '--site', site]);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /bad\.yml:2:1: error: .*did you mean "servers"/);
  assert.throws(() => statSync(out));
  const missing = await runCliHere([...args, '--site', path.join(folder, 'none.yml')]);
  assert.deepEqual([missing.exitCode, /this file does not exist/.test(missing.stderr)], [1, true]);
  const foreign = await runCliHere([...args, '--out', folder]);
  assert.equal(foreign.exitCode, 1);
  assert.match(foreign.stderr, /files that are not a release/);
  assert.equal((await runCliHere([...args, '--haproxy', '1.8'])).exitCode, 64);
});

test('two apps on one slot: the one that the registry has recorded is served, the other is refused, both named', async (context) => {
  const { args, apps } = prepare(context);
  for (const name of ['payroll', 'web'])
    writeFileSync(path.join(apps, `${name}.yml`), `${definition(name, `${name}.one.example`)}slot: 21100\n`);
  mkdirSync(path.join(apps, 'slots'));
  writeFileSync(path.join(apps, 'slots/21100'), 'web\n');
  const { stdout, stderr } = await runCliHere([...args, '--json']);
  const { served, refused } = JSON.parse(stdout);
  assert.deepEqual([served, refused], [['shop', 'web'], ['payroll']]);
  assert.match(
    stderr,
    /payroll\.yml:1:1: error: payroll: its slot 21100 is the slot of web \(.*web\.yml:1\); it is not/,
  );
});
