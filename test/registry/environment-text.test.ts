/** What is written is what real readers read. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import type { EnvEntry } from '../../src/model/app-definition.js';
import { ENVIRONMENT_FORMATS, formatEnvironment } from '../../src/registry/environment-text.js';

const VALUES = [
  '',
  'plain',
  ' leading and trailing ',
  '# no comment',
  'a # b',
  '$HOME $(id) `id`',
  'back\\slash \\n \\',
  'say "hi"',
  "it's",
  "it's # two\nlines",
  '-----BEGIN X-----\nab$c"d\\e\n-----END X-----\n',
  'a=b=c',
  'grüße ☃ 🚀',
  '\ttab',
  '!x;y|z&(w)<v>*?[u]~{t}',
];
/** A backslash before it is kept by some readers and taken away by others. */
const AMBIGUOUS = ['\r\n', "it's $HOME", `it's "so"`, "it's \\ so"];

function entriesOf(values: readonly string[]): EnvEntry[] {
  return values.map((value, index) => ({ name: `V${index}`, value }));
}

const asObject = (values: readonly string[]): Record<string, string> =>
  Object.fromEntries(values.map((value, index) => [`V${index}`, value]));

test('export: a POSIX shell has each value as it was', () => {
  const all = [...VALUES, ...AMBIGUOUS];
  const text = formatEnvironment(entriesOf(all), 'export');
  const show = all.map((_, index) => `printf '%s\\0' "$V${index}"`).join('\n');
  const values = execFileSync('sh', ['-euc', `${text}${show}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
  assert.deepEqual(values, all);
});

test("dotenv: Node's own reader has each value as it was", () => {
  assert.deepEqual({ ...parseEnv(formatEnvironment(entriesOf(VALUES), 'dotenv')) }, asObject(VALUES));
});

test('dotenv: a quote and what some readers escape are escaped', () => {
  const lines = formatEnvironment(entriesOf(AMBIGUOUS), 'dotenv').trim().split('\n');
  assert.deepEqual(lines, ['V0="\\r\\n"', `V1="it's \\$HOME"`, `V2="it's \\"so\\""`, `V3="it's \\\\ so"`]);
});

test('docker: values stand as they are, and a line end is refused by name', () => {
  const values = VALUES.filter((value) => !/[\r\n]/.test(value));
  // As docker reads it: a line each, the name up to the first =, the rest as it is.
  const lines = formatEnvironment(entriesOf(values), 'docker').split('\n').slice(0, -1);
  const read = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  assert.deepEqual(Object.fromEntries(read), asObject(values));
  assert.throws(() => formatEnvironment(entriesOf(['a\nb']), 'docker'), /V0 has a line end/);
});

test('json: each value as it was, a secret as its place', () => {
  const secret = { name: 'S', value: { from: 'file:/run/secrets/s' } } as const;
  const text = formatEnvironment([...entriesOf(AMBIGUOUS), secret], 'json');
  assert.deepEqual(JSON.parse(text), { ...asObject(AMBIGUOUS), S: { from: 'file:/run/secrets/s' } });
});

test('export: what no shell would read differently stands without quotes', () => {
  const lines = (value: EnvEntry['value']): string => formatEnvironment([{ name: 'V', value }], 'export');
  for (const plain of ['a', 'plain', 'a=b', '/usr/bin:/bin', 'x@y.example', '100%', '+1,2_3-4'])
    assert.equal(lines(plain), `export V=${plain}\n`);
  for (const quoted of ['', ' ', 'a b', '~', '$x', 'a\nb', 'é']) assert.equal(lines(quoted), `export V='${quoted}'\n`);
  assert.equal(lines({ from: 'file:/run/secrets/key' }), 'export V="$(cat /run/secrets/key)"\n');
  assert.equal(lines({ from: 'file:/run/a key' }), 'export V="$(cat \'/run/a key\')"\n');
});

test('dotenv: what every reader takes as it is stands without quotes', () => {
  const line = (value: string): string => formatEnvironment([{ name: 'V', value }], 'dotenv');
  for (const plain of ['', 'a', 'A-Z_0.9', 'a=b', '/usr/bin:/bin', 'x@y.example', '100%', '+1,2'])
    assert.equal(line(plain), `V=${plain}\n`);
  for (const quoted of [' ', 'a b', '#', '$x', 'a\nb', 'é', '~', '*']) assert.equal(line(quoted), `V='${quoted}'\n`);
});

test('each format that a command offers is another way to write a value', () => {
  const texts = ENVIRONMENT_FORMATS.map((format) => formatEnvironment([{ name: 'V', value: 'a b' }], format));
  assert.deepEqual(texts, ["V='a b'\n", 'V=a b\n', '{\n  "V": "a b"\n}\n', "export V='a b'\n"]);
});
