/** Which test files are asked: those of the folder's guards, in their order, as far as they import the code. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { temporaryFolder } from '../support/at-end.js';
import { FOLDERS } from './folders.js';
import { guardsOf, testsReaching } from './guards.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

function treeOf(context: TestContext, files: Readonly<Record<string, string>>): string {
  const root = temporaryFolder(context, 'tree');
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  }
  return root;
}

test('guards come by folder and name, what is late last, and what is slow not at all', (context) => {
  const names = ['one/a', 'one/b', 'one/deep/c', 'one/d', 'other/a', 'onelike/a', 'two/a'];
  const root = treeOf(context, Object.fromEntries(names.map((name) => [`dist/test/${name}.test.js`, ''])));
  const folder = { name: 'one', source: 'src/one', guards: ['two/a', 'one', 'two'], isQuick: false };
  assert.deepEqual(guardsOf({ ...folder, slow: ['one/b'], late: ['one/a'] }, root), [
    'dist/test/two/a.test.js',
    'dist/test/one/d.test.js',
    'dist/test/one/deep/c.test.js',
    'dist/test/one/a.test.js',
  ]);
});

test('a test is asked when it imports the code, by itself or through others', (context) => {
  const root = treeOf(context, {
    'dist/src/a/code.js': 'export const a = 1;\n',
    'dist/src/a/index.js': "export * from './code.js';\n",
    'dist/src/b/code.js': "import '../b/code.js';\nimport { x } from 'node:fs';\n",
    'dist/test/direct.test.js': "import { a } from '../src/a/code.js';\n",
    'dist/test/through.test.js': "import {\n  a,\n} from '../src/a/index.js';\n",
    'dist/test/later.test.js': "const { a } = await import('../src/a/code.js');\n",
    'dist/test/else.test.js': "import '../src/b/code.js';\nimport './missing.js';\n",
  });
  const tests = ['direct', 'through', 'later', 'else'].map((name) => `dist/test/${name}.test.js`);
  assert.deepEqual(new Set(testsReaching(tests, ['dist/src/a/code.js'], root)), new Set(tests.slice(0, 3)));
  assert.deepEqual(testsReaching(tests, ['dist/src/a/index.js', 'dist/src/b/code.js'], root), [tests[1], tests[3]]);
  assert.deepEqual(testsReaching(tests, ['dist/src/c/code.js'], root), tests, 'a run needs tests');
});

test('those that import the code by themselves are asked first, and late ones last all the same', (context) => {
  const near = "import '../src/a/code.js';\n";
  const root = treeOf(context, {
    'dist/src/a/code.js': '',
    'dist/src/a/index.js': "import './code.js';\n",
    'dist/test/whole.test.js': "import '../src/a/index.js';\n",
    'dist/test/near.test.js': near,
    'dist/test/also.test.js': near,
    'dist/test/late.test.js': near,
  });
  const files = (...names: readonly string[]) => names.map((name) => `dist/test/${name}.test.js`);
  assert.deepEqual(
    testsReaching(files('whole', 'near', 'also', 'late'), ['dist/src/a/code.js'], root, new Set(files('late'))),
    files('near', 'also', 'whole', 'late'),
  );
});

for (const folder of FOLDERS) {
  test(`${folder.name}: each name that is slow or late is a test, and each guard has tests`, () => {
    const all = guardsOf({ ...folder, slow: [], late: [] }, ROOT);
    for (const name of [...(folder.slow ?? []), ...(folder.late ?? [])])
      assert.ok(all.includes(`dist/test/${name}.test.js`), name);
    for (const guard of folder.guards)
      assert.ok(
        all.some((name) => name === `dist/test/${guard}.test.js` || name.startsWith(`dist/test/${guard}/`)),
        guard,
      );
  });
}

test('what tests other parts alone is not asked about the data plane', () => {
  const proxy = FOLDERS.find(({ name }) => name === 'proxy');
  assert.ok(proxy !== undefined);
  const asked = testsReaching(guardsOf(proxy, ROOT), ['dist/src/proxy/exchange/exchange.js'], ROOT);
  assert.ok(asked.includes('dist/test/proxy/exchange/dispatch.test.js'));
  assert.ok(!asked.includes('dist/test/attacks/admin-half-requests.test.js'));
});
