/** The README's first steps, as a newcomer takes them: its commands in a fresh copy, and what they print beside the page. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/at-end.js';
import { findProgram } from '../support/machine/components.js';
import { LACKS_NETWORKS } from '../support/machine/two-networks.js';
import { commandsAfter } from '../support/pages/console-page.js';
import { PageShell, UNSHARED } from '../support/pages/page-shell.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Beside what is not in a clone, what no step needs: the compiler would read it. */
const NOT_COPIED = ['node_modules', 'dist', '.git', '.cache', 'test', 'bench'];

const page = readFileSync(path.join(ROOT, 'README.md'), 'utf8');
const slotSteps = commandsAfter(page, 'app on a slot');
const edgeSteps = commandsAfter(page, 'front door');

test('five commands lead to a slot, five more to the front door', () => {
  assert.equal(slotSteps.length, 5);
  assert.equal(edgeSteps.length, 5);
});

test('the commands of the page work, and print what it says', { skip: LACKS_NETWORKS }, async (context) => {
  const folder = temporaryFolder(context, 'first-steps');
  const clone = path.join(folder, 'autoproxy');
  cpSync(ROOT, clone, {
    recursive: true,
    filter: (source) => !NOT_COPIED.includes(path.relative(ROOT, source)),
  });
  // What developers need on top was installed by the same command, before this test ran. It stands above the clone, where npm
  // and tsc find it: 200 MB that are not unpacked once more.
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'));
  const prefix = path.join(folder, 'prefix');
  mkdirSync(path.join(prefix, 'lib'), { recursive: true });
  const haproxy = path.dirname(findProgram('haproxy') ?? '');
  const env = {
    ...process.env,
    PATH: `${path.join(prefix, 'bin')}:${process.env.PATH}:${haproxy}`,
    npm_config_prefix: prefix,
    npm_config_prefer_offline: 'true',
    npm_config_omit: 'dev',
    // As on a terminal.
    AUTOPROXY_LOG_FORMAT: 'text',
  };
  const [install, ...others] = slotSteps;
  assert.ok(install !== undefined);

  // The only command that needs a network.
  const outside = new PageShell(context, { prefix: [], cwd: clone, env });
  await outside.try(install);

  const inside = new PageShell(context, {
    prefix: UNSHARED,
    cwd: clone,
    env,
  });
  await inside.run('ip link set lo up && mount -t tmpfs tmpfs /run');
  for (const command of [...others, ...edgeSteps]) await inside.try(command);
});
