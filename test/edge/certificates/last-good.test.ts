/** While a certificate is faulty, the last good one serves all its names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Domain } from '../../../edge/certificates/domain.js';
import { judgeDomains } from '../../../edge/certificates/judge-domains.js';
import { type Release, releaseFromFiles } from '../../../edge/release/release.js';
import type { RouteHost } from '../../../src/model/app-definition.js';
import { makeCertificate } from '../../support/edge/test-certificates.js';

const TODAY = { nowMs: Date.now(), warnWithinMs: 0 };
const NAMES = ['*.one.example', 'one.example'];
const old = makeCertificate({ names: NAMES, subject: 'old' });
const renewed = makeCertificate({ names: NAMES, subject: 'renewed' });

/** Without names: the least that a site has to say. */
function domainOf(...texts: readonly string[]): Domain {
  const pemFiles = texts.map((text, index) => ({ file: `part-${index}.pem`, text }));
  return { name: 'one.example', names: [], pemFiles, unreadable: null, place: { file: 'edge.yml', line: 1, col: 1 } };
}

function releaseWith(pem: string): Release {
  return releaseFromFiles([['certs/one.example.pem', pem]]);
}

function judged(domain: Domain, current: Release | null) {
  const [first] = judgeDomains([domain], TODAY, current);
  assert.ok(first !== undefined);
  return first;
}

const whole = old.certificate + old.key;
const goodPem = judged(domainOf(whole), null).certificate?.pem ?? '';
const served = releaseWith(goodPem);
const stranger = makeCertificate({ names: ['wrong.example', '*.wrong.example'], subject: 'stranger' });
const unreadable = { file: 'part-0.pem', message: 'there is no such file', hint: 'write it' };

const MOMENTS: Readonly<Record<string, Domain>> = {
  'between the two writes of a renewal': domainOf(renewed.certificate, old.key),
  'a pair for another domain': domainOf(stranger.certificate, stranger.key),
  emptied: domainOf(''),
  'cut to 300 bytes': domainOf(whole.slice(0, 300)),
  'the key alone': domainOf(old.key),
  'the certificate alone': domainOf(old.certificate),
  away: { ...domainOf(), unreadable },
  'the chain away, its key there': { ...domainOf(old.key), unreadable },
};

for (const [moment, domain] of Object.entries(MOMENTS)) {
  test(`served on with all names: ${moment}`, () => {
    const { certificate, names, problems } = judged(domain, served);
    assert.equal(certificate?.pem, goodPem);
    assert.deepEqual(names, NAMES);
    assert.deepEqual(
      problems.map(({ severity }) => severity),
      ['warning'],
    );
    assert.match(problems[0]?.message ?? '', /its last good version stays in use$/);
  });
}

test('names that the site wrote are served on, but for one that came since', () => {
  const domain = { ...domainOf(''), names: ['new.example', 'one.example', 'www.one.example'] };
  assert.deepEqual(judged(domain, served).names, ['one.example', 'www.one.example']);
});

test('a last good one keeps its names from a domain that comes', () => {
  const other = { ...domainOf(renewed.certificate, renewed.key), name: 'two.example', names: [] };
  const [one, two] = judgeDomains([{ ...domainOf(''), names: NAMES }, other], TODAY, served);
  assert.deepEqual(one?.names, NAMES);
  assert.ok(one?.certificate);
  assert.equal(two?.certificate, null);
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
    assert.equal(judged({ ...domainOf(), names: ['one.example'] }, release).certificate, null);
  }
});

test('without names a certificate has to have a name of its domain; with names those count', () => {
  const pair = stranger.certificate + stranger.key;
  const { certificate, problems } = judged(domainOf(pair), null);
  assert.equal(certificate, null);
  assert.match(problems[0]?.message ?? '', /the certificate has no name of this domain$/);
  assert.match(problems[0]?.hint ?? '', /^it has \*\.wrong\.example wrong\.example; /);
  assert.notEqual(judged({ ...domainOf(pair), names: ['wrong.example'] }, null).certificate, null);
  const below = makeCertificate({ names: ['www.one.example'], subject: 'below' });
  assert.notEqual(judged(domainOf(below.certificate + below.key), null).certificate, null);
});

test('both kinds of keys serve on, else the one that holds', () => {
  const rsaKey = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048'];
  const rsa = makeCertificate({ names: NAMES, key: rsaKey, days: 20 });
  const kinds = (files: Readonly<Record<string, string>>, nowMs = TODAY.nowMs) => {
    const release = releaseFromFiles(Object.entries(files));
    const [one] = judgeDomains([domainOf('')], { ...TODAY, nowMs }, release);
    return [one?.certificate?.kind, one?.alternate?.kind];
  };
  const [ecdsaPem, rsaPem] = [whole, rsa.certificate + rsa.key];
  const ecdsaFirst = { 'certs/one.example.pem': ecdsaPem, 'certs/one.example+rsa.pem': rsaPem };
  const rsaFirst = { 'certs/one.example.pem': rsaPem, 'certs/one.example+ecdsa.pem': ecdsaPem };
  assert.deepEqual(kinds(ecdsaFirst), ['ecdsa', 'rsa']);
  assert.deepEqual(kinds(rsaFirst), ['rsa', 'ecdsa']);
  const afterRsa = TODAY.nowMs + 21 * 86_400_000;
  assert.deepEqual(kinds(ecdsaFirst, afterRsa), ['ecdsa', undefined]);
  assert.deepEqual(kinds(rsaFirst, afterRsa), ['ecdsa', undefined]);
});

const fewer = makeCertificate({ names: ['one.example'], subject: 'fewer' });
const shop: RouteHost = { kind: 'exact', host: 'shop.one.example' };
const root: RouteHost = { kind: 'exact', host: 'one.example' };

test('a renewed certificate takes no name off that has routes', () => {
  const renewal = domainOf(fewer.certificate, fewer.key);
  const [kept] = judgeDomains([renewal], TODAY, served, [root, shop]);
  assert.equal(kept?.certificate?.pem, goodPem);
  assert.deepEqual(kept?.names, NAMES);
  assert.deepEqual(
    kept?.problems.map(({ severity, file, message, hint }) => [severity, file, message, hint]),
    [
      [
        'warning',
        'part-0.pem',
        'domain one.example: the certificate does not cover shop.one.example any more, which has routes; its last good ' +
          'version stays in use',
        'it has one.example; renew it with all names, or remove the routes',
      ],
    ],
  );
  const pattern: RouteHost = { kind: 'regex', pattern: '[a-z]+\\.one\\.example' };
  assert.equal(judgeDomains([renewal], TODAY, served, [pattern])[0]?.certificate?.pem, goodPem);
});

test('a name without routes goes with its certificate, and one that another domain covers now', () => {
  const renewal = domainOf(fewer.certificate, fewer.key);
  assert.deepEqual(judgeDomains([renewal], TODAY, served, [root])[0]?.names, ['one.example']);
  const own = makeCertificate({ names: ['shop.one.example'], subject: 'own' });
  const other = { ...domainOf(own.certificate, own.key), name: 'shop.one.example' };
  const [one, two] = judgeDomains([renewal, other], TODAY, served, [root, shop]);
  assert.deepEqual([one?.names, two?.names], [['one.example'], ['shop.one.example']]);
});

test('when the last good one ends, the certificate with fewer names takes its place', () => {
  const ended = { ...TODAY, nowMs: TODAY.nowMs + 31 * 86_400_000 };
  const later = makeCertificate({ names: ['one.example'], subject: 'later', days: 60 });
  const [one] = judgeDomains([domainOf(later.certificate, later.key)], ended, served, [root, shop]);
  assert.deepEqual([one?.names, one?.problems], [['one.example'], []]);
});
