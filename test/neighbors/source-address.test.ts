/** From which address a neighbor is asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sourceAddressTo } from '../../src/neighbors/source-address.js';

const MACHINE = new Set(['127.0.0.1', '::1', '10.0.0.1', '10.0.0.11', 'fd00::1', 'fe80::1']);

const CASES: readonly (readonly [why: string, known: string | null, bind: string, to: string, from: string | null])[] =
  [
    ['nothing was said', null, '::', '10.0.0.2', null],
    ['nothing was said', null, '0.0.0.0', '10.0.0.2', null],
    ['what was said', '10.0.0.11', '::', '10.0.0.2', '10.0.0.11'],
    ['what was said goes before what is bound', '10.0.0.11', '10.0.0.1', '10.0.0.2', '10.0.0.11'],
    ['what is bound', null, '10.0.0.1', '10.0.0.2', '10.0.0.1'],
    ['NAT, or a shared address that is elsewhere', '203.0.113.7', '::', '10.0.0.2', null],
    ['the same, with one address bound', '203.0.113.7', '10.0.0.1', '10.0.0.2', '10.0.0.1'],
    ['another family', '10.0.0.11', '::', 'fd00::2', null],
    ['another family, and one that fits', 'fd00::1', '10.0.0.1', '10.0.0.2', '10.0.0.1'],
    ['loopback reaches no other machine', null, '127.0.0.1', '10.0.0.2', null],
    ['loopback, other family', null, '127.0.0.1', '::1', null],
    ['loopback to loopback', null, '127.0.0.1', '127.0.0.2', '127.0.0.1'],
    ['all of 127.0.0.0/8 is here', '127.0.0.7', '127.0.0.1', '127.0.0.2', '127.0.0.7'],
    ['link-local reaches no other network', 'fe80::1', '::', 'fd00::2', null],
  ];

for (const [why, known, bind, to, from] of CASES) {
  test(`${why}: --ip ${known}, --bind ${bind}, to ${to}`, () => {
    assert.equal(sourceAddressTo(to, { known, bind, machine: MACHINE }), from);
  });
}
