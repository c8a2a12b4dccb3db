/** Lines of maps and lists: each is read back as what was meant, or refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { certificateLine, fileFromLines, listLine, mapLine, networkLine } from '../../../edge/syntax/file-lines.js';

function refused(write: () => unknown, reason: string): void {
  assert.throws(write, { name: 'RefusedValue', field: 'f', reason });
}

test('a line of a map is a key, a blank and a value', () => {
  assert.equal(mapLine('f', 'shop.example/a', 'be_shop'), 'shop.example/a be_shop');
  assert.equal(mapLine('f', '!~', 'a#'), '!~ a#');
  for (const bad of ['', ' ', 'a b', 'a ', ' a', '#a', 'a\n', '\na', 'ä', '\x7f']) {
    refused(() => mapLine('f', bad, 'v'), 'is not a field of a map');
    refused(() => mapLine('f', 'k', bad), 'is not a field of a map');
  }
});

test('a line of a map fits into a command of the runtime socket', () => {
  assert.equal(mapLine('f', 'k'.repeat(1_000), 'v'.repeat(999)).length, 2_000);
  refused(() => mapLine('f', 'k'.repeat(1_000), 'v'.repeat(1_000)), 'is too long');
  refused(() => mapLine('f', `certs${'k'.repeat(1_000)}`, 'v'.repeat(1_000)), 'is too long');
});

test('a line of a list of networks is an address or a network', () => {
  for (const good of ['192.0.2.0/24', '192.0.2.1', '2001:db8::/32']) assert.equal(networkLine('f', good), good);
  for (const bad of ['', '192.0.2.0/33', '192.0.2', 'a', '192.0.2.1 ', '#']) {
    refused(() => networkLine('f', bad), 'is not a network');
  }
});

test('a line of a list is printable, without blanks around it, and no comment', () => {
  for (const good of ['a', '~', 'a b', 'Mozilla/5.0 (X11)', 'a#b']) assert.equal(listLine('f', good), good);
  for (const bad of ['', ' ', ' a', 'a ', '#a', 'a\nb', 'a\n', '\na', 'é', 'a\x7f']) {
    refused(() => listLine('f', bad), 'is not a line of a list');
  }
});

test('a certificate stands with the names that it covers, however many they are', () => {
  const line = certificateLine('f', 'certs/shop.example.pem', ['shop.example', '*.shop.example']);
  assert.equal(line, 'certs/shop.example.pem [alpn h2,http/1.1] shop.example *.shop.example');
  const names = Array.from({ length: 300 }, (_, index) => `host-${index}.example`);
  assert.equal(certificateLine('f', 'certs/_.pem', names), `certs/_.pem [alpn h2,http/1.1] ${names.join(' ')}`);
});

test('a certificate is refused for its file, without names, and for a name', () => {
  const bad = ['', 'a.pem', 'certs/.pem', 'certs/a', 'xcerts/a.pem', 'certs/a.pem ', 'certs/A.pem', 'certs/../a.pem'];
  for (const file of [...bad, 'certs/-a.pem', 'certs/a b.pem', 'certs/aXpem']) {
    refused(() => certificateLine('f', file, ['a']), 'is not a certificate file');
  }
  refused(() => certificateLine('f', 'certs/a.pem', []), 'has no names');
  for (const name of ['', 'a b', '*', '*a', 'a.*', '.a', '-a', 'A', 'a\n', ' a', '*.', 'x*.a']) {
    refused(() => certificateLine('f', 'certs/a.pem', ['ok', name]), 'has an invalid name');
  }
});

test('each line of a file has its end', () => {
  assert.deepEqual([fileFromLines([]), fileFromLines(['a']), fileFromLines(['b', 'a'])], ['', 'a\n', 'b\na\n']);
});
