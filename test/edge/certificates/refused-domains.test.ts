/** Each fault that keeps a certificate from being served, at its place, as a person reads it. */
import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { type Domain, judgeDomain } from '../../../edge/certificates/domain.js';
import { formatProblem } from '../../../src/model/problem.js';
import { makeCertificate } from '../../support/edge/test-certificates.js';
import { domain, leaf, middle, NAMES, root, TODAY } from './valid-chain.js';

const other = makeCertificate({ names: NAMES, issuer: middle });

function faultOf(one: Domain): string {
  const { certificate, problems } = judgeDomain(one, TODAY);
  assert.equal(certificate, null);
  assert.equal(problems.length, 1);
  return problems.map(formatProblem).join();
}

const encrypted = createPrivateKey(leaf.key).export({
  type: 'pkcs8',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'x',
});
const weak = makeCertificate({
  names: NAMES,
  issuer: root,
  key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:1024'],
});
const RSA = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
const rsa = makeCertificate({ names: NAMES, issuer: root, key: RSA });
const otherRsa = makeCertificate({ names: NAMES, issuer: root, key: RSA });
const narrowRsa = makeCertificate({ names: ['one.example'], issuer: root, keyOf: otherRsa });
const ofLeaf = makeCertificate({ names: NAMES, issuer: leaf });
const namesake = makeCertificate({ isAuthority: true, subject: 'middle', issuer: root });
const renamed = makeCertificate({ isAuthority: true, subject: 'renamed', issuer: root, keyOf: middle });
const koblitz = makeCertificate({
  names: NAMES,
  issuer: root,
  key: ['-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
});
const oldEncrypted = createPrivateKey(leaf.key).export({
  type: 'sec1',
  format: 'pem',
  cipher: 'aes-256-cbc',
  passphrase: 'x',
});
const sha1 = makeCertificate({ names: NAMES, issuer: root, digest: 'sha1' });
const expired = makeCertificate({ names: NAMES, issuer: root, days: -2 });
const early = makeCertificate({ names: NAMES, issuer: root, notBefore: '20900101000000Z' });
const narrow = makeCertificate({ names: ['one.example', 'www.one.example', '*.a.one.example'], issuer: root });
const nameless = makeCertificate({ subject: 'one.example', issuer: root });
const client = makeCertificate({ names: NAMES, issuer: root, usage: 'clientAuth' });
const edwards = makeCertificate({ names: NAMES, issuer: root, key: ['-algorithm', 'ED25519'] });
const oldMiddle = makeCertificate({ isAuthority: true, subject: 'old middle', issuer: root, days: -1 });
const ofOldMiddle = makeCertificate({ names: NAMES, issuer: oldMiddle });

const NOT_ISSUED =
  '0.pem:LINE:1: error: domain one.example: the certificate is not issued by the next one (put each certificate behind the one it issued)';
const PASSPHRASE =
  '1.pem:1:1: error: domain one.example: the key has a passphrase (remove the passphrase: openssl pkey -in FILE -out FILE)';

const FAULTS: Readonly<Record<string, readonly [faulty: Domain, said: string]>> = {
  'no key': [
    domain(leaf.certificate),
    '0.pem: error: domain one.example: the files have no key, only CERTIFICATE (name the file that has it)',
  ],
  'no certificate': [
    domain(leaf.key),
    '0.pem: error: domain one.example: the files have no certificate, only PRIVATE KEY (name the file that has it)',
  ],
  'an empty file': [domain(''), '0.pem: error: domain one.example: the file is empty (write the certificate into it)'],
  'a file cut to 300 bytes': [
    domain((leaf.certificate + leaf.key).slice(0, 300)),
    '0.pem:1: error: domain one.example: the block CERTIFICATE has no line -----END CERTIFICATE----- (the file was cut short: write it again)',
  ],
  'a certificate cut short, and whole ones behind it': [
    domain(`${leaf.certificate.slice(0, 300)}\n${middle.certificate}${leaf.key}`),
    '0.pem:1: error: domain one.example: the block CERTIFICATE has no line -----END CERTIFICATE----- (the file was cut short: write it again)',
  ],
  DER: [
    domain(new X509Certificate(leaf.certificate).raw.toString('latin1'), leaf.key),
    '0.pem: error: domain one.example: the file is not PEM text: it has bytes of zero in it (DER becomes PEM by openssl x509 -inform DER, PKCS #12 by openssl pkcs12 -nodes, UTF-16 by iconv -t UTF-8)',
  ],
  'an indented block': [
    domain(leaf.certificate.replace(/^/gm, ' '), leaf.key),
    '0.pem:1: error: domain one.example: the first PEM line is damaged (begin it at the start of a line, five dashes on both sides: -----BEGIN CERTIFICATE-----)',
  ],
  'no PEM at all': [
    domain('hello\n', leaf.key),
    '0.pem: error: domain one.example: the file has no PEM block (a block begins with -----BEGIN CERTIFICATE-----)',
  ],
  'a request for a certificate': [
    domain(leaf.certificate.replaceAll('CERTIFICATE', 'CERTIFICATE REQUEST'), leaf.key),
    '0.pem: error: domain one.example: the files have no certificate, only CERTIFICATE REQUEST, PRIVATE KEY (name the file that has it)',
  ],
  'a key of OpenSSH': [
    domain(leaf.certificate, leaf.key.replaceAll('PRIVATE KEY', 'OPENSSH PRIVATE KEY')),
    '1.pem:1:1: error: domain one.example: the key is in the format of OpenSSH (HAProxy reads PEM: ssh-keygen -p -m PEM -f FILE)',
  ],
  'a file that could not be read': [
    { ...domain(leaf.key), unreadable: { file: 'one.pem', message: 'there is no such file', hint: 'write it' } },
    'one.pem: error: domain one.example: there is no such file (write it)',
  ],
  'no file': [domain(), 'edge.yml:7:3: error: domain one.example: the files have no key (name the file that has it)'],
  'two keys': [
    domain(leaf.certificate + leaf.key, other.key),
    '1.pem:1:1: error: domain one.example: the files have two keys of the kind ECDSA (keep only the key of the certificate; two keys are allowed if one is RSA and one ECDSA)',
  ],
  'the key of another certificate': [
    domain(leaf.certificate, other.key),
    '0.pem:1:1: error: domain one.example: the key does not belong to the certificate (name the key that the certificate was requested with)',
  ],
  'a key with a passphrase': [domain(leaf.certificate, String(encrypted)), PASSPHRASE],
  'a key with a line damaged': [
    domain(leaf.certificate, leaf.key.replace(/\n.{30}/, '\n')),
    '1.pem:1:1: error: domain one.example: the key is unreadable (check the file: openssl pkey -in FILE -noout -text)',
  ],
  'a certificate with a line damaged': [
    domain(leaf.certificate.replace(/\n.{30}/, '\n'), leaf.key),
    '0.pem:1:1: error: domain one.example: a certificate is unreadable (copy the file again; openssl x509 -in FILE -noout -text has to read it)',
  ],
  'the chain before the leaf': [
    domain(middle.certificate + leaf.certificate, leaf.key),
    '0.pem:LINE:1: error: domain one.example: the certificate of the key is not the first one (put the certificate of the key first, then its issuer, then the issuer of that)',
  ],
  'a chain with a gap': [domain(leaf.certificate + root.certificate, leaf.key), NOT_ISSUED],
  'two leaves': [domain(leaf.certificate + other.certificate, leaf.key), NOT_ISSUED],
  'an expired certificate': [
    domain(expired.certificate, expired.key),
    '0.pem:1:1: error: domain one.example: the certificate expired on DAY (renew it)',
  ],
  'an expired one in the chain': [
    domain(ofOldMiddle.certificate + oldMiddle.certificate, ofOldMiddle.key),
    '0.pem:LINE:1: error: domain one.example: a certificate of the chain expired on DAY (renew it)',
  ],
  'one for later': [
    domain(early.certificate, early.key),
    '0.pem:1:1: error: domain one.example: the certificate is not valid before 2090-01-01 (wait, or set the clock)',
  ],
  'a short RSA key': [
    domain(weak.certificate, weak.key),
    '1.pem:1:1: error: domain one.example: the key has 1024 bits of RSA (make one with a curve (prime256v1), or RSA with 2048 bits or more)',
  ],
  'a curve of its own kind': [
    domain(edwards.certificate, edwards.key),
    '1.pem:1:1: error: domain one.example: the key is of the kind ed25519, which browsers do not support (make one with a curve (prime256v1), or RSA with 2048 bits or more)',
  ],
  'SHA-1': [
    domain(sha1.certificate, sha1.key),
    '0.pem:1:1: error: domain one.example: the certificate is signed with SHA-1, which clients reject (request one with SHA-256)',
  ],
  'a certificate for clients': [
    domain(client.certificate, client.key),
    '0.pem:1:1: error: domain one.example: the certificate is not for servers (request one with serverAuth)',
  ],
  'a certificate that is issued by one of a server': [
    domain(ofLeaf.certificate + leaf.certificate + middle.certificate, ofLeaf.key),
    '0.pem:LINE:1: error: domain one.example: a certificate of the chain is not the certificate of an authority (keep only one server certificate in the file, as the first)',
  ],
  'an issuer of the right name, with another key': [
    domain(leaf.certificate + namesake.certificate + root.certificate, leaf.key),
    NOT_ISSUED,
  ],
  'an issuer with the right key, of another name': [
    domain(leaf.certificate + renamed.certificate + root.certificate, leaf.key),
    NOT_ISSUED,
  ],
  'a key with a passphrase, as OpenSSL wrote it before': [domain(leaf.certificate, String(oldEncrypted)), PASSPHRASE],
  'a curve that browsers do not take': [
    domain(koblitz.certificate, koblitz.key),
    '1.pem:1:1: error: domain one.example: the key is on the curve secp256k1 (make one with a curve (prime256v1), or RSA with 2048 bits or more)',
  ],
  'two RSA keys': [
    domain(rsa.certificate + rsa.key, otherRsa.key),
    '1.pem:1:1: error: domain one.example: the files have two keys of the kind RSA (keep only the key of the certificate; two keys are allowed if one is RSA and one ECDSA)',
  ],
  'two certificates, the second with a name too few': [
    domain(rsa.certificate + rsa.key, narrow.certificate + narrow.key),
    'edge.yml:7:3: error: domain one.example: the certificate of the ECDSA key does not cover *.one.example (it has *.a.one.example one.example www.one.example)',
  ],
  'two certificates, one with a name too few, the RSA one': [
    domain(narrowRsa.certificate + narrowRsa.key, leaf.certificate + leaf.key),
    'edge.yml:7:3: error: domain one.example: the certificate of the RSA key does not cover *.one.example (it has one.example)',
  ],
  'a block with a long name': [
    domain(leaf.certificate.replaceAll('CERTIFICATE', 'X'.repeat(41))),
    `0.pem: error: domain one.example: the files have no key, only ${'X'.repeat(40)} (name the file that has it)`,
  ],
  'a name too few': [
    domain(narrow.certificate, narrow.key),
    'edge.yml:7:3: error: domain one.example: the certificate does not cover *.one.example (it has *.a.one.example one.example www.one.example)',
  ],
  'a name in the subject only': [
    domain(nameless.certificate, nameless.key),
    'edge.yml:7:3: error: domain one.example: the certificate does not cover one.example (it has no DNS name)',
  ],
};

for (const [fault, [faulty, said]] of Object.entries(FAULTS)) {
  test(`refused: ${fault}`, () => {
    assert.equal(withoutChance(faultOf(faulty)), said);
  });
}

/** Signatures of ECDSA differ in length by a byte or two, and so do the lines of a certificate. */
function withoutChance(said: string): string {
  return said.replace(/(?<=pem:)\d\d(?=:)/, 'LINE').replace(/(?<=expired on )\d{4}-\d\d-\d\d(?= )/, 'DAY');
}

/** Each as its author wrote it, with what OpenSSL and so HAProxy read. */
test('no message holds a piece of a key', () => {
  const secrets = [leaf.key, other.key].flatMap((key) => key.split('\n').slice(1, 3));
  for (const [faulty] of Object.values(FAULTS)) {
    const said = faultOf(faulty);
    for (const secret of secrets) assert.ok(!said.includes(secret));
  }
});

test('names that the edge cannot serve are passed over; one that has no other name has none', () => {
  const odd = makeCertificate({
    names: ['www.one.example', 'a*.one.example', '192.0.2.1', '*.one.example', '*.192.0.2.1'],
  });
  const { names, certificate } = judgeDomain({ ...domain(odd.certificate, odd.key), names: [] }, TODAY);
  assert.deepEqual(names, ['*.one.example', 'www.one.example']);
  assert.deepEqual(certificate?.names, [
    '*.192.0.2.1',
    '*.one.example',
    '192.0.2.1',
    'a*.one.example',
    'www.one.example',
  ]);
  assert.equal(
    faultOf({ ...domain(nameless.certificate, nameless.key), names: [] }),
    'edge.yml:7:3: error: domain one.example: the certificate does not cover one.example (it has no DNS name)',
  );
});

test('without names of its own a domain has those of both certificates, and each has to cover all of them', () => {
  const both = domain(narrowRsa.certificate + narrowRsa.key, leaf.certificate + leaf.key);
  assert.equal(
    faultOf({ ...both, names: [] }),
    'edge.yml:7:3: error: domain one.example: the certificate of the RSA key does not cover *.one.example (it has one.example)',
  );
  // a.one.example and b.one.example are covered by the wildcard of the other one.
  const [withB, withA] = [
    makeCertificate({ names: ['*.one.example', 'b.one.example'], issuer: root, keyOf: otherRsa }),
    makeCertificate({ names: ['*.one.example', 'a.one.example'], issuer: root }),
  ];
  const apart = domain(withB.certificate + withB.key, withA.certificate + withA.key);
  assert.deepEqual(judgeDomain({ ...apart, names: [] }, TODAY).names, [
    '*.one.example',
    'a.one.example',
    'b.one.example',
  ]);
  const same = domain(leaf.certificate + leaf.key + middle.certificate, rsa.certificate + rsa.key);
  assert.deepEqual(judgeDomain({ ...same, names: [] }, TODAY).names, ['*.one.example', 'one.example']);
});

test('a domain at fault has the names that the site wrote, else those that are likely', () => {
  const judgedNames = (names: readonly string[], ...texts: readonly string[]): readonly string[] => {
    const { certificate, alternate, names: judged } = judgeDomain({ ...domain(...texts), names }, TODAY);
    assert.deepEqual([certificate, alternate], [null, null]);
    return judged;
  };
  assert.deepEqual(judgedNames(['www.one.example'], ''), ['www.one.example']);
  assert.deepEqual(judgedNames([], ''), ['one.example', '*.one.example']);
  assert.deepEqual(judgedNames([], expired.certificate, expired.key), ['*.one.example', 'one.example']);
});
