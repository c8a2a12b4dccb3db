/** What one change of a stored document does: where nothing changes, where somebody else writes, and where the app is gone. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { DirectoryRegistry } from '../../src/registry/directory.js';
import { editApp } from '../../src/registry/edit-app.js';
import { RegistryFailure } from '../../src/registry/registry.js';
import { temporaryFolder } from '../support/at-end.js';
import { smallApp } from './put-options.js';

async function startRegistry(context: TestContext) {
  const directory = temporaryFolder(context, 'registry');
  const registry = new DirectoryRegistry(directory);
  await registry.put('shop', smallApp('shop', 'image: shop:1\n').text, null, null);
  const puts = context.mock.method(registry, 'put');
  /** As an editor does it. */
  const writeByHand = (image: string): void => {
    writeFileSync(path.join(directory, 'shop.yml'), smallApp('shop', `image: ${image}\n`).text);
  };
  const text = async (): Promise<string | undefined> => (await registry.get('shop'))?.text;
  return { registry, puts, writeByHand, text };
}

const note = (text: string): string => `${text}# noted\n`;

test('a change is written once; an equal text and an app that is gone write nothing', async (context) => {
  const { registry, puts, text } = await startRegistry(context);
  const before = (await text()) ?? '';
  assert.equal(await editApp(registry, 'shop', (stored) => stored.text), false);
  assert.equal(await editApp(registry, 'till', () => assert.fail('nothing to edit')), false);
  assert.equal(puts.mock.callCount(), 0);
  assert.equal(await editApp(registry, 'shop', (stored) => note(stored.text)), true);
  assert.equal(puts.mock.callCount(), 1);
  assert.equal(await text(), note(before));
});

test('what somebody else writes meanwhile is edited, and not written over', async (context) => {
  const { registry, puts, writeByHand, text } = await startRegistry(context);
  let edits = 0;
  const isWritten = await editApp(registry, 'shop', (stored) => {
    edits += 1;
    if (edits === 1) writeByHand('shop:2');
    return note(stored.text);
  });
  assert.deepEqual([isWritten, edits, puts.mock.callCount()], [true, 2, 2]);
  assert.equal(await text(), note(smallApp('shop', 'image: shop:2\n').text));
});

test('a document that changes at each of twenty attempts is given up, with what to do', async (context) => {
  const { registry, writeByHand, text } = await startRegistry(context);
  let edits = 0;
  const editing = editApp(registry, 'shop', (stored) => {
    edits += 1;
    writeByHand(`shop:${edits + 1}`);
    return note(stored.text);
  });
  await assert.rejects(editing, (error) => {
    assert.ok(error instanceof RegistryFailure);
    assert.equal(error.message, 'shop: it kept changing during the write');
    assert.equal(error.hint, 'find out who else writes it, and try again');
    return true;
  });
  assert.equal(edits, 20);
  assert.equal(await text(), smallApp('shop', 'image: shop:21\n').text);
});
