/** Whose certificate a host gets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JudgedDomain } from '../../../edge/certificates/domain.js';
import { DomainIndex } from '../../../edge/certificates/domain-index.js';
import type { RouteHost } from '../../../src/model/app-definition.js';

function judged(name: string, ...names: readonly string[]): JudgedDomain {
  return { name, names, certificate: null, alternate: null, problems: [] };
}

const first = judged('first', 'www.one.example', '*.two.example');
const second = judged('second', 'www.one.example', '*.one.example', '*.two.example');
const twin = judged('first', 'twin.example');
const labels = judged('labels', '*');
const index = new DomainIndex([first, second, twin, labels]);

test('a domain is found by its name; of two with one name the first has it', () => {
  assert.equal(index.named('first'), first);
  assert.equal(index.named('second'), second);
  assert.equal(index.named('third'), null);
});

const HOSTS: readonly (readonly [host: RouteHost, owner: JudgedDomain | null])[] = [
  [{ kind: 'exact', host: 'www.one.example' }, first],
  [{ kind: 'exact', host: 'shop.one.example' }, second],
  [{ kind: 'exact', host: 'one.example' }, null],
  [{ kind: 'exact', host: 'a.shop.one.example' }, null],
  [{ kind: 'exact', host: 'twin.example' }, twin],
  [{ kind: 'wildcard', suffix: 'one.example' }, second],
  [{ kind: 'wildcard', suffix: 'two.example' }, first],
  [{ kind: 'wildcard', suffix: 'www.one.example' }, null],
  [{ kind: 'regex', pattern: '[a-z]+\\.one\\.example' }, second],
  [{ kind: 'regex', pattern: 's[0-9]+\\.two\\.example' }, first],
  [{ kind: 'regex', pattern: 'www\\.one\\.example' }, second],
  [{ kind: 'exact', host: 'localhost' }, labels],
  // No dot is written out, so its hosts may have any wildcard.
  [{ kind: 'regex', pattern: '[a-z.]+example' }, null],
  [{ kind: 'regex', pattern: '(' }, null],
];

for (const [host, owner] of HOSTS) {
  test(`${JSON.stringify(host)} has the certificate of ${owner?.name ?? 'nobody'}`, () => {
    assert.equal(index.forHost(host), owner);
  });
}
