/** The tests run in a copy of the code: what they find there has to be what they find in the tree. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/at-end.js';
import { Stryker } from './stryker.js';

const CODE = 'dist/src/http1/characters.js';

test('the copy leads to the real components', async (context) => {
  const folder = temporaryFolder(context, 'copy');
  const looks = path.join(folder, 'looks.test.mjs');
  writeFileSync(looks, "import { readdirSync } from 'node:fs';\nreaddirSync('.cache');\n");
  mkdirSync(path.join(folder, 'runs'));
  const stryker = new Stryker(path.join(folder, 'runs'));
  const [mutant] = await stryker.list([CODE]);
  assert.ok(mutant);
  // The first run is without a mutant; one that fails there ends all with an error.
  assert.deepEqual(
    (await stryker.test([mutant], [looks])).map(({ outcome }) => outcome),
    ['NoCoverage'],
  );
});
