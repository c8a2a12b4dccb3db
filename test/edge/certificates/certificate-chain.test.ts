/** Which dates and signatures of a chain count, where its path ends, and which names its leaf has. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { rootCertificates } from 'node:tls';
import {
  type ChainLink,
  datedLinks,
  dnsNamesOf,
  faultOfChain,
  isIssuerMissing,
  readChain,
} from '../../../edge/certificates/certificate-chain.js';
import { temporaryFolder } from '../../support/at-end.js';
import { makeCertificate, type TestCertificate } from '../../support/edge/test-certificates.js';

const NAMES = ['one.example'];
const root = makeCertificate({ isAuthority: true, subject: 'root' });
const middle = makeCertificate({ isAuthority: true, subject: 'middle', issuer: root });
const leaf = makeCertificate({ names: NAMES, issuer: middle });

function linksOf(...certificates: readonly string[]): readonly ChainLink[] {
  const links = readChain(certificates.map((text) => ({ label: 'CERTIFICATE', text, file: 'one.pem', line: 1 })));
  assert.ok(!('block' in links));
  return links;
}

function faultAt(nowMs: number, one: TestCertificate, ...rest: readonly string[]): string | undefined {
  return faultOfChain(linksOf(one.certificate, ...rest), createPrivateKey(one.key), nowMs)?.message;
}

test('a certificate holds from its first second up to its last one', () => {
  const { validFrom, validTo } = new X509Certificate(leaf.certificate);
  const [from, to] = [Date.parse(validFrom), Date.parse(validTo)];
  assert.match(faultAt(from - 1, leaf) ?? '', /^the certificate is not valid before \d{4}-\d\d-\d\d$/);
  assert.equal(faultAt(from, leaf), undefined);
  assert.equal(faultAt(to - 1, leaf), undefined);
  assert.match(faultAt(to, leaf) ?? '', /^the certificate expired on \d{4}-\d\d-\d\d$/);
});

test('a leaf that signed itself is a leaf all the same: its dates count', () => {
  const alone = makeCertificate({ names: NAMES, days: -1 });
  assert.match(faultAt(Date.now(), alone) ?? '', /^the certificate expired on/);
  assert.deepEqual(datedLinks(linksOf(alone.certificate)).length, 1);
});

test('a certificate that does not say what it is for is for servers too', () => {
  assert.equal(faultAt(Date.now(), makeCertificate({ names: NAMES, usage: null })), undefined);
  assert.equal(faultAt(Date.now(), makeCertificate({ names: NAMES, usage: 'clientAuth,serverAuth' })), undefined);
});

test('the path of a chain ends at its root, or at any form of a public root', (context) => {
  const chain = [leaf.certificate, middle.certificate, root.certificate];
  assert.deepEqual(
    datedLinks(linksOf(...chain)).map(({ certificate }) => certificate.subject),
    ['CN=one.example', 'CN=middle'],
  );
  assert.deepEqual(
    [1, 2, 3].map((length) => isIssuerMissing(linksOf(...chain.slice(0, length)))),
    [true, true, false],
  );
  assert.ok(!isIssuerMissing([]));

  // Some servers send a public root as an older root has signed it.
  const [cross = '', publicRoot = ''] = crossSigned(context);
  assert.ok(!new X509Certificate(cross).verify(new X509Certificate(cross).publicKey), 'it did not sign itself');
  for (const anchor of [cross, publicRoot]) {
    const links = linksOf(leaf.certificate, anchor);
    assert.ok(!isIssuerMissing(links));
    assert.equal(datedLinks(links).length, 1);
  }
});

/** @returns the name and the key of a public root, signed by a root of ours that is over; and that public root */
function crossSigned(context: TestContext): readonly string[] {
  const folder = temporaryFolder(context, 'cross');
  const file = (name: string): string => path.join(folder, name);
  const old = makeCertificate({ isAuthority: true, subject: 'old root', days: -1 });
  // One whose name openssl takes from the command line.
  const publicRoot = rootCertificates
    .map((pem) => new X509Certificate(pem))
    .find(({ subject }) => /^C=[A-Z]{2}\nO=[\w ]+\nCN=[\w ]+$/.test(subject));
  assert.ok(publicRoot);
  writeFileSync(file('root.pub'), publicRoot.publicKey.export({ type: 'spki', format: 'pem' }));
  writeFileSync(file('old.pem'), old.certificate);
  writeFileSync(file('old.key'), old.key);
  const subject = `/${publicRoot.subject.replaceAll('\n', '/')}`;
  const openssl = (...args: readonly string[]): string =>
    execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  openssl('req', '-new', '-key', 'old.key', '-subj', subject, '-out', 'request.pem');
  const signed = openssl(
    ...['x509', '-req', '-in', 'request.pem', '-force_pubkey', 'root.pub', '-CA', 'old.pem', '-CAkey', 'old.key'],
    ...['-CAcreateserial', '-days', '30'],
  );
  return [signed, publicRoot.toString()];
}

test('names are those of hosts alone: lower case, sorted, each once, and none out of another kind of name', () => {
  const { certificate } = makeCertificate({
    names: ['www.One.example', 'b.example', 'WWW.one.example', 'a.example'],
    otherNames: [
      'URI:http://one.example/, DNS:uri.example',
      'email:"x, DNS:mail.example"@one.example',
      'RID:1.2.3.4',
      'IP:192.0.2.1',
    ],
    subject: 'subject.example',
  });
  assert.deepEqual(dnsNamesOf(new X509Certificate(certificate)), ['a.example', 'b.example', 'www.one.example']);
  const behind = makeCertificate({
    names: ['z.example'],
    otherNames: ['DNS:a\\"b, DNS:evil.example', 'DNS:y.example'],
  });
  assert.deepEqual(dnsNamesOf(new X509Certificate(behind.certificate)), ['y.example', 'z.example']);
  assert.deepEqual(dnsNamesOf(new X509Certificate(root.certificate)), []);
});

test('a chain has at least one certificate', () => {
  assert.throws(() => faultOfChain([], createPrivateKey(leaf.key), 0), {
    name: 'RangeError',
    message: 'a chain without certificates',
  });
});
