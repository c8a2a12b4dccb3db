/** A certificate that is faulty for a moment takes nobody off the edge: what served until now serves on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Domain, judgeDomains } from '../../../edge/certificates/domain.js';
import { withLastGood } from '../../../edge/certificates/last-good.js';
import { type Release, releaseFromFiles } from '../../../edge/release/release.js';
import { makeCertificate } from '../../support/test-certificates.js';

const TODAY = { nowMs: Date.now(), warnWithinMs: 0 };
const old = makeCertificate({ names: ['one.example'], subject: 'old' });
const renewed = makeCertificate({ names: ['one.example'], subject: 'renewed' });

function domainOf(...texts: readonly string[]): Domain {
  const pemFiles = texts.map((text, index) => ({ file: `part-${index}.pem`, text }));
  return { name: 'one.example', names: ['one.example'], pemFiles, place: { file: 'edge.yml', line: 1, col: 1 } };
}

function releaseWith(pem: string): Release {
  return releaseFromFiles([['certs/one.example.pem', pem]]);
}

function judged(domain: Domain, current: Release | null) {
  const [first] = withLastGood(judgeDomains([domain], TODAY), [domain], current, TODAY);
  assert.ok(first !== undefined);
  return first;
}

const goodPem = judged(domainOf(old.certificate, old.key), null).certificate?.pem ?? '';
const served = releaseWith(goodPem);

test('between the two writes of a renewal, and while a file is away', () => {
  for (const domain of [domainOf(renewed.certificate, old.key), domainOf()]) {
    const { certificate, problems } = judged(domain, served);
    assert.equal(certificate?.pem, goodPem);
    assert.deepEqual(
      problems.map(({ severity }) => severity),
      ['warning'],
    );
    assert.match(problems[0]?.message ?? '', /its last good one serves on$/);
  }
});

test('a good one takes its place at once', () => {
  assert.notEqual(judged(domainOf(renewed.certificate, renewed.key), served).certificate?.pem, goodPem);
});

test('without one that holds the domain is faulty', () => {
  const expired = makeCertificate({ names: ['one.example'], days: -1 });
  const other = makeCertificate({ names: ['two.example'] });
  for (const release of [
    null,
    releaseFromFiles([]),
    releaseWith(expired.certificate + expired.key),
    releaseWith(other.certificate + other.key),
  ]) {
    assert.equal(judged(domainOf(), release).certificate, null);
  }
});
