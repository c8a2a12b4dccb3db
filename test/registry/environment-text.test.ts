/** What is written is what real readers read. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { EnvEntry } from '../../src/model/app-definition.js';
import { ENVIRONMENT_FORMATS, formatEnvironment } from '../../src/registry/environment-text.js';
import { RegistryFailure } from '../../src/registry/registry.js';
import { temporaryFolder } from '../support/at-end.js';
import { composeConfig } from '../support/docker/docker-compose.js';

/** Those that every reader of dotenv files reads as they are. */
const VALUES = [
  '',
  'plain',
  ' leading and trailing ',
  '# no comment',
  'a # b',
  '$HOME $(id) `id`',
  'back\\slash \\n \\\\ \\t',
  '`id`',
  '"`id`" and $(id)',
  '`'.repeat(3),
  'say "hi"',
  "it's",
  "it's # two\nlines",
  '-----BEGIN X-----\nab$c"d\\e\n-----END X-----\n',
  'a=b=c',
  'grüße ☃ 🚀',
  '\ttab',
  '!x;y|z&(w)<v>*?[u]~{t}',
];
/** Some readers take away what others keep: a backslash, a carriage return, what a shell runs. */
const AMBIGUOUS = [
  ['\r\n', /has a carriage return/],
  ['a\rb', /has a carriage return/],
  ['C:\\dir\\', /ends with a backslash/],
  ["it's $HOME", /has both ' and one of/],
  [`it's "so"`, /has both ' and one of/],
  ["it's \\ so", /has both ' and one of/],
  ["it's `id`", /has both ' and one of/],
] as const;
const ALL = [...VALUES, ...AMBIGUOUS.map(([value]) => value)];

function entriesOf(values: readonly string[]): EnvEntry[] {
  return values.map((value, index) => ({ name: `V${index}`, value }));
}

const asObject = (values: readonly string[]): Record<string, string> =>
  Object.fromEntries(values.map((value, index) => [`V${index}`, value]));

/** What a shell has after it has run the text. */
function readByShell(shell: string, values: readonly string[], text: string): readonly string[] {
  const show = values.map((_, index) => `printf '%s\\0' "$V${index}"`).join('\n');
  return execFileSync(shell, ['-euc', `${text}${show}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
}

test('export: a POSIX shell has each value as it was', () => {
  assert.deepEqual(readByShell('sh', ALL, formatEnvironment(entriesOf(ALL), 'export')), ALL);
});

for (const shell of ['sh', 'bash'])
  test(`dotenv: ${shell} has each value as it was`, () => {
    assert.deepEqual(readByShell(shell, VALUES, formatEnvironment(entriesOf(VALUES), 'dotenv')), VALUES);
  });

test('dotenv: node --env-file has each value as it was', (context) => {
  const file = path.join(temporaryFolder(context, 'dotenv'), '.env');
  writeFileSync(file, formatEnvironment(entriesOf(VALUES), 'dotenv'));
  const words = [`--env-file=${file}`, '-e', 'process.stdout.write(JSON.stringify(process.env))'];
  const read = JSON.parse(execFileSync(process.execPath, words, { env: {}, encoding: 'utf8' }));
  assert.deepEqual(read, asObject(VALUES));
});

test('dotenv: Docker Compose has each value as it was', async (context) => {
  const folder = temporaryFolder(context, 'compose');
  writeFileSync(path.join(folder, 'app.env'), formatEnvironment(entriesOf(VALUES), 'dotenv'));
  const file = path.join(folder, 'compose.yml');
  writeFileSync(file, 'services: {app: {image: none, env_file: app.env}}\n');
  const { services } = JSON.parse(await composeConfig(file, {}));
  const read = Object.entries(services.app.environment as Record<string, string>);
  // It writes a configuration that it would read again, where $$ stands for $.
  assert.deepEqual(
    Object.fromEntries(read.map(([name, value]) => [name, value.replaceAll('$$', '$')])),
    asObject(VALUES),
  );
});

test('dotenv: what readers read in different ways is refused by name, with the formats that have it', () => {
  for (const [value, reason] of AMBIGUOUS) {
    const refusal = (error: unknown): boolean => {
      assert.ok(error instanceof RegistryFailure);
      assert.match(error.message, /^V /);
      assert.match(error.message, reason);
      assert.match(error.hint ?? '', /--format export/);
      return true;
    };
    assert.throws(() => formatEnvironment([{ name: 'V', value }], 'dotenv'), refusal);
  }
});

test('docker: values stand as they are, and a line end is refused by name', () => {
  const values = VALUES.filter((value) => !/[\r\n]/.test(value));
  // As docker reads it: a line each, the name up to the first =, the rest as it is.
  const lines = formatEnvironment(entriesOf(values), 'docker').split('\n').slice(0, -1);
  const read = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]);
  assert.deepEqual(Object.fromEntries(read), asObject(values));
  assert.throws(() => formatEnvironment(entriesOf(['a\nb']), 'docker'), /V0 has a line end/);
  const most = 65_535 - 'V0='.length;
  assert.equal(formatEnvironment(entriesOf(['x'.repeat(most)]), 'docker').length, 65_536);
  assert.throws(() => formatEnvironment(entriesOf(['x'.repeat(most + 1)]), 'docker'), /V0 is too long/);
});

test('json: each value as it was, a secret as its place', () => {
  const secret = { name: 'S', value: { from: 'file:/run/secrets/s' } } as const;
  const text = formatEnvironment([...entriesOf(ALL), secret], 'json');
  assert.deepEqual(JSON.parse(text), { ...asObject(ALL), S: { from: 'file:/run/secrets/s' } });
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
