/** What people are told of what was done: services that came and went, and not each telling of a check. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { logActions, MAX_LINES } from '../../src/registrar/action-log.js';
import type { Action } from '../../src/registrar/compare.js';
import { createRecordingLog } from '../support/recording-log.js';
import { entryFrom } from './agent-model.js';
import { containerOf, wantedOn } from './containers.js';

const SHOPS = wantedOn(
  'n1',
  Array.from({ length: MAX_LINES }, (_, index) => containerOf(index + 2, { env: { SERVICE_NAME: 'shop' } })),
).services;
const REGISTERS = SHOPS.map((service): Action => ({ kind: 'register', service }));
const DEREGISTERS = SHOPS.map(
  (service): Action => ({ kind: 'deregister', service: entryFrom(service), why: 'its container does not run' }),
);

test('each service that came or went makes a line, with its address, and why it went', () => {
  const { log, lines } = createRecordingLog();
  logActions(log, [...REGISTERS.slice(0, 1), ...DEREGISTERS.slice(1, 2)]);
  assert.deepEqual(
    lines.map(({ msg, service, id, address, why }) => ({ msg, service, id, address, why })),
    [
      {
        msg: 'container registered in Consul',
        service: 'shop',
        id: 'autoproxy-n1-000000000002-8080',
        address: '172.17.0.2:8080',
        why: undefined,
      },
      {
        msg: 'container taken out of Consul',
        service: 'shop',
        id: 'autoproxy-n1-000000000003-8080',
        address: '172.17.0.3:8080',
        why: 'its container does not run',
      },
    ],
  );
});

test('more than five make one line, which says how many came and how many went', () => {
  const { log, lines } = createRecordingLog();
  logActions(log, [...REGISTERS.slice(0, 4), ...DEREGISTERS.slice(0, 2)]);
  assert.deepEqual(
    lines.map(({ msg, registered, deregistered }) => ({ msg, registered, deregistered })),
    [{ msg: 'containers registered in Consul and taken out', registered: 4, deregistered: 2 }],
  );
});

test('checks that were told or dropped make no line, and do not count among those that make one line of many', () => {
  const { log, lines } = createRecordingLog();
  const others: readonly Action[] = [
    { kind: 'tell', id: 'x', service: 'shop', told: { status: 'passing', output: '' } },
    { kind: 'drop check', id: 'x', service: 'shop' },
  ];
  logActions(log, [...REGISTERS, ...others]);
  assert.equal(REGISTERS.length, MAX_LINES);
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    REGISTERS.map(() => 'container registered in Consul'),
  );
});
