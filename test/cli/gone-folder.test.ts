/** A shell may stand in a folder that was removed, as the folder of a release before: what needs no folder works there. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { atEnd } from '../support/at-end.js';
import { runCli } from '../support/node/run-cli.js';

test('a command in a removed folder reads absolute paths, and misses relative ones', async (context) => {
  const root = mkdtempSync(path.join(tmpdir(), 'autoproxy-gone-'));
  atEnd(context, () => rmSync(root, { recursive: true }));
  writeFileSync(path.join(root, 'shop.yml'), 'shop: {protocol: HTTP, translated_port: 21034}\n');
  const gone = path.join(root, 'gone');
  const inGone = (...words: string[]) => {
    mkdirSync(gone);
    return runCli(words, { PWD: gone }, ['sh', '-c', 'cd "$0" && rmdir "$0" && exec "$@"', gone]);
  };
  const absolute = await inGone('check', root);
  assert.deepEqual(absolute, { exitCode: 0, stdout: '1 file, 1 app: 0 errors, 0 warnings\n', stderr: '' });
  const relative = await inGone('check', 'services');
  assert.deepEqual(
    [relative.exitCode, relative.stderr.split('\n')[0]],
    [1, 'autoproxy: services: this file or directory does not exist'],
  );
});
