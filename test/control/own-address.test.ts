import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { isBoundAddress, isOwnAddress, ownAddressOf } from '../../src/control/own-address.js';
import { configOf } from './configs.js';

test('the own address is what was said, or else what is bound', () => {
  assert.equal(ownAddressOf(configOf({ bind: '127.0.0.2' })), '127.0.0.2');
  assert.equal(ownAddressOf(configOf({ bind: '::', ip: '10.0.0.1' })), '10.0.0.1');
});

test('who binds one address may have a neighbor on the same host', () => {
  const config = configOf({ bind: '127.0.0.2' });
  assert.equal(isOwnAddress(config, '127.0.0.2'), true);
  assert.equal(isOwnAddress(config, '127.0.0.1'), false);
});

test('who binds every address has every address of the host', () => {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
  assert.ok(addresses.length > 0);
  for (const bind of ['::', '0.0.0.0']) {
    for (const address of addresses) assert.equal(isOwnAddress(configOf({ bind }), address), true, address);
    assert.equal(isOwnAddress(configOf({ bind }), '192.0.2.1'), false);
  }
});

test('an address that was said is the only own one', () => {
  const config = configOf({ bind: '::', ip: '10.0.0.1' });
  assert.equal(isOwnAddress(config, '10.0.0.1'), true);
  assert.equal(isOwnAddress(config, '127.0.0.1'), false);
});

test('an address is the same however it is spelled', () => {
  assert.equal(isOwnAddress(configOf({ bind: '::', ip: 'fd00::1' }), 'FD00:0:0::1'), true);
  assert.equal(isOwnAddress(configOf({ bind: '::', ip: '10.0.0.1' }), '::ffff:10.0.0.1'), true);
});

test('slots are bound at the one address, or at each of the machine and of loopback', () => {
  assert.equal(isBoundAddress(configOf({ bind: '127.0.0.2', ip: '10.0.0.1' }), '127.0.0.2'), true);
  assert.equal(isBoundAddress(configOf({ bind: '127.0.0.2' }), '127.0.0.1'), false);
  for (const bind of ['::', '0.0.0.0']) {
    assert.equal(isBoundAddress(configOf({ bind }), '127.0.0.77'), true);
    assert.equal(isBoundAddress(configOf({ bind }), '192.0.2.1'), false);
  }
});
