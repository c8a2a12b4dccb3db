/**
 * A pipeline starts `autoproxy app` a hundred times a day, and each start reads the files of what it imports. Over a
 * directory these commands need no client of Consul, no schemas and no logger.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/at-end.js';
import { runCli } from '../support/node/run-cli.js';

const HEAVY = ['consul', 'pino', 'undici', 'valibot'];
const SHOP = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21034\n';

/** Hooks of Node that write down the name of each module that is loaded. */
const hooksTo = (file: string): string => `
import { appendFileSync } from 'node:fs';
export async function load(url, context, next) {
  appendFileSync(${JSON.stringify(file)}, url + '\\n');
  return next(url, context);
}`;

const moduleOf = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;

test('commands over a directory load neither valibot, consul, undici nor pino', async (context) => {
  const folder = temporaryFolder(context, 'start');
  const in_ = (name: string): string => path.join(folder, name);
  const [loaded, shop, apps] = [in_('loaded'), in_('shop.yml'), in_('apps')];
  writeFileSync(shop, SHOP);
  mkdirSync(apps);
  const hooks = moduleOf(hooksTo(loaded));
  const register = moduleOf(`import { register } from 'node:module'; register(${JSON.stringify(hooks)});`);
  const words = [
    ['app', 'put', shop],
    ['app', 'ls'],
    ['app', 'env', 'shop'],
    ['slot', 'ls', '--check'],
    ['app', 'rm', 'shop'],
  ];
  for (const command of words) {
    writeFileSync(loaded, '');
    const env = { NODE_OPTIONS: `--import ${register}` };
    const { exitCode, stderr } = await runCli([...command, '--registry', apps], env);
    assert.deepEqual([exitCode, stderr], [0, ''], command.join(' '));
    const names = readFileSync(loaded, 'utf8').matchAll(/\/node_modules\/((?:@[^/]+\/)?[^/]+)\//g);
    const packages = new Set([...names].map(([, name]) => name ?? ''));
    assert.ok(packages.has('commander'), 'the hooks see what is loaded');
    assert.deepEqual(
      HEAVY.filter((name) => packages.has(name)),
      [],
      command.join(' '),
    );
  }
});
