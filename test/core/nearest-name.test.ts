import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestName } from '../../src/core/nearest-name.js';

const KNOWN = ['protocol', 'native_port', 'translated_port', 'instances', 'nolog'];

test('a slip, a swap, another case and another dash are near', () => {
  assert.equal(nearestName('protcol', KNOWN), 'protocol');
  assert.equal(nearestName('portocol', KNOWN), 'protocol');
  assert.equal(nearestName('Native-Port', KNOWN), 'native_port');
  assert.equal(nearestName('nologs', KNOWN), 'nolog');
});

test('another word is not near', () => {
  assert.equal(nearestName('weight', KNOWN), null);
  assert.equal(nearestName('', KNOWN), null);
  assert.equal(nearestName('x'.repeat(100_000), KNOWN), null);
});
