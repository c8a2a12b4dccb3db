/** Certificates that are served: as HAProxy reads them, with warnings. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { rootCertificates } from 'node:tls';
import { type Domain, judgeDomain } from '../../../edge/certificates/domain.js';
import { judgeDomains } from '../../../edge/certificates/judge-domains.js';
import { isIssuedByPublicRoot, isPublicRoot } from '../../../edge/certificates/public-roots.js';
import { formatProblem } from '../../../src/model/problem.js';
import { makeCertificate } from '../../support/edge/test-certificates.js';
import { DAY_MS, domain, leaf, middle, NAMES, root, TODAY } from './valid-chain.js';

const rsa = makeCertificate({
  names: NAMES,
  issuer: middle,
  key: ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'],
});

test('chain and key in one file, in two, with words between them: one PEM, leaf first, key last', () => {
  const { certificate, problems } = judgeDomain(domain(leaf.certificate + middle.certificate + leaf.key), TODAY);
  assert.deepEqual(
    problems.map(({ severity }) => severity),
    ['warning'],
  );
  assert.ok(certificate !== null);
  assert.deepEqual(certificate.names, ['*.one.example', 'one.example']);
  assert.equal(certificate.fingerprint256, new X509Certificate(leaf.certificate).fingerprint256);
  const ends = [leaf, middle].map((one) => Date.parse(new X509Certificate(one.certificate).validTo));
  assert.equal(certificate.notAfterMs, Math.min(...ends), 'the first to end ends it for all');
  const blocks = certificate.pem.match(/-----BEGIN [\s\S]*?-----END .*?-----\n/g) ?? [];
  assert.equal(
    blocks.join(''),
    certificate.pem,
    'nothing but blocks: an empty line would end a command of the runtime socket',
  );
  assert.equal(new X509Certificate(blocks[0] ?? '').fingerprint256, certificate.fingerprint256);
  assert.ok(new X509Certificate(blocks[1] ?? '').ca);
  assert.ok(new X509Certificate(blocks[0] ?? '').checkPrivateKey(createPrivateKey(blocks[2] ?? '')));
  for (const same of [
    domain(leaf.key, leaf.certificate + middle.certificate),
    domain(`issued for us\n\n${leaf.certificate}\nby\n${middle.certificate}`.replaceAll('\n', '\r\n'), leaf.key),
  ]) {
    assert.equal(judgeDomain(same, TODAY).certificate?.pem, certificate.pem);
  }
});

test('a chain may end in its root, and RSA is fine from 2048 bits', () => {
  const whole = judgeDomain(domain(rsa.certificate + middle.certificate + root.certificate, rsa.key), TODAY);
  assert.deepEqual(whole.problems, []);
});

test('an RSA and an ECDSA key: a certificate each, with the chain that follows it, wherever the keys stand', () => {
  const chain = middle.certificate + root.certificate;
  const alone = (one: typeof leaf): string | undefined =>
    judgeDomain(domain(one.certificate + chain, one.key), TODAY).certificate?.pem;
  for (const texts of [
    [leaf.certificate + chain + leaf.key, rsa.certificate + chain + rsa.key],
    [leaf.certificate, chain, rsa.certificate, chain, leaf.key, rsa.key],
  ]) {
    const { certificate, alternate, problems } = judgeDomain(domain(...texts), TODAY);
    assert.deepEqual(problems, []);
    assert.deepEqual([certificate?.kind, alternate?.kind], ['ecdsa', 'rsa']);
    assert.deepEqual([certificate?.pem, alternate?.pem], [alone(leaf), alone(rsa)]);
  }
  const missing = judgeDomain(domain(leaf.certificate + chain + leaf.key, rsa.key), TODAY);
  assert.equal(missing.certificate, null);
  assert.match(missing.problems.map(formatProblem).join(), /key does not belong to the certificate/);
});

test('what ends soon is served, with a warning', () => {
  const soon = makeCertificate({ names: NAMES, issuer: root, days: 5 });
  const { certificate, problems } = judgeDomain(domain(soon.certificate + root.certificate, soon.key), TODAY);
  assert.ok(certificate !== null);
  assert.match(
    problems.map(formatProblem).join(),
    /^0\.pem:1:1: warning: domain one\.example: the certificate ends on \d{4}-\d\d-\d\d, in [45] days \(renew it\)$/,
  );
});

test('the day on which the first of a chain ends is counted in whole days, and warned of from the last moment on', () => {
  const endMs = Date.parse('2099-12-31T23:59:59Z');
  const notBefore = '20200101000000Z';
  const issuer = makeCertificate({ isAuthority: true, issuer: root, notBefore });
  const long = makeCertificate({ names: NAMES, issuer, notBefore });
  const saidAt = (nowMs: number): string => {
    const texts = domain(long.certificate + issuer.certificate + root.certificate, long.key);
    const { certificate, problems } = judgeDomain(texts, { nowMs, warnWithinMs: 2 * DAY_MS });
    assert.equal(certificate?.notAfterMs, endMs);
    return problems.map(formatProblem).join();
  };
  const warning = '0.pem:1:1: warning: domain one.example: the certificate ends on 2099-12-31, in';
  assert.equal(saidAt(endMs - 2 * DAY_MS - 1), '');
  assert.equal(saidAt(endMs - 2 * DAY_MS), `${warning} 2 days (renew it)`);
  assert.equal(saidAt(endMs - 2 * DAY_MS + 1), `${warning} 1 day (renew it)`);
  assert.equal(saidAt(endMs - DAY_MS + 1), `${warning} 0 days (renew it)`);
});

const oldRoot = makeCertificate({ isAuthority: true, subject: 'old root', days: -1, digest: 'sha1' });
const ofOldRoot = makeCertificate({ names: NAMES, issuer: oldRoot });

const READ: Readonly<Record<string, Domain>> = {
  'blanks behind the first line': domain(leaf.certificate.replace(/(BEGIN CERTIFICATE-----)/, '$1 \t '), leaf.key),
  'blanks behind each line': domain(leaf.certificate.replaceAll('\n', '  \n'), leaf.key.replaceAll('\n', ' \r\n')),
  'a byte order mark in front': domain(`\uFEFF${leaf.certificate}`, `\uFEFF${leaf.key}`),
  'TRUSTED CERTIFICATE': domain(opensslTrusted(leaf.certificate), leaf.key),
  'X509 CERTIFICATE': domain(leaf.certificate.replaceAll('CERTIFICATE', 'X509 CERTIFICATE'), leaf.key),
  'the same key twice': domain(leaf.certificate + leaf.key, leaf.key),
  'the leaf twice': domain(leaf.certificate, leaf.certificate + leaf.key),
};

for (const [what, one] of Object.entries(READ)) {
  test(`read as HAProxy reads it: ${what}`, () => {
    assert.equal(
      judgeDomain(one, TODAY).certificate?.pem,
      judgeDomain(domain(leaf.certificate, leaf.key), TODAY).certificate?.pem,
    );
    // The certificate that a server of OpenSSL takes is the one that we take.
    const [first] = one.pemFiles;
    assert.equal(opensslFingerprint(first?.text ?? ''), new X509Certificate(leaf.certificate).fingerprint256);
  });
}

test("a root's own dates and signature count for nothing: the file with it is as good as the file without", () => {
  const { certificate, problems } = judgeDomain(
    domain(ofOldRoot.certificate + oldRoot.certificate, ofOldRoot.key),
    TODAY,
  );
  assert.deepEqual(problems, []);
  assert.equal(certificate?.notAfterMs, Date.parse(new X509Certificate(ofOldRoot.certificate).validTo));
});

test('a certificate of the chain that ends before the leaf is warned of by itself', () => {
  const brief = makeCertificate({ isAuthority: true, subject: 'brief', issuer: root, days: 5 });
  const long = makeCertificate({ names: NAMES, issuer: brief });
  const chain = long.certificate + brief.certificate + root.certificate;
  assert.match(
    judgeDomain(domain(chain, long.key), TODAY).problems.map(formatProblem).join(),
    /^0\.pem:\d+:1: warning: .*a certificate of the chain ends on [^,]+, in [45] days/,
  );
});

test('an issuer that is not in the file is warned of, with its name; a root of its own ends that', () => {
  const said = (chain: string): string =>
    judgeDomain(domain(chain, leaf.key), TODAY).problems.map(formatProblem).join();
  assert.match(
    said(leaf.certificate),
    /^0\.pem:1:1: warning: .*issuer of the last certificate is not in the file: CN=middle/,
  );
  assert.match(said(leaf.certificate + middle.certificate), /not in the file: CN=root/);
  assert.equal(said(leaf.certificate + middle.certificate + root.certificate), '');
});

test('the name of a missing issuer stands on one line, and is cut', () => {
  const [cn, o, ou] = ['C', 'O', 'U'].map((letter) => letter.repeat(64));
  const issuer = makeCertificate({ isAuthority: true, subject: `${cn}/O=${o}/OU=${ou}` });
  const { certificate, key } = makeCertificate({ names: NAMES, issuer });
  assert.deepEqual(judgeDomain(domain(certificate, key), TODAY).problems.map(formatProblem), [
    '0.pem:1:1: warning: domain one.example: the issuer of the last certificate is not in the file: ' +
      `${`CN=${cn}, O=${o}, OU=${ou}`.slice(0, 200)} (append it: clients without it refuse the chain; where it is a ` +
      'root of your own, append that root)',
  ]);
});

test('a public root need not be in the file, and each form of it ends the path, also one that another root signed', () => {
  const roots = rootCertificates.map((pem) => new X509Certificate(pem));
  for (const one of roots) assert.ok(isPublicRoot(one));
  // A root signs itself, so it is issued by a public root as well.
  assert.ok(roots.some((one) => isIssuedByPublicRoot(one)));
  assert.ok(!isPublicRoot(new X509Certificate(root.certificate)));
  assert.ok(!isIssuedByPublicRoot(new X509Certificate(leaf.certificate)));
});

test('without names of its own a domain has those of its certificate', () => {
  const [one] = judgeDomains([{ ...domain(leaf.certificate, leaf.key), names: [] }], TODAY);
  assert.deepEqual(one?.names, ['*.one.example', 'one.example']);
});

test('a certificate that brings a name of another domain along takes nothing and loses nothing', () => {
  const wide = makeCertificate({ names: ['a.example', 'one.example'] });
  const place = { file: 'edge.yml', line: 2, col: 3 };
  const [first, second] = judgeDomains(
    [
      { ...domain(wide.certificate, wide.key), name: 'a.example', names: [], place },
      domain(leaf.certificate, leaf.key),
    ],
    TODAY,
  );
  assert.deepEqual(first?.names, ['a.example']);
  assert.ok(first?.certificate);
  assert.match(
    first.problems.map(formatProblem).join(),
    /^edge\.yml:2:3: warning: .*one\.example is a name of one\.example already/,
  );
  assert.deepEqual(second?.names, NAMES);
  assert.ok(second?.certificate);
});

test('a name that two domains have is that of the first, and the second is named', () => {
  const first = domain(leaf.certificate, leaf.key);
  const [one, two] = judgeDomains(
    [first, { ...first, name: 'again', place: { file: 'edge.yml', line: 9, col: 3 } }],
    TODAY,
  );
  assert.ok(one?.certificate);
  assert.equal(two?.certificate, null);
  assert.match(
    two?.problems.map(formatProblem).join() ?? '',
    /^edge\.yml:9:3: .*again: one\.example is a name of one\.example already/,
  );
});

function opensslTrusted(certificate: string): string {
  return execFileSync('openssl', ['x509', '-trustout'], { input: certificate, encoding: 'utf8' });
}

function opensslFingerprint(text: string): string {
  const said = execFileSync('openssl', ['x509', '-noout', '-fingerprint', '-sha256'], {
    input: text,
    encoding: 'utf8',
  });
  return said.trim().replace(/^.*=/, '');
}
