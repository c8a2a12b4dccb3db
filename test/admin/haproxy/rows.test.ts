import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCsv } from '../../../src/admin/haproxy/csv.js';
import type { CheckView, ServerView } from '../../../src/admin/haproxy/proxy-view.js';
import type { Row } from '../../../src/admin/haproxy/row-values.js';
import { rowsOf } from '../../../src/admin/haproxy/rows.js';
import { readCsvWithPython } from '../../support/machine/python-csv.js';
import { appView, DOWN_CHECK, instanceAt, proxyView, serverView, UP_CHECK } from './views.js';

const INSTANCE = instanceAt('172.17.0.2', 8_080);

function serverRow(parts: Partial<ServerView>, instance = INSTANCE): Row['values'] {
  const rows = rowsOf(proxyView([appView([serverView(instance, parts)])]));
  return rows.find(({ kind }) => kind === 'Server')?.values ?? {};
}

for (const [name, check, isUp, status, health] of [
  ['up', UP_CHECK, true, 'UP', 4],
  ['one check failed', { ...UP_CHECK, contrary: 1 }, true, 'UP 2/3', 3],
  ['two checks failed', { ...UP_CHECK, contrary: 2 }, true, 'UP 1/3', 2],
  ['down', DOWN_CHECK, false, 'DOWN', 0],
  ['on its way up', { ...DOWN_CHECK, contrary: 1 }, false, 'DOWN 1/2', 1],
] as const satisfies readonly (readonly [string, CheckView, boolean, string, number])[]) {
  test(`${name} is ${status}`, () => {
    const values = serverRow({ check, isUp });
    assert.deepEqual([values.status, values.check_health], [status, health]);
  });
}

test('a drained instance is DRAIN while it is up, and one in maintenance is MAINT without a check', () => {
  const drained = { ...INSTANCE, state: 'drain' } as const;
  assert.equal(serverRow({}, drained).status, 'DRAIN');
  assert.equal(serverRow({ check: { ...UP_CHECK, contrary: 1 } }, drained).status, 'DRAIN 2/3');
  assert.equal(serverRow({ check: DOWN_CHECK, isUp: false }, drained).status, 'DOWN');
  const resting = serverRow({ isUp: false }, { ...INSTANCE, state: 'maint' });
  assert.deepEqual([resting.status, resting.check_status, resting.check_health], ['MAINT', undefined, undefined]);
});

test('an instance that was not checked yet is up where traffic goes there, and down where it does not', () => {
  const check = { ...UP_CHECK, health: 'unchecked', last: null, sinceMs: null } as const;
  assert.deepEqual([serverRow({ check, isUp: true }).status, serverRow({ check, isUp: false }).status], ['UP', 'DOWN']);
  assert.equal(serverRow({ check }).check_status, 'INI');
});

test('only instances that take new traffic count in the backend', () => {
  const servers = [
    serverView(instanceAt('10.0.0.1', 80, { weight: 10 })),
    serverView(instanceAt('10.0.0.2', 80, { weight: 20, state: 'drain' })),
    serverView(instanceAt('10.0.0.3', 80, { weight: 40 }), { isUp: false }),
    serverView(instanceAt('10.0.0.4', 80, { weight: 0 })),
    serverView(instanceAt('10.0.0.5', 80, { weight: 80 })),
  ];
  const backend = rowsOf(proxyView([appView(servers)])).at(-1)?.values ?? {};
  assert.deepEqual([backend.status, backend.act, backend.weight], ['UP', 2, 90]);
  const none = rowsOf(proxyView([appView(servers.slice(1, 4))])).at(-1)?.values ?? {};
  assert.deepEqual([none.status, none.act, none.weight], ['DOWN', 0, 0]);
});

test('the frontend has what was turned away, and the backend does not', () => {
  const view = appView([]);
  Object.assign(view.counters, { requests: 5, responses: [1, 0, 2, 0, 2, 0], turnedAway: [1, 0, 0, 0, 2, 0] });
  Object.assign(view.counters, { bytesIn: 900, bytesOut: 800, turnedAwayBytesIn: 70, turnedAwayBytesOut: 60 });
  const valuesOf = ({ values }: Row): readonly unknown[] => [
    values.req_tot,
    values.bin,
    values.bout,
    values.hrsp_2xx,
    values.hrsp_4xx,
  ];
  assert.deepEqual(rowsOf(proxyView([view])).map(valuesOf), [
    [5, 900, 800, 2, 2],
    [2, 830, 740, 2, 0],
  ]);
});

test('a server is called as in the old configuration, and as its address where the port is another one', () => {
  const names = (nativePort: number | null): readonly unknown[] => {
    const servers = [serverView(INSTANCE), serverView(instanceAt('172.17.0.2', 8_081))];
    const rows = rowsOf(proxyView([appView(servers, { nativePort })]));
    return rows.map(({ values }) => values.svname);
  };
  assert.deepEqual(names(8_080), ['FRONTEND', 'shop_172.17.0.2', 'shop_172.17.0.2:8081', 'BACKEND']);
  assert.deepEqual(names(null), ['FRONTEND', 'shop_172.17.0.2:8080', 'shop_172.17.0.2:8081', 'BACKEND']);
});

test('neighbors are servers of a backend of their own, whose name no app has', () => {
  const neighbors = [
    { host: '10.0.0.2', check: UP_CHECK },
    { host: 'fd00::2', check: DOWN_CHECK },
  ];
  const rows = rowsOf(proxyView([appView([], {}, { neighbors }), appView([], { name: 'shop_backup', slot: 21_040 })]));
  assert.deepEqual(
    rows.map(({ proxyId, values }) => [values.pxname, values.svname, values.status, values.addr ?? null, proxyId]),
    [
      ['shop', 'FRONTEND', 'OPEN', null, 21_034],
      ['shop', 'BACKEND', 'DOWN', null, 21_034],
      ['shop_backup_', 'shop_backup0', 'UP', '10.0.0.2:21034', 21_035],
      ['shop_backup_', 'shop_backup1', 'DOWN', '[fd00::2]:21034', 21_035],
      ['shop_backup_', 'BACKEND', 'UP', null, 21_035],
      ['shop_backup', 'FRONTEND', 'OPEN', null, 21_040],
      ['shop_backup', 'BACKEND', 'DOWN', null, 21_040],
    ],
  );
});

test('a slot that cannot be bound has a frontend that stopped', () => {
  const rows = rowsOf(proxyView([appView([], {}, { isBound: false })]));
  assert.equal(rows[0]?.values.status, 'STOP');
});

test('errors stand in the columns where HAProxy counts them', () => {
  const view = appView([]);
  Object.assign(view.counters.errors, {
    ...{ FORBIDDEN: 1, HOST_MISSING: 2, REQUEST_TIMEOUT: 4, CLIENT_ABORTED: 8, CONNECT_FAILED: 16, QUEUE_TIMEOUT: 32 },
    ...{ RESPONSE_TIMEOUT: 64, CLOSED_IN_RESPONSE: 128, NO_INSTANCE: 256 },
  });
  const [frontend, backend] = rowsOf(proxyView([view])).map(({ values }) => values);
  assert.deepEqual([frontend?.dreq, frontend?.ereq], [1, 6]);
  assert.deepEqual([backend?.econ, backend?.eresp, backend?.cli_abrt, backend?.srv_abrt], [304, 64, 8, 128]);
});

test('a reason with commas, quotes and lines is one field for any parser', () => {
  const detail = 'said "no", then\nclosed';
  const last = { ok: false, code: 'L7RSP', status: null, tookMs: 1, detail };
  const text = formatCsv(rowsOf(proxyView([appView([serverView(INSTANCE, { check: { ...DOWN_CHECK, last } })])])));
  assert.equal(text.split('\n').length, 5, 'the names, three rows, and the end');
  const row = readCsvWithPython(text).find(({ svname }) => svname === 'shop_172.17.0.2');
  assert.equal(row?.last_chk, 'said "no", then closed');
  assert.equal(row?.addr, '172.17.0.2:8080');
});
