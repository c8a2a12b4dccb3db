/** From documents to apps: each once, sorted, and what two documents define is in neither. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAppDefinitions } from '../../src/documents/app-definition-document.js';
import { definitionFromApp } from '../../src/registry/imported-app.js';
import { type ReadDocument, storedFromDocuments } from '../../src/registry/stored-apps.js';
import { appOf } from '../support/node/apps.js';
import { smallApp } from './put-options.js';

function documentOf(file: string, text: string): ReadDocument {
  return {
    document: parseAppDefinitions(text, file, 'test'),
    placeName: null,
    versionOf: (written) => `${file} ${written.length}`,
  };
}

const app = (name: string): string => `name: ${name}\npods: [alpha]\nprotocol: http\n`;

test('apps are sorted by name, each with its text and version', () => {
  const { apps, refused, problems } = storedFromDocuments([
    documentOf('two.yml', `${app('till')}---\n${app('bank')}`),
    documentOf('one.yml', app('shop')),
  ]);
  assert.deepEqual(
    apps.map(({ definition, text, version }) => [definition.name, text.includes(definition.name), version]),
    [
      ['bank', true, `two.yml ${apps[0]?.text.length}`],
      ['shop', true, `one.yml ${app('shop').length}`],
      ['till', true, `two.yml ${apps[2]?.text.length}`],
    ],
  );
  assert.deepEqual([refused, problems], [[], []]);
});

test('an app that two documents define is none, and both places are named', () => {
  const { apps, refused, problems } = storedFromDocuments([
    documentOf('a.yml', `# first\n${app('shop')}`),
    documentOf('b.yml', `${app('till')}---\n${app('shop')}`),
  ]);
  assert.deepEqual(
    apps.map(({ definition }) => definition.name),
    ['till'],
  );
  assert.deepEqual(refused, ['shop']);
  const places = [problems[0], problems[1]].map((problem) => `${problem?.file}:${problem?.line}`);
  assert.deepEqual(
    problems.map(({ severity, app: name, message, hint }) => [severity, name, message, hint]),
    [0, 1].map(() => ['error', 'shop', `shop: it is defined in ${places.join(' and ')}`, 'keep one of them']),
  );
  assert.deepEqual(
    problems.map(({ file }) => file),
    ['a.yml', 'b.yml'],
  );
});

test('an app that is whole in one document and in error in another is refused', () => {
  const { apps, refused, problems } = storedFromDocuments([
    documentOf('a.yml', app('shop')),
    documentOf('b.yml', 'name: shop\npods: 3\n'),
  ]);
  assert.deepEqual([apps, refused], [[], ['shop']]);
  assert.ok(problems.length > 0 && problems.every(({ file }) => file === 'b.yml'));
});

test('what an old file does not say is kept from what the registry has', () => {
  const old = appOf('Shop.Old', 21_034);
  const known = smallApp(
    'shop',
    'num_instances: 3\nimage: shop:1\nenv: {A: "1"}\nedge: {routes: [{host: www.one.example}]}\n',
  ).definition;
  const fresh = definitionFromApp(old, 'shop', ['beta', 'alpha', 'beta'], null);
  assert.deepEqual(
    [fresh.name, fresh.pods, fresh.numInstances, fresh.image, fresh.edge, fresh.env, fresh.slot],
    ['shop', ['alpha', 'beta'], 1, null, null, [], 21_034],
  );
  const { edge, env, image, numInstances, pods } = definitionFromApp(old, 'shop', ['beta'], known);
  assert.deepEqual([pods, numInstances, image], [['alpha', 'beta'], 3, 'shop:1']);
  assert.deepEqual([edge, env], [known.edge, known.env]);
  assert.ok(!('instances' in fresh.settings) && !('slot' in fresh.settings));
});
