/** The Dockerfile names what is there: each file that it copies, its two targets, commands that the program knows. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCli } from './support/node/run-cli.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const text = readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8');
const ignored = readFileSync(path.join(ROOT, '.dockerignore'), 'utf8').split('\n');

test('what is copied from the tree is there, and is not ignored', () => {
  const copies = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, sources = '']) => sources.split(' '));
  assert.ok(copies.length > 5);
  for (const name of copies) {
    assert.ok(existsSync(path.join(ROOT, name)), name);
    assert.ok(ignored.includes(`!${name}`), `${name} is ignored`);
  }
});

test('the targets are node and edge, over one base that can be exchanged', () => {
  const stages = [...text.matchAll(/^FROM (\S+) AS (\S+)$/gm)].map(([, base, name]) => `${name} from ${base}`);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the Dockerfile's own.
  const base = '${BASE_IMAGE}';
  assert.deepEqual(stages, [`build from ${base}`, `common from ${base}`, 'node from common', 'edge from common']);
});

test('what the images run is a command that there is', async () => {
  const entries = [...text.matchAll(/^(?:ENTRYPOINT|HEALTHCHECK .* CMD) \["autoproxy", "([\w-]+)"\]$/gm)];
  assert.deepEqual(
    entries.map(([, command]) => command),
    ['healthcheck', 'node', 'edge'],
  );
  for (const [, command = ''] of entries) assert.equal((await runCli([command, '--help'])).exitCode, 0, command);
  const [, words = ''] = /^CMD \[(.*)\]$/m.exec(text) ?? [];
  const command = (JSON.parse(`[${words}]`) as string[])[0] ?? '';
  assert.equal((await runCli(['edge', command, '--help'])).exitCode, 0, command);
});
