import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { test } from 'node:test';
import { isOwnAddress, isReachedAt, ownAddressOf } from '../../src/control/own-address.js';
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
  for (const bind of ['::', '0.0.0.0', '0::0']) {
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

test('what listens at one address is reached there alone', () => {
  assert.equal(isReachedAt('127.0.0.2', '127.0.0.2'), true);
  assert.equal(isReachedAt('127.0.0.2', '::ffff:127.0.0.2'), true);
  assert.equal(isReachedAt('0:0:0:0:0:0:0:1', '::1'), true);
  assert.equal(isReachedAt('127.0.0.2', '127.0.0.1'), false);
});

test('what listens at every address is reached at each of the machine and of loopback', () => {
  const machine = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
  const others = ['127.0.0.77', '::ffff:127.0.0.77'];
  for (const bound of ['::', '0::0', '::0', '0.0.0.0', '::ffff:0.0.0.0']) {
    for (const address of [...machine, ...others]) {
      const isReached = bound.includes('0.0.0.0') ? !address.includes(':') || address.startsWith('::ffff:') : true;
      assert.equal(isReachedAt(bound, address), isReached, `${address} at ${bound}`);
    }
    assert.equal(isReachedAt(bound, '192.0.2.1'), false);
  }
});
