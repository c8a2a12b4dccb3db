/** The text of `autoproxy why`, from documents as literals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Definition, Serving, WhyDocument, WhyInstance } from '../../src/admin/why-document.js';
import { plainPaint } from '../../src/cli/terminal.js';
import { formatWhy } from '../../src/cli/why-text.js';
import { APP_DEFAULTS } from '../../src/model/app.js';

const AT = '2026-01-02T03:10:00.000Z';
const EARLIER = '2026-01-02T03:04:50.000Z';

function definitionOf(fields: Partial<Definition> = {}): Definition {
  return {
    source: 'directory',
    location: '/s/shop.yml',
    line: 3,
    col: 1,
    outcome: 'used',
    slot: 21_034,
    instances: 1,
    held: false,
    staleMs: 0,
    reports: [],
    ...fields,
  };
}

function instanceOf(fields: Partial<WhyInstance> = {}): WhyInstance {
  return {
    id: '172.17.0.2:8080',
    weight: 100,
    state: 'ready',
    sourceState: 'ready',
    decision: null,
    takesTraffic: true,
    health: 'up',
    since: EARLIER,
    contrary: 0,
    contraryNeeded: 3,
    lastCheck: { ok: true, detail: 'connected', at: AT },
    ...fields,
  };
}

function servingOf(fields: Partial<Serving> = {}): Serving {
  return {
    slot: 21_034,
    healthPort: 21_035,
    protocol: 'http',
    bound: true,
    bindError: null,
    traffic: { to: 'instances', neighbors: [], why: null, since: EARLIER },
    bled: 0,
    bledIn: 0,
    errors: [],
    check: APP_DEFAULTS.health,
    instances: [instanceOf()],
    neighbors: [],
    ...fields,
  };
}

function linesOf(fields: Partial<WhyDocument> = {}): string[] {
  const why: WhyDocument = {
    version: 1,
    node: 'a1',
    at: AT,
    app: 'shop',
    status: 'served',
    definitions: [definitionOf()],
    serving: servingOf(),
    problems: [],
    events: [],
    ...fields,
  };
  return formatWhy(why, plainPaint);
}

test('a healthy app is five lines and a table', () => {
  assert.deepEqual(linesOf(), [
    'shop: served on slot 21034, health port 21035, http',
    '  given by    directory, /s/shop.yml:3:1; with 1 instance',
    '  checks      a connect each 1s, at most 2s; up after 2 passed, down after 3 failed',
    '  traffic     to 1 of 1 instance for 5m 10s',
    '',
    'INSTANCE         WEIGHT  STATE  HEALTH     FOR  RISE/FALL  LAST CHECK         NOTE',
    '172.17.0.2:8080     100  ready  up      5m 10s  -          connected, 0s ago',
  ]);
});

test('a source that lost stands below the one that won, with key and index', () => {
  const consul = { source: 'consul', location: 'autoproxy/apps/shop', line: null, col: null, index: 812 };
  const lines = linesOf({ definitions: [definitionOf(), definitionOf({ ...consul, outcome: 'hidden' })] });
  assert.equal(lines[2], '  also in     consul, autoproxy/apps/shop (index 812); hidden: directory wins over consul');
});

test('containers stand in a table of their own: those that serve, those that are left out, and what is listed in vain', () => {
  const container = { id: '0123456789ab'.padEnd(64, '0'), name: 'web-1' };
  const place = 'container web-1 (0123456789ab)';
  const health = [{ id: 'HEALTHCHECK', status: 'healthy', output: '' }];
  const reports = [
    { address: '172.17.0.2:8080', place, leftOut: null, checks: health },
    { address: '172.17.0.3:8080', place: 'container web-2 (ba9876543210)', leftOut: 'it is paused', checks: [] },
  ];
  const lines = linesOf({
    offers: [{ source: 'docker', instances: 1, held: false, staleMs: 0, reports }],
    leftOut: [{ address: '172.17.0.9:80', place: 'container blog-1 (111111111111)', why: 'it serves blog' }],
    serving: servingOf({ instances: [instanceOf({ container })] }),
  });
  assert.equal(lines[2], '  instances   docker offers 1 instance');
  assert.match(lines[7] ?? '', /^172\.17\.0\.2:8080 .* container web-1 \(0123456789ab\)$/);
  assert.deepEqual(lines.slice(8), [
    '',
    'IN DOCKER        PLACE                           CHECKS',
    '172.17.0.2:8080  container web-1 (0123456789ab)  HEALTHCHECK healthy',
    '172.17.0.3:8080  container web-2 (ba9876543210)  left out: it is paused',
    '',
    'LEFT OUT       PLACE                            WHY',
    '172.17.0.9:80  container blog-1 (111111111111)  it serves blog',
  ]);
});

test('what is not as it seems is said of the source: held, stale, another slot asked for', () => {
  const lines = linesOf({ definitions: [definitionOf({ held: true, staleMs: 61_000, slot: 21_040 })] });
  assert.equal(
    lines[1],
    '  given by    directory, /s/shop.yml:3:1; with 1 instance; it asks for slot 21040; ' +
      'held: the source lost it, or a part of it; the source is stale for 1m 1s',
  );
});

test('checks on their way to another health are counted as rise or fall', () => {
  const instances = [
    instanceOf({ contrary: 2, contraryNeeded: 3, lastCheck: { ok: false, detail: 'status 503', at: AT } }),
    instanceOf({ health: 'down', contrary: 1, contraryNeeded: 2, takesTraffic: false }),
    instanceOf({ health: 'unchecked', since: null, contraryNeeded: 0, lastCheck: null, takesTraffic: false }),
  ];
  const [falling, rising, unchecked] = linesOf({ serving: servingOf({ instances }) }).slice(-3);
  assert.match(falling ?? '', / up +5m 10s +fall 2\/3 +status 503, 0s ago$/);
  assert.match(rising ?? '', / down +5m 10s +rise 1\/2 +connected, 0s ago +takes no new traffic$/);
  assert.match(unchecked ?? '', / unchecked +- +- +- +takes no new traffic$/);
});

test('a bleed names where to, why and how much so far', () => {
  const traffic = {
    to: 'neighbors',
    neighbors: ['10.0.0.6', '10.0.0.7'],
    why: 'it has no instance',
    since: EARLIER,
  };
  const neighbors = [{ ...instanceOf(), address: '10.0.0.6', remark: 'check x is critical' }];
  const serving = { ...servingOf({ instances: [], bled: 7, bledIn: 2, neighbors }), traffic } as Serving;
  const lines = linesOf({ serving });
  assert.equal(
    lines[3],
    '  traffic     bleeds to 10.0.0.6, 10.0.0.7 for 5m 10s: it has no instance; 7 bled so far, 2 taken from neighbors',
  );
  assert.match(lines.at(-1) ?? '', /^10\.0\.0\.6 +up +5m 10s +- +connected, 0s ago +check x is critical$/);
});

test('what went wrong is counted, most frequent first, and at most six of it', () => {
  const errors = ['A', 'B', 'C', 'D', 'E', 'F', 'G'].map((code, index) => ({
    code,
    count: 9 - index,
    text: `text ${code}`,
  }));
  const lines = linesOf({ serving: servingOf({ errors }) });
  const first = lines.indexOf('  errors      9 × A: text A');
  assert.notEqual(first, -1, lines.join('\n'));
  assert.deepEqual(lines.slice(first + 1, first + 7), [
    ...['8 × B: text B', '7 × C: text C', '6 × D: text D', '5 × E: text E', '4 × F: text F'].map(
      (line) => `              ${line}`,
    ),
    '',
  ]);
});

test('what the source itself knows of instances is a table of its own, with the reason of what it leaves out', () => {
  const place = 'service shop-1 on node a1';
  const reports = [
    { address: '10.0.0.9:80', place, leftOut: null, checks: [{ id: 'ping', status: 'passing', output: 'pong' }] },
    { address: '10.0.0.9:81', place, leftOut: null, checks: [] },
    {
      address: '10.0.0.9:82',
      place,
      leftOut: 'check ping is critical',
      checks: [{ id: 'ping', status: 'critical', output: 'dial tcp:\n connection refused\x1b' }],
    },
  ];
  const lines = linesOf({ definitions: [definitionOf({ source: 'consul', reports })] });
  assert.deepEqual(lines.slice(-4), [
    'IN CONSUL    PLACE                      CHECKS',
    '10.0.0.9:80  service shop-1 on node a1  ping passing',
    '10.0.0.9:81  service shop-1 on node a1  none',
    '10.0.0.9:82  service shop-1 on node a1  left out: check ping is critical: dial tcp: connection refused\\u001b',
  ]);
});

test('a slot that could not be bound says why', () => {
  const [first] = linesOf({ serving: servingOf({ bound: false, bindError: 'taken by pid 5' }) });
  assert.equal(first, 'shop: not bound on slot 21034, health port 21035, http: taken by pid 5');
});

test('an app that is refused, pending or gone says so first', () => {
  const firstOf = (status: WhyDocument['status']): string | undefined => linesOf({ status, serving: null })[0];
  assert.equal(
    firstOf('refused'),
    'shop: refused, for the reason below; once that is fixed, the node serves it by itself',
  );
  assert.equal(firstOf('pending'), 'shop: not yet in force');
  assert.equal(firstOf('gone'), 'shop: gone; it is in no source now');
});

test('nothing that somebody wrote can move the cursor', () => {
  const evil = '\x1b[2J';
  const text = linesOf({
    app: evil,
    definitions: [definitionOf({ location: evil })],
    serving: servingOf({
      bound: false,
      bindError: evil,
      check: { ...APP_DEFAULTS.health, path: evil },
      instances: [
        instanceOf({
          decision: { state: 'drain', by: evil, at: EARLIER, wholeApp: false },
          lastCheck: { ok: false, detail: evil, at: AT },
        }),
      ],
    }),
    problems: [{ severity: 'error', app: evil, file: evil, line: 1, col: 1, message: evil, hint: evil }],
    events: [{ at: AT, kind: 'problem', text: evil }],
  }).join('\n');
  assert.ok(!text.includes('\x1b'), JSON.stringify(text));
  assert.ok(text.includes('\\u001b[2J'));
});

test('where nobody serves an app, its traffic says what clients get', () => {
  const traffic = { to: 'nobody', neighbors: [], why: 'it has no instance', since: EARLIER } as const;
  const lineOf = (protocol: string): string =>
    linesOf({ serving: servingOf({ protocol, traffic }) }).find((line) => line.startsWith('  traffic')) ?? '';
  assert.match(lineOf('http'), /^ {2}traffic +503 for .*: it has no instance$/);
  assert.match(lineOf('tcp'), /^ {2}traffic +closes clients for .*: it has no instance$/);
});
