/** The tests run in a copy of the code: what they find there has to be what they find in the tree. Late ones run twice. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/at-end.js';
import { Stryker } from './stryker.js';

const CODE = 'dist/src/http1/characters.js';

/** With a mutant it hangs the first time; without one it passes. */
const HANGS = `import { appendFileSync, readdirSync, readFileSync } from 'node:fs';
readdirSync('.cache');
await import(process.cwd() + '/${CODE}');
if (process.env.__STRYKER_ACTIVE_MUTANT__ !== undefined) {
  const runs = new URL('./runs-so-far', import.meta.url);
  appendFileSync(runs, '.');
  if (readFileSync(runs).length === 1) await new Promise(() => setInterval(() => {}, 1_000));
}
`;

test('the copy leads to the real components; a mutant that ran out of time is tested once more', async (context) => {
  const folder = temporaryFolder(context, 'copy');
  const hangs = path.join(folder, 'hangs.test.mjs');
  writeFileSync(hangs, HANGS);
  const runs = path.join(folder, 'runs');
  mkdirSync(runs);
  const stryker = new Stryker(runs, { concurrency: 1, timeoutMS: 500, timeoutFactor: 1 });
  const drawn = (await stryker.list([CODE])).slice(0, 1);
  // The first run is without a mutant; one that fails there, as without the components, ends all with an error.
  const tested = await stryker.test(drawn, [hangs]);
  assert.deepEqual(
    tested.map(({ outcome }) => outcome),
    ['Survived'],
  );
});
