/** The key of a certificate: one that HAProxy can read without a person, and strong enough. */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { isRefusal, type Refusal } from '../../src/core/refusal.js';
import type { PemBlock } from './pem-blocks.js';

const MIN_RSA_BITS = 2_048;
/** What browsers take in certificates. */
const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];

export function readPrivateKey({ text, label }: PemBlock): KeyObject | Refusal {
  if (label === 'ENCRYPTED PRIVATE KEY' || /^Proc-Type:.*ENCRYPTED/m.test(text)) {
    return { message: 'the key has a passphrase', hint: 'remove the passphrase: openssl pkey -in FILE -out FILE' };
  }
  if (label === 'OPENSSH PRIVATE KEY') {
    return { message: 'the key is in the format of OpenSSH', hint: 'HAProxy reads PEM: ssh-keygen -p -m PEM -f FILE' };
  }
  try {
    const key = createPrivateKey(text);
    return refusalOfStrength(key) ?? key;
  } catch {
    return { message: 'the key is unreadable', hint: 'check the file: openssl pkey -in FILE -noout -text' };
  }
}

function refusalOfStrength({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): Refusal | null {
  const hint = `make one with a curve (${CURVES[0]}), or RSA with ${MIN_RSA_BITS} bits or more`;
  if (type === 'rsa') {
    const bits = details?.modulusLength ?? 0;
    return bits >= MIN_RSA_BITS ? null : { message: `the key has ${bits} bits of RSA`, hint };
  }
  if (type === 'ec') {
    const curve = details?.namedCurve ?? 'no name';
    return CURVES.includes(curve) ? null : { message: `the key is on the curve ${curve}`, hint };
  }
  return { message: `the key is of the kind ${type}, which browsers do not support`, hint };
}

export function isKey(read: KeyObject | Refusal): read is KeyObject {
  return !isRefusal(read);
}
