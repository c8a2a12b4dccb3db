/** The package as others get it: packed, installed into a folder of its own, run, linked, imported by its name, with types. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ownAddress } from './support/addresses.js';
import { CLI_COMMAND, CLI_ENTRY } from './support/node/run-cli.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const folder = mkdtempSync(path.join(tmpdir(), 'autoproxy-package-'));
const installed = path.join(folder, 'node_modules/autoproxy');
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

interface LockedPackage {
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

before(async () => {
  // Without scripts: what is built here is what gets packed; a build would pull the tests away under themselves.
  const { stdout } = await run('npm', ['pack', '--ignore-scripts', '--pack-destination', folder], { cwd: ROOT });
  writeFileSync(path.join(folder, 'package.json'), '{ "name": "user", "private": true, "type": "module" }');
  const tarball = stdout.trim().split('\n').at(-1) ?? '';
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await run('npm', ['install', ...quiet, path.join(folder, tarball)], { cwd: folder });
});

test('the command runs as it was installed', async () => {
  const { stdout } = await run(path.join(folder, 'node_modules/.bin/autoproxy'), ['--version']);
  assert.equal(
    stdout.trim(),
    (JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { version: string }).version,
  );
});

test('the package holds its licence, its documents and its sources, and no test or benchmark', () => {
  for (const name of ['LICENSE', 'README.md', 'CHANGELOG.md', 'src/documents/README.md', 'examples']) {
    assert.ok(existsSync(path.join(installed, name)), name);
  }
  assert.deepEqual(readdirSync(path.join(installed, 'dist')).sort(), ['edge', 'src']);
  const map = JSON.parse(readFileSync(path.join(installed, 'dist/src/index.js.map'), 'utf8')) as {
    readonly sourcesContent?: readonly string[];
  };
  assert.match(map.sourcesContent?.[0] ?? '', /public API/);
});

test('a data plane that was imported by name serves a snapshot', async () => {
  const program = `
    import { createServer } from 'node:http';
    import { createDataPlane, createInstance, createSlot, createSnapshot, silentLog } from 'autoproxy';
    const instance = createServer((_, response) => response.end('served')).listen(0, '127.0.0.1');
    await new Promise((resolve) => instance.on('listening', resolve));
    const host = '${ownAddress()}';
    const slot = createSlot({ app: 'shop', port: 21034, instances: [createInstance({ host: '127.0.0.1', port: instance.address().port })] });
    const plane = createDataPlane({ log: silentLog });
    await plane.apply(createSnapshot({ bind: host, slots: [slot] }));
    console.log(await (await fetch('http://' + host + ':21034/')).text());
    plane.close();
    process.exit(0);
  `;
  writeFileSync(path.join(folder, 'serve.mjs'), program);
  const { stdout } = await run(process.execPath, ['serve.mjs'], { cwd: folder });
  assert.equal(stdout.trim(), 'served');
});

test('types come with the name', async () => {
  const program = `
    import { createDataPlane, createSlot, createSnapshot, hostInputs, loadConfig, runNode, silentLog } from 'autoproxy';
    export const plane = createDataPlane({ log: silentLog });
    export const applied: Promise<void> = plane.apply(createSnapshot({ bind: '::', slots: [createSlot({ app: 'a', port: 1 })] }));
    export const exitCode: Promise<number> = runNode(loadConfig(hostInputs({}, process.env)).config);
    // @ts-expect-error a slot has a port
    createSlot({ app: 'a' });
  `;
  mkdirSync(path.join(folder, 'node_modules/@types'), { recursive: true });
  writeFileSync(path.join(folder, 'user.ts'), program);
  const types = path.join(ROOT, 'node_modules/@types');
  const options = {
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ['node'],
    typeRoots: [types],
  };
  writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['user.ts'] }));
  await run(path.join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]).catch((error: { readonly stdout: string }) => {
    assert.fail(error.stdout);
  });
});

test('a build leaves the command executable: over links to it, the Node of the PATH gets its flags and all words', async () => {
  const links = path.join(folder, 'links');
  mkdirSync(links);
  symlinkSync(CLI_COMMAND, path.join(links, 'first'));
  symlinkSync('first', path.join(links, 'autoproxy'));
  writeFileSync(path.join(links, 'node'), `#!/bin/sh\nfor word; do echo "$word"; done\n`, { mode: 0o755 });
  const { stdout } = await run(path.join(links, 'autoproxy'), ['check', 'a folder/of apps', ''], {
    env: { PATH: `${links}:${process.env.PATH}` },
  });
  assert.deepEqual(stdout.split('\n'), ['--single-threaded-gc', CLI_ENTRY, 'check', 'a folder/of apps', '', '']);
  assert.notEqual(statSync(CLI_ENTRY).mode & 0o111, 0, 'where links of before point to');
});

test('the lock names each optional package of each package', () => {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const missing = Object.entries(packages).flatMap(([owner, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter(
        (name) =>
          !Object.hasOwn(packages, `node_modules/${name}`) && !Object.hasOwn(packages, `${owner}/node_modules/${name}`),
      )
      .map((name) => `${owner} → ${name}`),
  );
  assert.deepEqual(
    missing,
    [],
    '"npm ci" refuses a lock that lacks packages of other platforms; run "npm install" and commit it',
  );
});
