/** Which domain has a name, and which certificate is that of its domain. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Domain } from '../../../edge/certificates/domain.js';
import { judgeDomains } from '../../../edge/certificates/judge-domains.js';
import { type Release, releaseFromFiles } from '../../../edge/release/release.js';
import type { RouteHost } from '../../../src/model/app-definition.js';
import { formatProblem } from '../../../src/model/problem.js';
import { makeCertificate } from '../../support/edge/test-certificates.js';

const TODAY = { nowMs: Date.now(), warnWithinMs: 0 };

/** Its certificate has the names `covered`; null: there is none. */
function domain(name: string, covered: readonly string[] | null, names: readonly string[] = []): Domain {
  const made = covered === null ? null : makeCertificate({ names: covered, subject: name });
  const pemFiles = [{ file: `${name}.pem`, text: made === null ? '' : made.certificate + made.key }];
  return { name, names, pemFiles, place: { file: `${name}.yml`, line: 1, col: 1 } };
}

function exact(host: string): RouteHost {
  return { kind: 'exact', host };
}

/** [name, whether it has a certificate, its names] */
function judged(domains: readonly Domain[]): readonly (readonly [string, boolean, readonly string[]])[] {
  return judgeDomains(domains, TODAY).map(({ name, certificate, names }) => [name, certificate !== null, names]);
}

function said(domains: readonly Domain[], current: Release | null = null, hosts: readonly RouteHost[] = []): string[] {
  return judgeDomains(domains, TODAY, current, hosts).flatMap(({ problems }) => problems.map(formatProblem));
}

test('a certificate belongs to a domain when it has its name, a name below it, or a wildcard that covers it', () => {
  for (const covered of ['one.example', 'www.one.example', '*.one.example', '*.example']) {
    assert.deepEqual(judged([domain('one.example', [covered])]), [['one.example', true, [covered]]]);
  }
  for (const covered of ['bone.example', '*.bone.example', 'one.example.org', 'example']) {
    assert.deepEqual(said([domain('one.example', [covered])]), [
      'one.example.yml:1:1: error: domain one.example: the certificate has no name of this domain ' +
        `(it has ${covered}; if it is the right one, write its hosts: names: [...])`,
    ]);
  }
  assert.deepEqual(said([domain('one.example', ['a.example', 'b.example'])]), [
    'one.example.yml:1:1: error: domain one.example: the certificate has no name of this domain ' +
      '(it has a.example b.example; if it is the right one, write its hosts: names: [...])',
  ]);
});

test('a name that was written goes before one that was brought along, and that before one that is likely', () => {
  const likely = domain('a.example', null);
  const brought = domain('b.example', ['a.example', 'b.example', 'c.example']);
  const written = domain('c.example', ['c.example'], ['c.example']);
  assert.deepEqual(judged([likely, brought, written]), [
    ['a.example', false, ['*.a.example']],
    ['b.example', true, ['a.example', 'b.example']],
    ['c.example', true, ['c.example']],
  ]);
  assert.deepEqual(said([likely, brought, written]), [
    'a.example.pem: error: domain a.example: the file is empty (write the certificate into it)',
    'b.example.yml:1:1: warning: domain b.example: c.example is a name of c.example already and stays there ' +
      '(write each name in one domain)',
  ]);
});

test('of equals the first has the name', () => {
  const names = ['a.example', 'b.example', 'shared.example'];
  const [one, two] = [
    domain('a.example', names.slice(0, 1).concat('shared.example')),
    domain('b.example', names.slice(1)),
  ];
  assert.deepEqual(judged([one, two]), [
    ['a.example', true, ['a.example', 'shared.example']],
    ['b.example', true, ['b.example']],
  ]);
  assert.deepEqual(judged([two, one]), [
    ['b.example', true, ['b.example', 'shared.example']],
    ['a.example', true, ['a.example']],
  ]);
});

test('a domain that is left without a name, or without one that it wrote, is refused, and takes none from others', () => {
  const first = domain('a.example', ['a.example', '*.a.example'], ['a.example', '*.a.example']);
  const again = { ...first, name: 'again' };
  const bare = domain('www.a.example', ['*.a.example']);
  const partly = domain('b.example', ['a.example', 'b.example'], ['a.example', 'b.example']);
  const other = domain('x.example', ['x.example', 'b.example']);
  assert.deepEqual(judged([first, again, bare, partly, other]), [
    ['a.example', true, ['a.example', '*.a.example']],
    ['again', false, ['a.example', '*.a.example']],
    ['www.a.example', false, ['www.a.example', '*.www.a.example']],
    ['b.example', false, ['a.example', 'b.example']],
    ['x.example', true, ['b.example', 'x.example']],
  ]);
  assert.deepEqual(said([first, partly, bare]), [
    'b.example.yml:1:1: error: domain b.example: a.example is a name of a.example already (write each name in one domain)',
    'www.a.example.yml:1:1: error: domain www.a.example: *.a.example is a name of a.example already ' +
      '(write each name in one domain)',
  ]);
});

/** The release that serves `names` for one.example. */
function serving(names: readonly string[]): Release {
  const [one] = judgeDomains([domain('one.example', names)], TODAY);
  return releaseFromFiles([['certs/one.example.pem', one?.certificate?.pem ?? '']]);
}

test('of the hosts that a renewal would lose five are named', () => {
  const hosts = ['a', 'b', 'c', 'd', 'e', 'f'].map((label) => exact(`${label}.one.example`));
  const current = serving(['one.example', '*.one.example']);
  const renewed = domain('one.example', ['one.example']);
  const warning = (named: string): string =>
    `one.example.pem: warning: domain one.example: the certificate does not cover ${named} any more, which has routes; ` +
    'its last good version stays in use (it has one.example; renew it with all names, or remove the routes)';
  const five = 'a.one.example, b.one.example, c.one.example, d.one.example, e.one.example';
  assert.deepEqual(said([renewed], current, hosts), [warning(`${five}, ...`)]);
  assert.deepEqual(said([renewed], current, hosts.slice(0, 5)), [warning(five)]);
});

test('a host that nobody ever covered keeps no certificate back', () => {
  const current = serving(['one.example', '*.one.example']);
  const renewed = domain('one.example', ['one.example']);
  const [one] = judgeDomains([renewed], TODAY, current, [exact('www.two.example'), exact('one.example')]);
  assert.deepEqual([one?.names, one?.problems], [['one.example'], []]);
});

test('a renewal of a domain that writes its names is taken at once', () => {
  const current = serving(['one.example', '*.one.example']);
  const renewed = domain('one.example', ['one.example'], ['one.example']);
  const [one] = judgeDomains([renewed], TODAY, current, [exact('www.one.example')]);
  assert.deepEqual([one?.names, one?.problems], [['one.example'], []]);
});

test('a domain at fault that never served stays at fault for any hosts with routes', () => {
  const hosts = [exact('www.one.example')];
  for (const current of [null, serving(['other.example'])]) {
    assert.deepEqual(said([domain('one.example', null)], current, hosts), [
      'one.example.pem: error: domain one.example: the file is empty (write the certificate into it)',
    ]);
  }
});
