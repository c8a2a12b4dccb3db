/** What a registrar takes for its own: by the mark and by the id, since somebody may have copied one of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isOfContainer, isOwn, lifeOf, markOf, serviceIdOf } from '../../src/registrar/own-mark.js';

const ID = `0123456789ab${'c'.repeat(52)}`;

test('an id names the node, the container and the port', () => {
  assert.equal(serviceIdOf('n1', ID, 8080), 'autoproxy-n1-0123456789ab-8080');
});

test('a service is own by its mark and its id together', () => {
  const meta = Object.fromEntries(markOf('n1', 'one'));
  assert.deepEqual(meta, { 'autoproxy-node': 'n1', 'autoproxy-life': 'one' });
  assert.ok(isOwn({ id: serviceIdOf('n1', ID, 8080), meta }, 'n1'));
  assert.ok(isOwn({ id: serviceIdOf('n1', ID, 80), meta: { 'autoproxy-node': 'n1' } }, 'n1'));
  for (const id of [
    'autoproxy-n2-0123456789ab-8080',
    'autoproxy-n1-0123456789ab-8080x',
    'xautoproxy-n1-0123456789ab-8080',
    'autoproxy-n1-x0123456789ab-8080',
    'autoproxy-n1-0123456789a-8080',
    'autoproxy-n1-0123456789abc-8080',
    'autoproxy-n1-0123456789AB-8080',
    'autoproxy-n1-0123456789ab-',
    'autoproxy-n1-0123456789ab-123456',
    'autoproxy-n1-n1-0123456789ab-8080',
    '0123456789ab-8080',
    '',
  ])
    assert.ok(!isOwn({ id, meta }, 'n1'), id);
  for (const other of [{}, { 'autoproxy-node': 'n2' }, { 'autoproxy-node': '' }])
    assert.ok(!isOwn({ id: serviceIdOf('n1', ID, 8080), meta: other }, 'n1'));
});

test('node and id tell the container of a service; the port does not count', () => {
  const id = serviceIdOf('n1', ID, 8080);
  assert.ok(isOfContainer({ id }, ID, 'n1'));
  assert.ok(isOfContainer({ id }, ID.slice(0, 12), 'n1'));
  assert.ok(!isOfContainer({ id }, ID, 'n'));
  assert.ok(!isOfContainer({ id }, ID, 'n2'));
  assert.ok(!isOfContainer({ id }, ID.slice(0, 11), 'n1'));
  assert.ok(!isOfContainer({ id }, `1${ID.slice(1)}`, 'n1'));
});

test('the life of a registration is that of its container', () => {
  assert.equal(lifeOf({ meta: { 'autoproxy-life': 'one' } }), 'one');
  assert.equal(lifeOf({ meta: {} }), null);
});
