/** `autoproxy check`: every mistake with its place, exit codes that scripts can rely on. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { temporaryFolder } from '../support/at-end.js';
import { runCliHere } from '../support/node/run-cli-here.js';

const GOOD = 'shop:\n  protocol: http\n  translated_port: 21034\n  instances: ["172.17.0.2:8080"]\n';
const MISSPELLED = 'api:\n  protocol: http\n  translated_port: 21044\n  instances: []\n  native_prot: 80\n';
const OUT_OF_RANGE = 'mail:\n  protocol: tcp\n  translated_port: 70000\n  instances: []\n';

async function writeServices(context: TestContext, files: Readonly<Record<string, string>>): Promise<string> {
  const directory = temporaryFolder(context, 'check');
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(directory, name), text);
  return directory;
}

test('a directory without a mistake ends with 0 and says what was read', async (context) => {
  const directory = await writeServices(context, { 'shop.yml': GOOD, '.hidden.yml': OUT_OF_RANGE, 'x.yml~': 'a: [' });
  const { exitCode, stdout, stderr } = await runCliHere(['check', directory]);
  assert.deepEqual([exitCode, stdout, stderr], [0, '1 file, 1 app: 0 errors, 0 warnings\n', '']);
});

test('an error stands with file, line, column and hint, and ends with 1', async (context) => {
  const directory = await writeServices(context, { 'mail.yml': OUT_OF_RANGE, 'shop.yml': GOOD });
  const { exitCode, stdout } = await runCliHere(['check', directory]);
  assert.equal(exitCode, 1);
  const [problem, summary] = stdout.split('\n');
  assert.match(problem ?? '', new RegExp(`^${directory}/mail\\.yml:3:20: error: .*70000.* \\(.+\\)$`));
  assert.equal(summary, '2 files, 1 app: 1 error, 0 warnings');
});

test('a warning names the nearest key; it ends with 0, and with 2 when strict', async (context) => {
  const file = path.join(await writeServices(context, { 'api.yml': MISSPELLED }), 'api.yml');
  const lenient = await runCliHere(['check', file]);
  assert.equal(lenient.exitCode, 0);
  assert.match(lenient.stdout, /api\.yml:5:3: warning: .*native_prot.*native_port/);
  assert.equal((await runCliHere(['check', file, '--strict'])).exitCode, 2);
});

test('two files that define one app are an error in the second', async (context) => {
  const directory = await writeServices(context, { 'a.yml': GOOD, 'b.yml': GOOD });
  const { exitCode, stdout } = await runCliHere(['check', directory]);
  assert.equal(exitCode, 1);
  assert.match(stdout, /b\.yml:1:1: error: .*a\.yml/);
});

test('two apps that clash over a port are an error in the one that stands later', async (context) => {
  const next = GOOD.replace('shop', 'api').replace('21034', '21035');
  const directory = await writeServices(context, { 'a.yml': GOOD, 'b.yml': next });
  const { exitCode, stdout } = await runCliHere(['check', directory]);
  assert.equal(exitCode, 1);
  assert.match(stdout, /b\.yml:1:1: error: .*21035.*shop/);
});

test('a line of backups.txt that is not an address is an error', async (context) => {
  const directory = await writeServices(context, { 'shop.yml': GOOD, 'backups.txt': '10.0.0.5\n# west\nnode-6\n' });
  const { exitCode, stdout } = await runCliHere(['check', directory]);
  assert.equal(exitCode, 1);
  assert.match(stdout, /backups\.txt:3:1: error: this is not an IP address/);
});

test('--json prints one document', async (context) => {
  const directory = await writeServices(context, { 'shop.yml': GOOD, 'mail.yml': OUT_OF_RANGE });
  const { exitCode, stdout } = await runCliHere(['check', directory, '--json']);
  assert.equal(exitCode, 1);
  const { files, apps, problems } = JSON.parse(stdout);
  assert.equal(files.length, 2);
  assert.deepEqual(
    apps.map(({ name, slot }: { name: string; slot: number }) => [name, slot]),
    [['shop', 21034]],
  );
  assert.deepEqual([problems[0].severity, problems[0].line, problems[0].col], ['error', 3, 20]);
});

test('what is not there is said with what to do', async () => {
  const { exitCode, stdout, stderr } = await runCliHere(['check', '/nowhere/services']);
  assert.deepEqual([exitCode, stdout], [1, '']);
  assert.match(
    stderr,
    /^autoproxy: \/nowhere\/services: this file or directory does not exist\n {2}→ name an existing one/,
  );
});

test('without a path the directory of the node is checked', async (context) => {
  const directory = await writeServices(context, { 'shop.yml': GOOD });
  const { exitCode, stdout } = await runCliHere(['check'], { AUTOPROXY_SERVICES_DIR: directory });
  assert.deepEqual([exitCode, stdout], [0, '1 file, 1 app: 0 errors, 0 warnings\n']);
});
