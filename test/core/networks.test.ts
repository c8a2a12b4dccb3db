import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { canonicalAddress, hostPort } from '../../src/core/networks.js';

test('every spelling of one address is one text', () => {
  const spellings: Readonly<Record<string, readonly string[]>> = {
    '10.0.0.3': ['10.0.0.3', '::ffff:10.0.0.3', '::FFFF:a00:3'],
    'fd00::2': ['fd00::2', 'FD00:0::2', 'fd00:0000:0:0:0:0:0:2'],
    'fd00:0:0:1::': ['fd00:0:0:1:0:0:0:0', 'fd00::1:0:0:0:0'],
    '::1': ['::1', '0:0::1'],
  };
  for (const [canonical, texts] of Object.entries(spellings)) {
    for (const text of texts) assert.equal(canonicalAddress(text), canonical, text);
  }
});

test('it is the spelling that the kernel has for the addresses of this host', () => {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list?.map(({ address }) => address) ?? []);
  assert.ok(addresses.length > 0);
  for (const address of addresses) assert.equal(canonicalAddress(address), address);
});

test('text that is not an address stays as it is', () => {
  for (const text of ['', 'node-a', '10.0.0', '10.0.0.03', 'fe80::1%eth0', '::1]/?']) {
    assert.equal(canonicalAddress(text), text);
  }
});

test('a port stands behind the address, and IPv6 in brackets', () => {
  assert.equal(hostPort('10.0.0.3', 80), '10.0.0.3:80');
  assert.equal(hostPort('fd00::2', 80), '[fd00::2]:80');
  assert.equal(hostPort('::1', 'native_port'), '[::1]:native_port');
});

test('brackets are written in one place', () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const files = ['src', 'edge'].flatMap((folder) =>
    readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => path.join(folder, name)),
  );
  const others = files.filter((name) =>
    /\[\$\{[\w.]*(?:host|address)\}\]/i.test(readFileSync(path.join(root, name), 'utf8')),
  );
  assert.deepEqual(others, ['src/core/networks.ts'], 'use hostPort of core/networks');
});
