/** bench/README.md lists the commands that there are, and no others; the files that it names are there. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
/** Made by a run. */
const RESULTS = 'results/';
const text = readFileSync(path.join(ROOT, 'bench/README.md'), 'utf8');

test('bench/README.md lists every benchmark of package.json', () => {
  const { scripts } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const commands = Object.keys(scripts).filter((name) => /^bench(:|$)/.test(name));
  const listed = [...text.matchAll(/^\| `npm run (bench[:\w]*)` \|/gm)].map(([, name]) => name);
  assert.deepEqual(listed.sort(), commands.sort());
});

test('the files that bench/README.md names are there', () => {
  for (const [, name = ''] of text.matchAll(/`([\w-]+(?:\.ts|\.json|\/))`/g)) {
    const isThere = ['bench', 'bench/workloads'].some((folder) => existsSync(path.join(ROOT, folder, name)));
    assert.ok(isThere || name === RESULTS, `bench/${name}`);
  }
});
