/** The files for those who come from consul-template are read by a node. test/e2e/migration.test.ts runs the commands of the page. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { appFromDefinition, parseAppDefinitions } from '../src/documents/app-definition-document.js';
import { DEFINITION_KEYS } from '../src/documents/definition-keys.js';
import { APP_KEY_NAMES, parseServiceDocument } from '../src/documents/service-document.js';
import { runCli } from './support/node/run-cli.js';

const FOLDER = fileURLToPath(new URL('../../examples/consul-template', import.meta.url));
const readText = (name: string): string => readFileSync(path.join(FOLDER, name), 'utf8');

interface Tree {
  readonly pod: string;
  readonly node: string;
  readonly 'autoproxy/apps': Readonly<Record<string, unknown>>;
  readonly 'autoproxy/slots': Readonly<Record<string, string>>;
  readonly passing: Readonly<Record<string, readonly { readonly node: string; readonly address: string }[]>>;
}

test('the recorded rendering says what the tree says', () => {
  const tree = JSON.parse(readText('tree.json')) as Tree;
  const rendered = parseServiceDocument(readText('rendered.yml'), 'rendered.yml', 'directory');
  assert.deepEqual(rendered.problems, []);
  const expected = Object.entries(tree['autoproxy/apps']).flatMap(([name, document]) => {
    const { apps, problems } = parseAppDefinitions(JSON.stringify(document), name, 'registry');
    assert.deepEqual(problems, []);
    const definition = apps[0]?.definition ?? assert.fail(name);
    const isRecorded = tree['autoproxy/slots'][String(definition.slot)] === name;
    if (!isRecorded || !definition.pods.includes(tree.pod)) return [];
    const addresses = (tree.passing[name] ?? []).flatMap(({ node, address }) => (node === tree.node ? [address] : []));
    const { origin: _, instances: __, ...app } = appFromDefinition(definition, []) ?? assert.fail(name);
    return [{ ...app, instances: addresses }];
  });
  const read = rendered.apps.map(({ origin: _, instances, ...app }) => ({
    ...app,
    instances: instances.map(({ id }) => id),
  }));
  assert.deepEqual(read, expected);
});

test('autoproxy check has nothing to say about the recorded rendering', async () => {
  const { exitCode, stdout } = await runCli(['check', path.join(FOLDER, 'rendered.yml'), '--strict']);
  assert.deepEqual([exitCode, stdout], [0, '1 file, 2 apps: 0 errors, 0 warnings\n']);
});

test('the template leaves out exactly the keys that a services file does not know', () => {
  const [, words = ''] = /\$left_out := "([^"]+)"/.exec(readText('services.ctmpl')) ?? assert.fail();
  const unknown = Object.keys(DEFINITION_KEYS).filter((name) => !APP_KEY_NAMES.includes(name));
  // The slot is written from what has been checked against its record.
  assert.deepEqual(words.split(' ').sort(), [...new Set([...unknown, 'slot', 'translated_port'])].sort());
});
