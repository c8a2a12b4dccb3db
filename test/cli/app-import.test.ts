/** `autoproxy app import`: the apps of the old system with their slots, under new names where the old ones are refused. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { REGISTRY_KINDS } from '../registry/registries.js';
import { temporaryFolder } from '../support/at-end.js';
import { runCliHere } from '../support/node/run-cli-here.js';

async function writeFiles(context: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = temporaryFolder(context, 'files');
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(directory, name), text);
  return directory;
}

const directory = REGISTRY_KINDS[0] ?? assert.fail();
const SHOP = 'name: shop\npods: [alpha]\nprotocol: http\nslot: 21034\nimage: shop:1\n';
const OLD = `shop:
  protocol: HTTP
  native_port: 8080
  translated_port: 21034
  internal: yes
  instances: ["172.17.0.2:8080"]
Old_Till:
  protocol: tcp
  translated_port: 40000
  instances: []
`;

test('a directory of the old system is taken over, with its slots', async (context) => {
  const { arguments: place } = await directory.prepare(context);
  const services = await writeFiles(context, { 'shop.yml': OLD });
  const refused = await runCliHere(['app', 'import', services, '--pod', 'alpha', ...place]);
  assert.equal(refused.exitCode, 1);
  assert.match(refused.stderr, /Old_Till.*is not a name of an app/);
  const words = ['app', 'import', services, '--pod', 'beta', '--pod', 'alpha', '--rename', 'Old_Till=old-till'];
  assert.equal((await runCliHere([...words, '--dry-run', ...place])).exitCode, 2);
  const { exitCode, stdout, stderr } = await runCliHere([...words, ...place]);
  assert.deepEqual([exitCode, stderr], [0, '']);
  assert.match(stdout, /^old-till: created, on slot 40000$/m);
  assert.match(stdout, /^old-till: was Old_Till; nodes take its instances from the service old-till in Consul$/m);
  const again = await runCliHere([...words, '--json', ...place]);
  assert.equal(JSON.parse(again.stdout).apps.length, 2);
  assert.match(again.stderr, /^old-till: was Old_Till;/);
  const mistyped = await runCliHere([...words.slice(0, -1), 'Old_Tll=old-till', ...place]);
  assert.equal(mistyped.exitCode, 1);
  assert.match(mistyped.stderr, /has no app Old_Tll; nothing was imported\n.*apps there: Old_Till, shop/);
  const got = await runCliHere(['app', 'get', 'shop', ...place]);
  assert.equal(
    got.stdout,
    'name: shop\npods:\n  - alpha\n  - beta\nnum_instances: 1\nprotocol: http\nnative_port: 8080\nslot: 21034\ninternal: true\n',
  );
  const check = await runCliHere(['slot', 'ls', '--check', '--json', ...place]);
  assert.deepEqual(
    JSON.parse(check.stdout).leaks.map(({ kind, port }: { kind: string; port: number }) => [kind, port]),
    [['ephemeral', 40_000]],
  );
});

test('a second pod is added, and what the old files do not say is kept', async (context) => {
  const { arguments: place } = await directory.prepare(context);
  const files = await writeFiles(context, { 'shop.yml': SHOP });
  await runCliHere(['app', 'put', path.join(files, 'shop.yml'), ...place]);
  const services = await writeFiles(context, { 'shop.yml': OLD.slice(0, OLD.indexOf('Old_Till')) });
  const { exitCode, stdout } = await runCliHere(['app', 'import', services, '--pod', 'beta', ...place]);
  assert.equal(exitCode, 0);
  const changes = stdout.trim().split('\n').slice(1);
  assert.deepEqual(changes, ['  ~ pods: [alpha] → [alpha, beta]', '  + native_port: 8080', '  + internal: true']);
  const again = await runCliHere(['app', 'import', services, '--pod', 'beta', ...place]);
  assert.equal(again.stdout, 'shop: as it was, on slot 21034\n');
});
