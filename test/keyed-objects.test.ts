/**
 * Objects that are keyed by text. A plain one answers `constructor` and `toString` with functions, and a value set for
 * `__proto__` is lost: so text from outside keys a `Map`, or, where it travels as JSON, a `KeyedObject`. The compiler cannot
 * tell who chose a key; these rules can tell where somebody has to say it.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const REMEDY = 'take a Map, or createKeyedObject of core/keyed-object.ts for what travels as JSON';

/** Files that may read records of text, or make objects of entries, and why no key of somebody else is looked up there. */
const ALLOWED: ReadonlyMap<string, string> = new Map([
  ['src/core/keyed-object.ts', 'the one place that makes them'],
  ['src/core/log-line.ts', 'what JSON.parse made of a line of the log; it is only walked through'],
  ['src/metrics/counters.ts', 'what JSON.parse made of a report; it is only walked through'],
  ['src/metrics/changes.ts', 'looked up and assigned to only where an object has the key itself'],
  ['src/metrics/exposition/family.ts', 'labels under names of our own; they are only walked through'],
  ['src/yaml/reader.ts', 'the types of tables of our own keys'],
  ['src/yaml/table-reader.ts', 'tables of our own keys; a name from outside is looked up in a Map of them'],
  ['src/documents/app-definition-text.ts', 'made of entries, walked through and printed'],
  ['src/documents/plain.ts', 'the same values: made of entries, walked through and printed'],
  ['src/placement/service.ts', 'labels of our own'],
  ['src/placement/compose-text.ts', 'made of entries and printed'],
  ['src/registry/environment-text.ts', 'made of entries and printed'],
  ['src/config/option.ts', 'the table of our own options'],
  ['src/config/option-places.ts', 'flags and variables, looked up by the names of our own options'],
  ['src/cli/node/node.ts', 'the same flags'],
  ['src/admin/endpoints.ts', 'made of entries under the words of our own paths'],
  ['src/admin/state-document.ts', 'errors by code, as JSON; a reader walks through them'],
  ['src/admin/answer.ts', 'fields of our own'],
  ['src/consul/answers.ts', 'meta, looked up by two words of our own'],
  ['src/consul/connection.ts', 'fields of an answer, looked up by names of our own'],
  ['src/consul/consul-package.ts', 'the same fields'],
  ['src/consul/writes.ts', 'meta of our own'],
  ['src/consul/agent-services.ts', 'meta as JSON, only printed'],
  ['src/cluster/handle-channel.ts', "a binding of Node's, looked up by names of our own"],
  ['src/proxy/limits/client-limit.ts', 'fields of our own for the log, only walked through'],
  ['src/primary.ts', 'made of entries and logged'],
  ['edge/site/site-keys.ts', 'made of entries under the codes of HAProxy: a table of our own keys'],
  ['edge/release/served-definitions.ts', 'made of entries and printed'],
  ['bench/node-under-test.ts', 'flags and variables of our own, only walked through'],
  ['bench/contenders/autoproxy.ts', 'the same variables'],
  ['bench/containers/deploys.ts', 'variables of the test app, only walked through'],
  ['bench/generators/load.ts', 'failures by kind, only printed'],
  ['bench/comparison.ts', 'figures under titles of our own'],
  ['bench/figures.ts', 'figures under titles of our own'],
  ['bench/results-file.ts', 'figures under titles of our own'],
]);

interface Rule {
  readonly pattern: RegExp;
  readonly why: string;
  readonly isAllowedInList: boolean;
}

const RULES: readonly Rule[] = [
  {
    pattern: /(?<!Readonly<)(?<!satisfies )\bRecord<string\b/,
    why: 'a record that can be written to: `o[name] = value` loses __proto__, and `o[name] ??= ...` finds what is inherited',
    isAllowedInList: false,
  },
  {
    pattern: /\b(?:const|let)\s+\w+:\s*Readonly<Record<string\b.*=/,
    why: 'a table as a literal: it has an entry for every property of an object',
    isAllowedInList: false,
  },
  {
    pattern: /(?:[(&|!?:=>]|\breturn)\s*[A-Za-z_$][\w.$]* in [A-Za-z_$#][\w.$#]*\s*(?:[)&|?:;,]|$)/,
    why: '`name in object` is true for what is inherited: Object.hasOwn',
    isAllowedInList: false,
  },
  { pattern: /\bReadonly<Record<string\b/, why: 'a record by any text', isAllowedInList: true },
  { pattern: /\[\w+: string\]:/, why: 'an object by any text', isAllowedInList: true },
  {
    pattern: /\bObject\.fromEntries\(/,
    why: 'an object with a prototype; what is made of entries may be walked through and printed, not looked up in',
    isAllowedInList: true,
  },
];

interface Found {
  readonly place: string;
  readonly file: string;
  readonly rule: Rule;
}

function findingsIn(file: string, text: string): Found[] {
  const isComment = (line: string): boolean => /^\s*(?:\*|\/\/|\/\*)/.test(line);
  return text.split('\n').flatMap((line, index) => {
    const rule = isComment(line) ? undefined : RULES.find(({ pattern }) => pattern.test(line));
    return rule === undefined ? [] : [{ place: `${file}:${index + 1}: ${line.trim()}`, file, rule }];
  });
}

const found = ['src', 'edge', 'bench'].flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .flatMap((name) => findingsIn(`${folder}/${name}`, readFileSync(path.join(ROOT, folder, name), 'utf8'))),
);

test('text from outside keys a Map or a KeyedObject', () => {
  const wrong = found.filter(({ file, rule }) => !rule.isAllowedInList || !ALLOWED.has(file));
  const lines = wrong.map(({ place, rule }) => `${place}\n    ${rule.why}`);
  const listed = 'where every key is a name of our own, say so in the list at the top of this test';
  assert.deepEqual(lines, [], `${REMEDY}; ${listed}:\n  ${lines.join('\n  ')}\n`);
});

test('each reason of the list has its file', () => {
  const stale = [...ALLOWED.keys()].filter((file) => !found.some((one) => one.file === file));
  assert.deepEqual(stale, [], 'these hold no such object any more: take them off the list');
});

test('the rules see what they are for', () => {
  const harmful = [
    'const slots: Record<string, SlotCounters> = {};',
    'const head = body as Record<string, unknown>;',
    'const UNITS: Readonly<Record<string, number>> = { ms: 1 };',
    'if (name in table) return;',
    '.filter((name) => name in apps)',
    'readonly apps: Readonly<Record<string, App>>;',
    'type Apps = { readonly [name: string]: App };',
    'return Object.fromEntries(apps.map((app) => [app.name, app]));',
  ];
  const harmless = [
    '} satisfies Record<string, Workload>;',
    'errors: Partial<Record<ErrorCode, number>>;',
    "return 'id' in parsed ? parsed : null;",
    'for (const name in apps) visit(name);',
    '* a record, as Record<string, string>',
    "message: 'they stand in line 3',",
  ];
  for (const line of harmful) assert.equal(findingsIn('src/made-up.ts', line).length, 1, line);
  for (const line of harmless) assert.deepEqual(findingsIn('src/made-up.ts', line), [], line);
});
