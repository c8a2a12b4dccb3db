/** `autoproxy edge check` in a pipeline: an app or certificate that is left out fails it; a warning with `--strict` too. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { edgeFolder, siteText } from '../support/edge/edge-release.js';
import { haproxyOfVersion } from '../support/edge/haproxy-versions.js';
import { makeCertificate } from '../support/edge/test-certificates.js';
import type { CliResult } from '../support/node/run-cli.js';
import { runCliHere } from '../support/node/run-cli-here.js';

const SERVERS = 'servers: {template: "{app}.{pod}.svc.example"}';

function definition(name: string, routes: readonly string[]): string {
  return `name: ${name}\npods: [alpha]\nprotocol: http\nedge: {routes: [${routes.join(', ')}]}\n`;
}

function prepare(context: TestContext, domains: readonly string[] = []) {
  const folder = edgeFolder(context);
  const [apps, site] = [path.join(folder, 'apps'), path.join(folder, 'edge.yml')];
  mkdirSync(apps);
  writeFileSync(site, siteText(folder, SERVERS, domains));
  const write = (name: string, text: string): void => writeFileSync(path.join(apps, `${name}.yml`), text);
  write('shop', definition('shop', ['{host: shop.one.example}']));
  const check = (...args: readonly string[]): Promise<CliResult> =>
    runCliHere(['edge', 'check', ...args, '--registry', apps, '--site', site], {
      HAPROXY_BIN: haproxyOfVersion('2.6'),
    });
  return { folder, write, check };
}

test('an app that is left out ends with 1, and is named beside the apps that would be served', async (context) => {
  const { write, check } = prepare(context);
  assert.equal((await check()).exitCode, 0);
  write('far', definition('far', ['{host: far.three.example}']));
  write('torn', 'name: torn\npods: 7\n');
  for (const args of [[], ['--strict']]) {
    const { exitCode, stdout, stderr } = await check(...args);
    assert.equal(exitCode, 1, stderr);
    assert.match(stdout, /: 1 app, 2 left out$/m);
    assert.match(stderr, /far\.yml:\d+:\d+: error: far: .*no certificate of the site covers this host/);
    assert.match(stderr, /torn\.yml:\d+:\d+: error: /);
  }
  const json = await check('--json');
  assert.deepEqual([json.exitCode, JSON.parse(json.stdout).refused], [1, ['far', 'torn']]);
});

test('a certificate that is left out ends with 1 though no app needs it', async (context) => {
  const { check, folder } = prepare(context, ['{name: three.example, certificate: three.pem}']);
  writeFileSync(path.join(folder, 'three.pem'), '');
  const { exitCode, stderr } = await check();
  assert.equal(exitCode, 1, stderr);
  assert.match(stderr, /three\.pem:.*error: .*the file is empty/);
});

test('a warning ends with 0, with --strict with 2', async (context) => {
  const { folder, check } = prepare(context);
  const { certificate, key } = makeCertificate({ names: ['two.example'], days: 5 });
  writeFileSync(path.join(folder, 'two.pem'), certificate + key);
  const { exitCode, stderr } = await check();
  assert.match(stderr, /two\.pem:.*warning: /);
  assert.equal(exitCode, 0, stderr);
  assert.equal((await check('--strict')).exitCode, 2);
});
