/** What a file exports, another file names: an unused export promises a user that it lacks, and the compiler accepts it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DECLARED = /^export (?:async )?(?:abstract )?(?:function\*?|class|const|let|interface|type) ([A-Za-z_$][\w$]*)/gm;

interface SourceFile {
  readonly name: string;
  readonly text: string;
  readonly words: ReadonlySet<string>;
}

function readSources(folder: string): SourceFile[] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((inner) => {
      const name = `${folder}/${inner}`;
      const text = readFileSync(path.join(ROOT, name), 'utf8');
      return { name, text, words: new Set(text.match(/[A-Za-z_$][\w$]*/g)) };
    });
}

/** @returns `file: name` for each export that no other file names */
function unusedExports(planes: readonly SourceFile[], everything: readonly SourceFile[]): string[] {
  return planes.flatMap(({ name, text }) =>
    [...text.matchAll(DECLARED)]
      .map((match) => match[1] ?? '')
      .filter((declared) => !everything.some((other) => other.name !== name && other.words.has(declared)))
      .map((declared) => `${name}: ${declared}`),
  );
}

test('each export of src and edge is named by another file', () => {
  const planes = ['src', 'edge'].flatMap(readSources);
  assert.deepEqual(unusedExports(planes, [...planes, ...['test', 'bench'].flatMap(readSources)]), []);
});

test('an export that is used at home only is found', () => {
  const file = (name: string, text: string): SourceFile => ({ name, text, words: new Set(text.match(/\w+/g)) });
  const a = file('a.ts', 'export const used = 1;\nexport interface Alone {}\nexport async function waits() {}\n');
  assert.deepEqual(unusedExports([a], [a, file('b.ts', 'import { used } from "./a.js";')]), [
    'a.ts: Alone',
    'a.ts: waits',
  ]);
});
