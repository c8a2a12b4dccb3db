/** `autoproxy edge route` as a person runs it. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { edgeFolder, siteText } from '../support/edge/edge-release.js';
import { runCliHere } from '../support/node/run-cli-here.js';

function definition(name: string, routes: string): string {
  return `name: ${name}\npods: [alpha]\nprotocol: http\nedge:\n  routes:\n${routes}`;
}

function prepare(context: TestContext): (...args: string[]) => ReturnType<typeof runCliHere> {
  const folder = edgeFolder(context);
  const [apps, site] = [path.join(folder, 'apps'), path.join(folder, 'edge.yml')];
  mkdirSync(apps);
  writeFileSync(path.join(apps, 'shop.yml'), definition('shop', '    - {host: www.one.example, path: /checkout}\n'));
  writeFileSync(path.join(apps, 'web.yml'), definition('web', '    - {host: "*.one.example"}\n'));
  writeFileSync(path.join(apps, 'bad.yml'), definition('bad', '    - {host: www.three.example}\n'));
  writeFileSync(site, siteText(folder, 'servers: {template: "{app}.{pod}.svc.example"}'));
  return (...args) => runCliHere(['edge', 'route', ...args, '--registry', apps, '--site', site, '--state-dir', folder]);
}

test('the route that gets a request, the others that match, and where they are written', async (context) => {
  const route = prepare(context);
  const { exitCode, stdout, stderr } = await route('https://WWW.one.example:443/checkout/pay?step=2');
  assert.equal(exitCode, 0);
  const [first, second] = stdout.trimEnd().split('\n');
  assert.match(first ?? '', /^shop: www\.one\.example prefix \/checkout, .*shop\.yml:6:7$/);
  assert.match(second ?? '', /^ {2}also: web: \*\.one\.example prefix \/, .*web\.yml:6:7$/);
  assert.match(stderr, /bad\.yml.*no certificate/);
  assert.match((await route('www.one.example.')).stdout, /^web: /);
});

test('a request that the front door refuses gets to no app, also where an app has the path', async (context) => {
  const route = prepare(context);
  for (const path of [
    '/checkout/../admin',
    '/checkout/%2e%2E',
    '/checkout/.;v',
    '/checkout%2fpay',
    '/checkout%',
    '/é',
  ]) {
    const { exitCode, stdout } = await route(`www.one.example${path}`);
    assert.match(stdout, /^www\.one\.example\/\S+: the path has .*; the answer is 400\n$/);
    assert.equal(exitCode, 2);
  }
  assert.match((await route('www..one.example/checkout')).stdout, /the host is not a host name; the answer is 400/);
  assert.match((await route('www.one.example/%63heckout//pay;v')).stdout, /^shop: /);
});

test('no app is exit code 2, and an invalid request a usage error', async (context) => {
  const route = prepare(context);
  const nobody = await route('www.two.example/');
  assert.deepEqual([nobody.exitCode, nobody.stdout], [2, 'www.two.example/: no app; the answer is 404\n']);
  const json = JSON.parse((await route('www.one.example/checkout', '--json')).stdout);
  assert.deepEqual(
    [json.host, json.path, json.routes.map(({ app }: { app: string }) => app), json.refused],
    ['www.one.example', '/checkout', ['shop', 'web'], ['bad']],
  );
  const wrong = await route('/checkout');
  assert.equal(wrong.exitCode, 64);
  assert.match(wrong.stderr, /write a host and a path/);
});
