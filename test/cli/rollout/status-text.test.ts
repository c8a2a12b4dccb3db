/** How a rollout is shown to people. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentOf } from '../../../src/cli/rollout/status.js';
import { type RolloutReport, rolloutLines } from '../../../src/cli/rollout/status-text.js';
import { parseAppDefinitions } from '../../../src/documents/app-definition-document.js';
import type { ServiceRollout } from '../../../src/placement/rollout-status.js';

const NOON = Date.UTC(2026, 0, 1, 12);
const OLD = { number: 11, label: '11', image: 'shop:1' };
const FAILURE = {
  version: { number: 12, label: '12', image: 'shop:2' },
  node: 'node-a',
  error: 'exit 1',
  count: 1,
  lastAt: NOON,
};

const SERVICE: ServiceRollout = {
  service: 'shop-alpha',
  pod: 'alpha',
  state: 'busy',
  wanted: 2,
  running: 1,
  reason: '',
  versions: [
    {
      version: { number: 12, label: '12', image: 'shop:2' },
      isCurrent: true,
      differs: null,
      nodes: [{ node: 'node-a', running: 1, starting: 1, ending: 0 }],
      ending: [],
    },
    {
      version: OLD,
      isCurrent: false,
      differs: null,
      nodes: [{ node: 'node-b', running: 0, starting: 0, ending: 2 }],
      ending: [
        { id: 'abcdefghijklmnopqrstuvwxy', node: 'node-b', containerId: 'c1', since: NOON - 12_000 },
        { id: 'bcdefghijklmnopqrstuvwxyz', node: 'node-b', containerId: 'c2', since: NOON },
      ],
    },
  ],
  failures: [],
};

function linesOf(service: Partial<ServiceRollout>, report: Partial<RolloutReport> = {}): string[] {
  const history = [{ number: 12, act: 'put', at: NOON, author: 'ops@host-1', text: 'name: shop\n' }] as const;
  const known = { stored: null, history };
  const services = [{ ...SERVICE, ...service }];
  return [
    ...rolloutLines({
      app: 'shop',
      known,
      services,
      underWay: new Map([['c1', { count: 3, oldestMs: 64_000 }]]),
      now: NOON,
      ...report,
    }),
  ];
}

test('a rollout under way: a row for each version and node, and what ends', () => {
  assert.deepEqual(linesOf({}), [
    'shop: version 12, put by ops@host-1 at 2026-01-01T12:00:00.000Z',
    'shop-alpha: under way, 1 of 2 tasks run',
    '  VERSION  IMAGE   NODE    RUNNING  STARTING  ENDING',
    '       12  shop:2  node-a        1         1       0',
    '       11  shop:1  node-b        0         0       2',
    '  ending: task abcdefghijkl on node-b for 12s, 3 requests under way, the oldest for 1m 4s',
    '  ending: task bcdefghijklm on node-b for 0s',
  ]);
});

test('a failure is shown with its reason, once for all equal ones, and with the way back', () => {
  const lines = linesOf({ state: 'failed', reason: 'exit 1', versions: [], failures: [{ ...FAILURE, count: 3 }] });
  assert.deepEqual(lines.slice(1), [
    'shop-alpha: failed, 1 of 2 tasks run (exit 1)',
    '  failed: version 12, shop:2 on node-a: exit 1 (3 times, last at 2026-01-01T12:00:00.000Z)',
    '→ autoproxy rollout undo shop brings the version before it back',
  ]);
  const many = linesOf({ versions: [], failures: Array.from({ length: 7 }, () => FAILURE) });
  assert.equal(many.at(-1), '  failed: 2 more');
});

test('words of a manager cannot write on the screen', () => {
  const lines = linesOf({
    reason: '\u001b[2J',
    failures: [{ ...FAILURE, error: '\u001b]0;x\u0007', version: { number: null, label: '?1', image: '\u001b[1m' } }],
  });
  assert.equal(lines.join('').includes('\u001b'), false);
});

test('an app without a history says so', () => {
  assert.equal(linesOf({}, { known: { stored: null, history: [] } })[0], 'shop: no version is kept');
});

function known(...images: readonly string[]): RolloutReport['known'] {
  const texts = images.map((image) => `name: shop\npods: [alpha]\nprotocol: http\nnative_port: 80\nimage: ${image}\n`);
  const written = { act: 'put', at: NOON, author: 'ops@host-1' } as const;
  const text = texts.at(-1) ?? assert.fail();
  const [read] = parseAppDefinitions(text, 'shop', 'registry').apps;
  return {
    stored: { definition: read?.definition ?? assert.fail(), text, version: 'v' },
    history: texts.map((one, index) => ({ ...written, number: index + 1, text: one })),
  };
}

test('an app with one version is not told to go back', () => {
  const failed = { state: 'failed', versions: [] } as const;
  assert.deepEqual(linesOf(failed, { known: known('shop:1') }).slice(2), [
    '→ mend the definition, then: autoproxy app put FILE --apply',
    '→ or take the app away: autoproxy app rm shop --apply',
  ]);
  const undo = '→ autoproxy rollout undo shop brings the version before it back';
  assert.equal(linesOf(failed, { known: known('shop:1', 'shop:2') }).at(-1), undo);
  const paused = { state: 'paused', versions: [] } as const;
  assert.equal(linesOf(paused, { known: known('shop:1') }).at(-1), '→ autoproxy apply shop goes on');
});

test('a name that another service has is not told to be applied', () => {
  const lines = linesOf({ state: 'foreign', versions: [], reason: 'why' }, { known: known('shop:1') });
  assert.deepEqual(lines.slice(1), [
    'shop-alpha: name taken, 1 of 2 tasks run (why)',
    '→ autoproxy plan shop says what to do with shop-alpha, which autoproxy does not manage',
  ]);
});

test('the document for programs says who wrote the version, when, and what to do; times are ISO 8601', () => {
  const services = [{ ...SERVICE, state: 'failed', failures: [FAILURE] }] as const;
  const report = { app: 'shop', known: known('shop:1'), services, underWay: new Map(), now: NOON };
  const { services: shown, hints, ...head } = documentOf(report) as Record<string, unknown>;
  const at = '2026-01-01T12:00:00.000Z';
  assert.deepEqual(head, { app: 'shop', version: 1, act: 'put', author: 'ops@host-1', at });
  assert.equal((hints as string[]).length, 2);
  assert.match(JSON.stringify(shown), /"lastAt":"2026-01-01T12:00:00\.000Z"[\s\S]*/);
  assert.match(JSON.stringify(shown), /"since":"2026-01-01T11:59:48\.000Z"/);
});

test('versions that the history lacks are told apart, with what each has other than the definition', () => {
  const row = (label: string, differs: readonly string[]) => ({
    ...{ version: { number: null, label, image: 'shop:1' }, isCurrent: label === '?1', differs, ending: [] },
    nodes: [{ node: 'node-a', running: 1, starting: 0, ending: 0 }],
  });
  const failures = [{ ...FAILURE, version: { number: null, label: '?2', image: 'shop:1' } }];
  assert.deepEqual(linesOf({ versions: [row('?1', ['env', 'stop_grace']), row('?2', [])], failures }).slice(3), [
    '       ?1  shop:1  node-a        1         0       0',
    '       ?2  shop:1  node-a        1         0       0',
    '  ?1: not in the history; other than the definition: env, stop_grace',
    '  ?2: not in the history; as the definition',
    '  failed: version ?2, shop:1 on node-a: exit 1 (at 2026-01-01T12:00:00.000Z)',
  ]);
});
