/** Which keys a certificate may have. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { pemBlocksOf } from '../../../edge/certificates/pem-blocks.js';
import { isKey, readPrivateKey } from '../../../edge/certificates/private-key.js';

function verdictOf(text: string): string {
  const [block] = pemBlocksOf(text, 'key.pem');
  assert.ok(block !== undefined);
  const read = readPrivateKey(block);
  return isKey(read) ? 'taken' : `${read.message} (${read.hint})`;
}

const pemOf = ({ privateKey }: { readonly privateKey: KeyObject }, type: 'pkcs8' | 'sec1' = 'pkcs8'): string =>
  privateKey.export({ type, format: 'pem' }).toString();

test('the curves that browsers take are taken, in both forms, and no other one', () => {
  const advice = '(make one with a curve (prime256v1), or RSA with 2048 bits or more)';
  for (const namedCurve of ['prime256v1', 'secp384r1', 'secp521r1']) {
    const pair = generateKeyPairSync('ec', { namedCurve });
    assert.equal(verdictOf(pemOf(pair)), 'taken', namedCurve);
    assert.equal(verdictOf(pemOf(pair, 'sec1')), 'taken', namedCurve);
  }
  for (const namedCurve of ['secp256k1', 'secp224r1']) {
    const expected = `the key is on the curve ${namedCurve} ${advice}`;
    assert.equal(verdictOf(pemOf(generateKeyPairSync('ec', { namedCurve }))), expected);
  }
  assert.equal(
    verdictOf(pemOf(generateKeyPairSync('ed25519'))),
    `the key is of the kind ed25519, which browsers do not support ${advice}`,
  );
  assert.equal(
    verdictOf(pemOf(generateKeyPairSync('rsa', { modulusLength: 1_024 }))),
    `the key has 1024 bits of RSA ${advice}`,
  );
});
