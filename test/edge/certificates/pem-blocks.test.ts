/** PEM texts as OpenSSL reads them, and what is wrong with those that give less than was meant. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOfPem, isCertificate, isPrivateKey, pemBlocksOf } from '../../../edge/certificates/pem-blocks.js';

const block = (label: string, body = 'AAAA\n'): string => `-----BEGIN ${label}-----\n${body}-----END ${label}-----`;

test('blocks have label, text, file and line', () => {
  const text = `a person's words\n${block('CERTIFICATE')}\n\nmore\n${block('PRIVATE KEY', 'BBBB\nCCCC\n')}\n`;
  assert.deepEqual(pemBlocksOf(text, 'shop.pem'), [
    { label: 'CERTIFICATE', text: block('CERTIFICATE'), file: 'shop.pem', line: 2 },
    { label: 'PRIVATE KEY', text: block('PRIVATE KEY', 'BBBB\nCCCC\n'), file: 'shop.pem', line: 7 },
  ]);
});

test('a byte order mark in front and blanks behind the first line are passed over, an indented line begins nothing', () => {
  const marked = `\uFEFF${block('CERTIFICATE')}`;
  assert.deepEqual(
    pemBlocksOf(marked, 'f').map(({ text, line }) => [text, line]),
    [[block('CERTIFICATE'), 1]],
  );
  for (const blank of [' ', '\t', '\r', '\0', ' \r', '\v']) {
    const text = block('CERTIFICATE').replace('-----\n', `-----${blank}\n`);
    assert.equal(pemBlocksOf(text, 'f').length, 1, JSON.stringify(blank));
  }
  for (const text of [` ${block('A')}`, `x${block('A')}`, block('A').replace('-----\n', '-----x\n'), block('')]) {
    assert.deepEqual(pemBlocksOf(text, 'f'), [], text);
  }
});

test('a block that begins anew or ends as another one is not whole', () => {
  const cut = '-----BEGIN CERTIFICATE-----\nAAAA\n';
  assert.deepEqual(pemBlocksOf(cut, 'f'), []);
  assert.deepEqual(
    pemBlocksOf(`${cut}${block('PRIVATE KEY')}`, 'f').map(({ label }) => label),
    ['PRIVATE KEY'],
  );
  assert.deepEqual(pemBlocksOf(`${cut}-----END PRIVATE KEY-----\n`, 'f'), []);
  assert.deepEqual(pemBlocksOf(`${cut} -----END CERTIFICATE-----\n`, 'f'), []);
});

test('certificates and keys are told by their labels', () => {
  const labels = ['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE', 'CERTIFICATE REQUEST', 'X509 CRL'];
  const keys = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'ENCRYPTED PRIVATE KEY', 'PUBLIC KEY', 'PRIVATE KEYS'];
  const blocks = (all: readonly string[]) => all.map((label) => ({ label, text: '', file: '', line: 1 }));
  assert.deepEqual(blocks(labels).map(isCertificate), [true, true, true, false, false]);
  assert.deepEqual(blocks(keys).map(isPrivateKey), [true, true, true, false, false]);
  assert.ok(!blocks(keys).some(isCertificate) && !blocks(labels).some(isPrivateKey));
});

test('a fault says what, what to do, and where', () => {
  const rows: readonly [text: string, message: RegExp, hint: RegExp, line: number | null][] = [
    ['', /^the file is empty$/, /^write the certificate into it$/, null],
    [' \n', /^the file is empty$/, /^write the certificate into it$/, null],
    [
      `${block('CERTIFICATE')}\0`,
      /^the file is not PEM text: it has bytes of zero in it$/,
      /DER.*PKCS #12.*UTF-16/,
      null,
    ],
    ['hello', /^the file has no PEM block$/, /begins with -----BEGIN CERTIFICATE-----$/, null],
    ['a\n---- BEGIN CERTIFICATE', /^the first PEM line is damaged$/, /five dashes on both sides/, 2],
    ['a\n\n -----BEGIN CERTIFICATE-----', /^the first PEM line is damaged$/, /start of a line/, 3],
    ['- BEGIN of a list\n--- BEGIN', /^the file has no PEM block$/, /begins with/, null],
    ['-----BEGIN CERTIFICATE-----x\nAAAA\n', /^the first PEM line is damaged$/, /start of a line/, 1],
    ['-----END CERTIFICATE-----', /^the first PEM line is damaged$/, /start of a line/, 1],
    [
      `${block('CERTIFICATE')}\n-----BEGIN PRIVATE KEY-----\nAAAA\n`,
      /^the block PRIVATE KEY has no line -----END PRIVATE KEY-----$/,
      /^the file was cut short: write it again$/,
      4,
    ],
    [
      `${block('CERTIFICATE')}\n\n-----BEGIN PRIVATE KEY----- \t\nAAAA\n`,
      /^the block PRIVATE KEY has no line/,
      /cut short/,
      5,
    ],
    [
      `-----BEGIN ${'X'.repeat(50)}-----\n`,
      new RegExp(`^the block ${'X'.repeat(40)} has no line -----END ${'X'.repeat(40)}-----$`),
      /cut short/,
      1,
    ],
  ];
  for (const [text, message, hint, line] of rows) {
    const fault = faultOfPem(text);
    assert.ok(fault !== null, text);
    assert.match(fault.message, message);
    assert.match(fault.hint, hint);
    assert.equal(fault.line, line, text);
  }
  assert.equal(faultOfPem(`words\n${block('CERTIFICATE')}\nwords\n${block('PRIVATE KEY')}`), null);
});
