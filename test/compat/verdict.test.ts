/** The judgement over a matrix: what counts as a difference, what a decision covers, and when it is stale. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision } from './decisions.js';
import type { Cell } from './matrix.js';
import { type Difference, differences } from './observation.js';
import { judge } from './verdict.js';

const ALL = { servers: ['nginx', 'go'], clients: ['curl', 'wget'] };
const STATUS: Difference = { aspect: '1 status', direct: '200', haproxy: '200', autoproxy: '400' };
const DECISION: Decision = { cases: ['odd'], aspect: /1 status/, value: /400|417/, reason: 'so it is' };

function cell(differences: readonly Difference[], changes: Partial<Cell> = {}): Cell {
  return { server: 'nginx', client: 'curl', case: 'odd', differences, ...changes };
}

function seen(aspects: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(aspects));
}

test('a difference is what neither the server nor HAProxy gives, aspect by aspect', () => {
  const direct = seen({ a: '1', b: '1', c: '1', d: '1' });
  const haproxy = seen({ a: '2', b: '1', c: '2', e: '2' });
  const autoproxy = seen({ a: '2', b: '2', c: '3', f: '3' });
  assert.deepEqual(
    differences(direct, haproxy, autoproxy).map(({ aspect }) => aspect),
    ['b', 'c', 'f'],
  );
});

test('of an error page of ours only the status is compared', () => {
  const direct = seen({ '1 status': '200', '1 body': 'ok', end: 'kept' });
  const autoproxy = seen({ '1 status': '400', '1 body': 'no', '1 page': 'an error page', end: 'kept' });
  assert.deepEqual(differences(direct, direct, autoproxy), [STATUS]);
});

test('a decision covers its servers, clients, cases, aspect and value, each as a whole', () => {
  const cases: readonly (readonly [Cell, Partial<Decision>, boolean])[] = [
    [cell([STATUS]), {}, true],
    [cell([{ ...STATUS, autoproxy: '417' }]), {}, true],
    [cell([{ ...STATUS, autoproxy: '4000' }]), {}, false],
    [cell([{ ...STATUS, autoproxy: null }]), {}, false],
    [cell([{ ...STATUS, autoproxy: null }]), { value: null }, true],
    [cell([STATUS]), { value: null }, false],
    [cell([{ ...STATUS, aspect: '11 status' }]), {}, false],
    [cell([STATUS], { case: 'even' }), {}, false],
    [cell([STATUS]), { servers: ['go'] }, false],
    [cell([STATUS]), { clients: ['wget'] }, false],
  ];
  for (const [one, changes, isCovered] of cases) {
    const decisions = [{ ...DECISION, ...changes }];
    assert.equal(judge([one], decisions, ALL).undecided.length, isCovered ? 0 : 1, JSON.stringify([one, changes]));
  }
});

test('a decision is stale when all that it speaks of was asked and nothing differed', () => {
  const everything = ALL.servers.flatMap((server) => ALL.clients.map((client) => cell([], { server, client })));
  assert.deepEqual(judge(everything, [DECISION], ALL).stale, [DECISION]);
  assert.deepEqual(judge([...everything, cell([STATUS])], [DECISION], ALL).stale, []);
  const onlyNginx = everything.filter(({ server }) => server === 'nginx');
  assert.deepEqual(judge(onlyNginx, [DECISION], ALL).stale, [], 'go may need it');
  const narrow = { ...DECISION, servers: ['nginx'] };
  assert.deepEqual(judge(onlyNginx, [narrow], ALL).stale, [narrow]);
});
