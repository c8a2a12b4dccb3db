/** The way in is opened and closed in the document as people wrote it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAppDefinitions } from '../../src/documents/app-definition-document.js';
import type { AppDefinition } from '../../src/model/app-definition.js';
import { closedText, heldText, podsToHold } from '../../src/registry/way-in-text.js';

const BLOCK = `# our shop
name: shop
pods: [alpha, beta] # both
protocol: http
slot: 21034
edge:
  # the front door
  routes:
    - {host: www.one.example}
`;
const FLOW =
  'name: shop\npods: [alpha, beta]\nprotocol: http\nslot: 21034\nedge: {routes: [{host: www.one.example}]}\n';
const JSON_TEXT =
  '{"name": "shop", "pods": ["alpha", "beta"], "protocol": "http", "slot": 21034, "edge": {"routes": [{"host": "www.one.example"}]}}\n';

function definitionOf(text: string): AppDefinition {
  const { apps, problems } = parseAppDefinitions(text, 'f', 's');
  assert.deepEqual(problems, []);
  return apps[0]?.definition ?? assert.fail();
}

function withPods(pods: string, more = ''): AppDefinition {
  return definitionOf(
    `name: shop\npods: [${pods}]\nprotocol: http\nedge: {routes: [{host: www.one.example}]${more}}\n`,
  );
}

test('holding and opening leaves the document as it was', () => {
  for (const text of [BLOCK, FLOW, JSON_TEXT]) {
    const held = heldText(text, ['alpha', 'beta']);
    assert.deepEqual(definitionOf(held).edge?.heldPods, ['alpha', 'beta']);
    assert.equal(heldText(held, ['alpha', 'beta']), held);
    assert.equal(heldText(held, []), text);
    assert.equal(definitionOf(closedText(held)).edge?.isClosed, true);
  }
  assert.match(
    heldText(BLOCK, ['alpha']),
    /# our shop[\s\S]*# both[\s\S]*# the front door[\s\S]*\n {2}hold: \[alpha\]\n/,
  );
  assert.deepEqual(JSON.parse(heldText(JSON_TEXT, ['beta'])).edge.hold, ['beta']);
  assert.equal(heldText(BLOCK, []), BLOCK, 'what is not held stays to the letter');
});

test('where nothing changes a document stays to the letter, however it is written', () => {
  const odd = 'name:   shop\nedge:   { routes:   [ {host:  www.one.example} ],  hold:  [ beta ],  closed:  true }\n';
  assert.equal(heldText(odd, ['beta']), odd);
  assert.equal(closedText(odd), odd);
  const unheld = odd.replace('hold:  [ beta ],', '');
  assert.equal(heldText(unheld, []), unheld);
  for (const text of ['name:   shop\n', 'name:   shop\nedge:  null\n', 'name:  [\nedge: {}\n', '']) {
    assert.equal(heldText(text, ['beta']), text);
    assert.equal(closedText(text), text);
  }
});

test('a key that stands there keeps its place and its comment; the line that begins a document goes', () => {
  const held = BLOCK.replace('edge:\n', 'edge:\n  # for now\n  hold: [alpha]\n');
  assert.equal(heldText(held, ['beta']), held.replace('[alpha]', '[beta]'));
  const closed = BLOCK.replace('edge:\n', 'edge:\n  # for now\n  closed: false\n');
  assert.equal(closedText(closed), closed.replace('false', 'true'));
  assert.equal(closedText(`---\n${BLOCK}`), closedText(BLOCK));
  assert.deepEqual(JSON.parse(heldText(heldText(JSON_TEXT, ['alpha']), ['beta'])).edge.hold, ['beta']);
});

test('only pods that clients did not reach before are held', () => {
  assert.deepEqual(podsToHold(null, withPods('alpha, beta')), ['alpha', 'beta']);
  assert.deepEqual(podsToHold(withPods('alpha'), withPods('alpha, beta')), ['beta']);
  assert.deepEqual(podsToHold(withPods('alpha, beta'), withPods('beta')), []);
  assert.deepEqual(
    podsToHold(withPods('alpha', ', hold: [alpha]'), withPods('alpha')),
    ['alpha'],
    'it was interrupted',
  );
  assert.deepEqual(podsToHold(withPods('alpha', ', closed: true'), withPods('alpha')), ['alpha']);
  assert.deepEqual(podsToHold(withPods('alpha'), withPods('alpha', ', hold: [alpha]')), ['alpha'], 'it is asked for');
  assert.deepEqual(podsToHold(null, withPods('alpha', ', closed: true')), []);
  assert.deepEqual(podsToHold(null, definitionOf('name: shop\npods: [alpha]\nprotocol: http\n')), []);
});
