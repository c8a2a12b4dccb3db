/**
 * No circle of imports, file by file: files of a circle can only be read, tested and moved together. Types count too.
 * layout.test.ts looks at folders.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

type Imports = ReadonlyMap<string, readonly string[]>;

/** Static, dynamic and type imports, and re-exports. */
function importsOf(text: string): string[] {
  const pattern = /(?:^|\n)\s*(?:import|export)\s(?:[^'";]*?\sfrom\s)?\s*'([^']+)'|\bimport\s*\(\s*'([^']+)'/g;
  return [...text.matchAll(pattern)].map((match) => match[1] ?? match[2] ?? '');
}

function readImports(folder: string): [string, string[]][] {
  return readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((inner) => {
      const name = `${folder}/${inner}`;
      const to = importsOf(readFileSync(path.join(ROOT, name), 'utf8'))
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => path.posix.join(path.posix.dirname(name), specifier).replace(/\.js$/, '.ts'));
      return [name, to];
    });
}

/** Tarjan's strongly connected components with more than one file. @returns each sorted, in the order of their first files */
function circlesOf(imports: Imports): string[][] {
  const circles: string[][] = [];
  const order = new Map<string, number>();
  /** The earliest file that each one reaches. */
  const lowest = new Map<string, number>();
  const trail: string[] = [];
  const visit = (file: string): number => {
    const place = order.size;
    order.set(file, place);
    lowest.set(file, place);
    trail.push(file);
    for (const next of imports.get(file) ?? []) {
      const known = order.get(next);
      if (known === undefined) lowest.set(file, Math.min(lowest.get(file) ?? 0, visit(next)));
      else if (trail.includes(next)) lowest.set(file, Math.min(lowest.get(file) ?? 0, known));
    }
    const low = lowest.get(file) ?? 0;
    if (low === place) {
      const circle = trail.splice(trail.indexOf(file));
      if (circle.length > 1) circles.push(circle.sort());
    }
    return low;
  };
  for (const file of imports.keys()) if (!order.has(file)) visit(file);
  return circles.sort(([a = ''], [b = '']) => (a < b ? -1 : 1));
}

test('no files import each other in a circle', () => {
  assert.deepEqual(circlesOf(new Map(['src', 'edge', 'bench'].flatMap(readImports))), []);
});

test('circles are found: short ones, long ones, two that touch, and none where there is none', () => {
  const graph = (arrows: string): Imports => new Map(arrows.split(' ').map((row) => [row[0] ?? '', [...row.slice(1)]]));
  assert.deepEqual(circlesOf(graph('ab bc c')), []);
  assert.deepEqual(circlesOf(graph('abc bd cd d')), []);
  assert.deepEqual(circlesOf(graph('ab ba')), [['a', 'b']]);
  assert.deepEqual(circlesOf(graph('xa ab bc cd da')), [['a', 'b', 'c', 'd']]);
  assert.deepEqual(circlesOf(graph('abc ba ca')), [['a', 'b', 'c']]);
  assert.deepEqual(circlesOf(graph('ab bac cd dc')), [
    ['a', 'b'],
    ['c', 'd'],
  ]);
});

test('imports of every form are seen', () => {
  const text = [
    "import { a } from './a.js';",
    "import type { b } from './b.js';",
    "import './c.js';",
    "export { d } from './d.js';",
    "export * from './e.js';",
    "const f = await import('./f.js');",
    'import {\n  g,\n  type h,\n} from "./x.js";'.replaceAll('"', "'"),
  ].join('\n');
  assert.deepEqual(importsOf(text), ['./a.js', './b.js', './c.js', './d.js', './e.js', './f.js', './x.js']);
});
