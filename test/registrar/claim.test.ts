/** Who of two registrars of one name writes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckEntry, ServiceEntry } from '../../src/consul/answers.js';
import { claimOf, createLife, judgeClaim } from '../../src/registrar/claim.js';

const EARLY = createLife(Date.UTC(2026, 10, 29, 9), 'b');
const OWN = createLife(Date.UTC(2026, 10, 29, 10), 'a');
const LATE = createLife(Date.UTC(2026, 10, 29, 10), 'b');

function claimed(node: string, life: string): ServiceEntry {
  const { id, name, tags, address, port, meta } = claimOf(node, life);
  return { id, name, tags, address, port, meta: Object.fromEntries(meta), weights: { passing: 1, warning: 1 } };
}

function checked(status: CheckEntry['status'], id = 'autoproxy-registrar-n1/ttl'): CheckEntry {
  return { id, name: '', status, output: '', notes: '', serviceId: '' };
}

test('a claim is a service with one check that its registrar tells', () => {
  assert.deepEqual(claimOf('n1', 'x'), {
    id: 'autoproxy-registrar-n1',
    name: 'autoproxy-registrar',
    tags: [],
    address: '',
    port: 0,
    meta: new Map([
      ['autoproxy-node', 'n1'],
      ['autoproxy-registrar-life', 'x'],
    ]),
    weight: null,
    checks: [
      {
        id: 'autoproxy-registrar-n1/ttl',
        name: 'the registrar of this node lives',
        probe: { kind: 'ttl', ttl: '30s' },
        deregisterAfter: '1h',
      },
    ],
  });
});

test('lives are in the order of their beginnings', () => {
  assert.deepEqual([LATE, EARLY, OWN].sort(), [EARLY, OWN, LATE]);
  assert.equal(OWN, '2026-11-29T10:00:00.000Z/a');
});

const verdict = (services: readonly ServiceEntry[], checks: readonly CheckEntry[]) =>
  judgeClaim(services, checks, { node: 'n1', life: OWN });

test('a service without an owner, or of a registrar that began before, is free for any state of its check', () => {
  for (const checks of [[], [checked('passing')], [checked('critical')]]) {
    assert.equal(verdict([], checks), 'free');
    assert.equal(verdict([claimed('n2', LATE)], checks), 'free', 'that of another node');
    assert.equal(verdict([{ ...claimed('n1', LATE), meta: {} }], checks), 'free', 'no claim, for its mark is missing');
    assert.equal(verdict([claimed('n1', EARLY)], checks), 'free');
  }
});

test('our own is held while its check passes', () => {
  const services = [claimed('n2', LATE), claimed('n1', OWN)];
  assert.equal(verdict(services, [checked('passing')]), 'held');
  for (const status of ['warning', 'critical'] as const) assert.equal(verdict(services, [checked(status)]), 'free');
  assert.equal(verdict(services, []), 'free');
  assert.equal(
    verdict(services, [checked('passing', 'autoproxy-registrar-n2/ttl')]),
    'free',
    'the check of another one',
  );
});

test('one that began later is lost to it while that one lives', () => {
  const services = [claimed('n1', LATE)];
  assert.equal(verdict(services, [checked('critical', 'x'), checked('passing')]), 'lost');
  assert.equal(verdict(services, [checked('critical'), checked('passing', 'x')]), 'lapsed');
});
