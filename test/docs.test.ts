/** What the documents list is what the code has: commands, exit codes, options, error codes, paths. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { FIELDS } from '../src/access-log/format/fields.js';
import { JSON_KEYS } from '../src/access-log/format/json-format.js';
import { EXIT_CODES } from '../src/cli/exit-codes.js';
import { createProgram } from '../src/cli/program.js';
import { CONFIG_OPTION, OPTIONS } from '../src/config/options.js';
import { ERRORS } from '../src/core/errors.js';
import { APP_LABEL_NAMES } from '../src/documents/label-document.js';
import { CONTAINER_LABELS } from '../src/sources/docker/own-labels.js';
import { describingContext } from './cli/describing-context.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function readText(name: string): string {
  return readFileSync(path.join(ROOT, name), 'utf8');
}

/** The rows of the table that follows a comment `<!-- name... -->`, without title and rule. */
function tableAfter(text: string, name: string): string[] {
  const start = text.indexOf(`<!-- ${name}`);
  assert.notEqual(start, -1, `no comment "<!-- ${name}" stands before the table`);
  const lines = text.slice(start).split('\n').slice(1);
  const end = lines.findIndex((line) => !line.startsWith('|'));
  return lines.slice(2, end === -1 ? undefined : end);
}

function cellsOf(row: string): string[] {
  return row
    .slice(1, -1)
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** Of a command that only holds others, those others; one with options does something of its own too. */
function commandRows(command: Command, parents: readonly string[]): string[] {
  const words = [...parents, command.name()];
  const inside = command.commands.flatMap((inner) => commandRows(inner, words));
  const isHolder = inside.length > 0 && (parents.length === 0 || command.options.length === 0);
  return isHolder ? inside : [rowOf(command, words), ...inside];
}

function rowOf(command: Command, words: readonly string[]): string {
  const arguments_ = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
    return argument.required ? ` <${name}>` : ` [${name}]`;
  });
  return `| \`${words.join(' ')}${arguments_.join('')}\` | ${command.description()} |`;
}

test('docs/commands.md lists every command with its description', async () => {
  const expected = commandRows(await createProgram(describingContext), []);
  assert.deepEqual(tableAfter(readText('docs/commands.md'), 'commands').sort(), expected.sort());
});

test('docs/commands.md lists every exit code', () => {
  const codes = tableAfter(readText('docs/commands.md'), 'exit codes').map((row) => Number(cellsOf(row)[0]));
  assert.deepEqual(codes, Object.values(EXIT_CODES));
});

test('docs/options.md lists every option as config/options.ts has it', () => {
  const first = { ...CONFIG_OPTION, fallbackHelp: CONFIG_OPTION.fallback, isSecret: false };
  const expected = [first, ...Object.values(OPTIONS)].map((option) => {
    const { name, placeholder, environment, fallbackHelp, help, isSecret } = option;
    const variables = environment.map((variable) => `\`${variable}\``).join(', ');
    const flag = isSecret ? `no flag; \`${name}\` in the file` : `\`--${name} ${placeholder}\``;
    return `| ${flag} | ${variables} | ${fallbackHelp ?? ''} | ${help} |`;
  });
  assert.deepEqual(tableAfter(readText('docs/options.md'), 'options'), expected);
});

test('src/proxy/README.md lists every error code as core/errors.ts has it', () => {
  const expected = Object.entries(ERRORS).map(
    ([code, { status, side, retry, flags, text }]) =>
      `| ${code} | ${status} | ${side} | ${retry} | \`${flags}\` | ${text} |`,
  );
  assert.deepEqual(tableAfter(readText('src/proxy/README.md'), 'errors'), expected);
});

test('docs/containers.md lists every label of a container, and every label that defines an app', () => {
  const text = readText('docs/containers.md');
  const ofContainer = Object.entries(CONTAINER_LABELS).map(([name, help]) => `| \`autoproxy.${name}\` | ${help} |`);
  assert.deepEqual(tableAfter(text, 'container labels'), ofContainer);
  const ofApp = APP_LABEL_NAMES.map((name) => `| \`autoproxy.${name}\` |`);
  assert.deepEqual(tableAfter(text, 'app labels'), ofApp);
});

test('docs/access-log.md lists every field of format strings and every key of JSON', () => {
  const text = readText('docs/access-log.md');
  const fields = Object.entries(FIELDS).map(([name, { about }]) => [`\`%${name}\``, about]);
  assert.deepEqual(tableAfter(text, 'access log fields').map(cellsOf), fields);
  const keys = Object.entries(JSON_KEYS).map(([name, { like, about }]) => [
    ...[`\`${name}\``, like === '' ? '' : `\`%${like}\``, about],
  ]);
  assert.deepEqual(tableAfter(text, 'access log keys').map(cellsOf), keys);
});

test('docs/migration.md answers for the habits of an operator of HAProxy, with commands and options that are there', async () => {
  const rows = tableAfter(readText('docs/migration.md'), 'haproxy').map(cellsOf);
  const haproxys = rows.map(([before = '']) => before).join('\n');
  for (const habit of ['stats uri', 'show stat', 'weight N', 'disable server', 'option httplog'])
    assert.ok(haproxys.includes(habit), habit);
  const now = rows.map(([, after = '']) => after).join('\n');
  const program = await createProgram(describingContext);
  const named = [...now.matchAll(/autoproxy ([a-z]+)/g)].map(([, name]) => name);
  const missing = named.filter((name) => !program.commands.some((command) => command.name() === name));
  assert.deepEqual(missing, []);
  const options = optionsOf(program).concat(Object.values(OPTIONS).map(({ name }) => `--${name}`));
  const flags = [...now.matchAll(/(?<=[`[ ])--[a-z][a-z-]+/g)].map(([flag]) => flag);
  assert.deepEqual(
    flags.filter((flag) => !options.includes(flag)),
    [],
  );
});

function optionsOf(command: Command): string[] {
  return [...command.options.map(({ long }) => long ?? ''), ...command.commands.flatMap(optionsOf)];
}

test('every link in a document of ours leads to a file', () => {
  const ours = readdirSync(ROOT).filter((name) => !/^(node_modules|dist|\..*)$/.test(name));
  const inFolder = (name: string): readonly string[] =>
    readdirSync(path.join(ROOT, name), { recursive: true, encoding: 'utf8' }).map((inner) => path.join(name, inner));
  const documents = ours
    .flatMap((name) => (statSync(path.join(ROOT, name)).isDirectory() ? inFolder(name) : [name]))
    .filter((name) => name.endsWith('.md'));
  assert.ok(documents.includes('README.md') && documents.includes('src/README.md'));
  const broken: string[] = [];
  for (const name of documents) {
    for (const [, target] of readText(name).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (target === undefined || /^(https?:|#)/.test(target)) continue;
      const file = path.join(ROOT, path.dirname(name), target.replace(/#.*$/, ''));
      if (!existsSync(file)) broken.push(`${name}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});
