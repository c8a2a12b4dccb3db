/** Whom a slot serves: each fact alone. The forms in which clients come are in test/proxy/client/internal.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalOf } from '../../../src/proxy/exchange/admission.js';

const OPEN = { internal: false, hostFilter: null };
const [STRANGER, INSIDE] = [
  { isInternal: false, isSpokenFor: false },
  { isInternal: true, isSpokenFor: false },
];

test('an open slot serves anybody, under any host', () => {
  for (const client of [STRANGER, INSIDE, { isInternal: false, isSpokenFor: true }]) {
    for (const isProven of [false, true]) assert.equal(refusalOf(OPEN, client, { host: '' }, isProven), null);
  }
});

test('an internal slot serves clients of its networks, and a proven mark where no header names the client', () => {
  const of = (isInternal: boolean, isSpokenFor: boolean, isProven: boolean) =>
    refusalOf({ ...OPEN, internal: true }, { isInternal, isSpokenFor }, { host: 'a' }, isProven);
  for (const isSpokenFor of [false, true]) {
    for (const isProven of [false, true]) assert.equal(of(true, isSpokenFor, isProven), null);
  }
  assert.equal(of(false, false, true), null);
  assert.equal(of(false, false, false), 'FORBIDDEN');
  assert.equal(of(false, true, true), 'FORBIDDEN', 'the client that the header names is judged');
  assert.equal(of(false, true, false), 'FORBIDDEN');
});

test('a slot with a host serves that one alone, with any port and in any letter case', () => {
  const of = (host: string, internal = false) =>
    refusalOf({ internal, hostFilter: 'a.example' }, STRANGER, { host }, false);
  assert.deepEqual(
    ['a.example', 'A.Example', 'a.example:8080'].map((host) => of(host)),
    [null, null, null],
  );
  assert.deepEqual(
    ['', 'b.example', 'x.a.example'].map((host) => of(host)),
    Array(3).fill('HOST_UNKNOWN'),
  );
  assert.equal(of('b.example', true), 'FORBIDDEN', 'a stranger does not learn what hosts there are');
});
