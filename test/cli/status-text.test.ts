/** The table of `autoproxy status`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StateDocument } from '../../src/admin/state-document.js';
import { formatStatus } from '../../src/cli/status-text.js';
import { plainPaint } from '../../src/cli/terminal.js';
import { appStatus, histogramOf, instanceStatus, stateDocument } from './state-documents.js';

const options = { showsInstances: false, earlier: null };

test('columns are aligned and numbers stand at the right', () => {
  const state = stateDocument({
    apps: [
      appStatus({ requests: 12_345, latencyBuckets: histogramOf(1), instances: [instanceStatus()] }),
      appStatus({ name: 'backoffice', slot: 80, requests: 7, instances: [instanceStatus()] }),
    ],
  });
  const [, , , titles = '', first = '', second = ''] = formatStatus(state, options, plainPaint);
  const end = titles.indexOf('REQUESTS') + 'REQUESTS'.length;
  assert.equal(first.slice(0, end).trimEnd().slice(-6), ' 12345');
  assert.equal(second.slice(0, end).slice(-2), ' 7');
  assert.ok(first.startsWith('shop        21034  1/1'), first);
  assert.ok(second.startsWith('backoffice     80  1/1'), second);
});

test('an app without a usable instance says where its traffic goes', () => {
  const down = [instanceStatus({ health: 'down' })];
  const neighbors = [{ address: '10.0.0.6', up: true }];
  const mail = appStatus({ name: 'mail', protocol: 'tcp', instances: down });
  const state = stateDocument({
    apps: [appStatus({ instances: down, neighbors }), appStatus({ name: 'api', instances: down }), mail],
  });
  const text = formatStatus(state, options, plainPaint).join('\n');
  assert.match(text, /^shop .* 0\/1 .*bleeds to 10\.0\.0\.6$/m);
  assert.match(text, /^api .* 0\/1 .*503: no instance and no neighbor$/m);
  assert.match(text, /^mail .* 0\/1 .* closes clients: no instance and no neighbor$/m);
});

test('a source that cannot be read says why', () => {
  const failing = { up: false, stale: true, staleMs: 9, apps: 0, failure: 'nothing listens: is Docker running?' };
  const sources = [
    { name: 'docker', ...failing },
    { name: 'directory', ...failing, up: true, failure: null },
  ];
  const text = formatStatus(stateDocument({ sources }), options, plainPaint).join('\n');
  assert.match(text, /; sources docker down, directory stale/);
  assert.match(text, /^docker: nothing listens: is Docker running\?$/m);
  assert.doesNotMatch(text, /^directory:/m);
});

test('lines that the access log lost are said', () => {
  const said = (accessLog: StateDocument['accessLog']): string =>
    formatStatus(stateDocument(accessLog === undefined ? {} : { accessLog }), options, plainPaint).join('\n');
  assert.match(
    said({ lines: 70, dropped: 12 }),
    /^access log: 12 of 70 lines could not be written; the log says why$/m,
  );
  assert.doesNotMatch(said({ lines: 70, dropped: 0 }), /access log/);
  assert.match(
    said({ lines: 70, dropped: 0, waiting: 9, failure: 'ENOSPC: \x1b[2J' }),
    /^access log: cannot be written, 9 lines wait: ENOSPC: \\u001b\[2J$/m,
  );
  assert.doesNotMatch(said(undefined), /access log/);
});

test('a slot that is not bound says why, and nothing in it can move the cursor', () => {
  const state = stateDocument({ apps: [appStatus({ bound: false, bindError: 'taken by \x1b[2Jpid 5' })] });
  const text = formatStatus(state, options, plainPaint).join('\n');
  assert.match(text, /not bound: taken by \\u001b\[2Jpid 5$/m);
});

test('instances say who set their state and why they are down', () => {
  const instances = [
    instanceStatus({ state: 'drain', override: { by: 'ann', at: '2026-01-02T03:04:05Z' } }),
    instanceStatus({ id: '172.17.0.3:8080', health: 'down', lastCheck: { ok: false, detail: 'refused', ageMs: 5 } }),
  ];
  const lines = formatStatus(
    stateDocument({ apps: [appStatus({ instances })] }),
    { ...options, showsInstances: true },
    plainPaint,
  );
  assert.match(lines.at(-2) ?? '', /172\.17\.0\.2:8080 +drain +up .* by ann at 2026-01-02T03:04:05Z$/);
  assert.match(lines.at(-1) ?? '', /172\.17\.0\.3:8080 +ready +down .* refused$/);
});

test('instances say in which container they are', () => {
  const container = { id: '0123456789ab'.padEnd(64, '0'), name: 'web-1' };
  const instances = [instanceStatus({ container, override: { by: 'ann', at: '2026-01-02T03:04:05Z' } })];
  const lines = formatStatus(
    stateDocument({ apps: [appStatus({ instances })] }),
    { ...options, showsInstances: true },
    plainPaint,
  );
  assert.match(lines.at(-1) ?? '', / container web-1 \(0123456789ab\); by ann at 2026-01-02T03:04:05Z$/);
});

test('the header tells what is not as it should be', () => {
  const state = stateDocument({
    status: 'stopping',
    revision: 9,
    workers: [
      { index: 0, pid: 8, state: 'serving', revision: 9, restarts: 2 },
      { index: 1, pid: 9, state: 'draining', revision: 4, restarts: 0 },
    ],
    sources: [{ name: 'directory', up: true, stale: true, staleMs: 65_000, apps: 1 }],
  });
  const [first, second] = formatStatus(state, options, plainPaint);
  assert.equal(first, 'a1 of pod alpha: stopping for 4m 10s, revision 9, workers hold 4');
  assert.equal(second, 'workers 1/2, 2 started again after a crash; sources directory stale for 1m 5s; neighbors none');
});

test('workers that do without handles are told of', () => {
  const lines = (sockets: 'handles' | 'streams' | null): readonly string[] => {
    const workers = [{ index: 0, pid: 8, state: 'serving', revision: 9, restarts: 0, sockets }] as const;
    return formatStatus(stateDocument({ workers }), options, plainPaint).filter((line) => line.includes('net.Socket'));
  };
  assert.deepEqual([lines('handles'), lines(null)], [[], []]);
  assert.deepEqual(lines('streams'), [
    'workers use net.Socket: this Node hides its socket handles, and connections cost more',
  ]);
});

test('other nodes that something speaks against are named with it, and none of an older release', () => {
  const node = { name: 'b', addresses: ['10.0.0.6'], standing: 'counted', remark: null } as const;
  const nodes = [
    node,
    { ...node, name: 'c', standing: 'doubted', remark: 'check ready is critical' },
    { ...node, name: 'd\x1b', addresses: [], standing: 'leftOut', remark: 'it is in maintenance' },
  ] as const;
  const shown = (state: Partial<StateDocument>) => formatStatus(stateDocument(state), options, plainPaint);
  assert.deepEqual(
    shown({ nodes }).filter((line) => line.startsWith('node ')),
    [
      'node c (10.0.0.6) is doubted, its checks decide: check ready is critical',
      'node d\\u001b (without an address) takes no bleed: it is in maintenance',
    ],
  );
  const { nodes: _, ...older } = stateDocument();
  assert.deepEqual(formatStatus(older as StateDocument, options, plainPaint), shown({}));
});

test('a node that serves nothing says what to do', () => {
  const problem = {
    severity: 'error',
    app: null,
    file: '/s/x.yml',
    line: 2,
    col: 1,
    message: 'bad',
    hint: null,
  } as const;
  const text = formatStatus(stateDocument({ problems: [problem] }), options, plainPaint).join('\n');
  assert.match(text, /Nothing is served: fix the errors below/);
  assert.match(text, /^\/s\/x\.yml:2:1: error: bad$/m);
});

test('a node that registers containers says how many, what others left behind, and what hinders it', () => {
  const ghosts = [{ id: 'host:old:80', name: 'shop', address: '172.17.0.9' }];
  const registrar = { registered: 3, ghosts: [], failure: null, isYielding: false };
  const lineOf = (state: StateDocument['registrar']) =>
    formatStatus(stateDocument(state === undefined ? {} : { registrar: state }), options, plainPaint).find((line) =>
      line.startsWith('registered'),
    );
  const done = 'registered in Consul: 3 services of containers';
  assert.equal(lineOf(undefined), undefined);
  assert.equal(lineOf(registrar), done);
  assert.equal(lineOf({ ...registrar, ghosts }), `${done}; 1 of others for containers that are gone`);
  assert.equal(lineOf({ ...registrar, failure: 'no right\x1b' }), `${done}; no right\\u001b`);
  const nothing = 'registered in Consul: nothing, another node of this name does it';
  assert.equal(lineOf({ ...registrar, isYielding: true }), nothing);
});
