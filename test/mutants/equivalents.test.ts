/** Entries of equivalents.ts name mutants by their text, and each says why. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Equivalent } from './equivalents/equivalent.js';
import { EQUIVALENTS, isMeant, staleOf } from './equivalents.js';
import { chooseFolders, FOLDERS } from './folders.js';
import { type Mutant, mutantsOf, placeKey, unreadableExpressions } from './mutant.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const REPORT = {
  files: {
    'dist/src/a/b.js': {
      source: 'function f(a) {\n  return a <\n    2 && a < 3;\n}\n',
      mutants: [
        {
          mutatorName: 'EqualityOperator',
          replacement: 'a <= 2',
          status: 'Survived',
          location: { start: { line: 2, column: 10 }, end: { line: 3, column: 6 } },
        },
        {
          mutatorName: 'EqualityOperator',
          replacement: 'a <= 3',
          status: 'Killed',
          location: { start: { line: 3, column: 10 }, end: { line: 3, column: 15 } },
        },
      ],
    },
  },
};
const ENTRY: Equivalent = {
  file: 'src/a/b.ts',
  mutator: 'EqualityOperator',
  line: 'return a <',
  original: 'a < 2',
  replacement: 'a <= 2',
  reason: 'a test',
};

test('a report tells what stood there, over several lines too', () => {
  const [first, second] = mutantsOf(REPORT);
  assert.deepEqual([first?.original, first?.line], ['a <\n    2', 'return a <']);
  assert.deepEqual([second?.original, second?.line], ['a < 3', '2 && a < 3;']);
  assert.notEqual(placeKey(first as Mutant), placeKey(second as Mutant));
});

test('expressions are spared of which a mutant is unreadable, and no others', () => {
  const [any] = mutantsOf(REPORT);
  const regex = (original: string, replacement: string): Mutant => ({
    ...(any as Mutant),
    ...{ mutator: 'Regex', original, replacement },
  });
  const mutants = [
    regex('/[\\v-\\x20]/g', '/[\\V-\\x20]/g'),
    regex('/[\\v-\\x20]/g', '/[^\\v-\\x20]/g'),
    regex('/^a/i', '/a/i'),
    ...mutantsOf(REPORT),
  ];
  assert.deepEqual(unreadableExpressions(mutants), ['/[\\v-\\x20]/g']);
});

test('an entry names a mutant wherever its line moves to, and goes stale when its text changes', () => {
  const mutants = mutantsOf(REPORT);
  assert.deepEqual(
    mutants.map((mutant) => isMeant(ENTRY, mutant)),
    [true, false],
  );
  const moved = mutants.map((mutant) => ({ ...mutant, start: { line: 9, column: 1 } }));
  assert.deepEqual(
    staleOf([ENTRY], moved, () => true),
    [],
  );
  for (const change of [{ line: 'return b <' }, { original: 'b < 2' }, { replacement: 'a > 2' }, { mutator: 'x' }]) {
    const changed = { ...ENTRY, ...change };
    assert.deepEqual(
      staleOf([changed], mutants, () => true),
      [changed],
    );
  }
  assert.deepEqual(
    staleOf([{ ...ENTRY, original: 'b' }], mutants, () => false),
    [],
    'its file was not looked at',
  );
});

test('each entry says why, names a file that is there, and stands once', () => {
  for (const { file, reason } of EQUIVALENTS) {
    assert.ok(reason.length > 20, `${file}: ${reason}`);
    assert.ok(existsSync(path.join(ROOT, file)), file);
    assert.ok(
      FOLDERS.some(({ source }) => file.startsWith(`${source}/`)),
      file,
    );
  }
  const texts = EQUIVALENTS.map(({ reason: _, ...rest }) => JSON.stringify(rest));
  assert.equal(new Set(texts).size, texts.length);
});

test('each guard is a test or a folder of tests, and so is what is left out or late', () => {
  for (const { source, guards, slow = [], late = [] } of FOLDERS) {
    assert.ok(existsSync(path.join(ROOT, source)), source);
    for (const guard of [...guards, ...slow, ...late]) {
      const isThere = ['', '.test.ts'].some((ending) => existsSync(path.join(ROOT, 'test', `${guard}${ending}`)));
      assert.ok(isThere, `${source}: test/${guard}`);
    }
  }
});

test('folders are chosen by name or path; an unknown one is refused with those there are', () => {
  const namesOf = (names: readonly string[]) => chooseFolders(names).map(({ name }) => name);
  assert.deepEqual(
    namesOf([]),
    FOLDERS.map(({ name }) => name),
  );
  assert.deepEqual(namesOf(['src/state', 'syntax']), ['state', 'syntax']);
  assert.deepEqual(
    namesOf(['quick']),
    FOLDERS.filter(({ isQuick }) => isQuick).map(({ name }) => name),
  );
  assert.throws(() => chooseFolders(['states']), /states; there are http1, proxy-protocol, state,/);
});
