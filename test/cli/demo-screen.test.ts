/** What the demo shows: rates of the last seconds, counts since the start, colours only where they are wanted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NodeReadings } from '../../src/cli/demo/readings.js';
import { type DemoView, formatPlainLines, formatScreen } from '../../src/cli/demo/screen.js';
import { plainPaint } from '../../src/cli/terminal.js';
import { appStatus, histogramOf, instanceStatus, stateDocument } from './state-documents.js';

function viewOf(readings: NodeReadings, fields: Partial<DemoView> = {}): DemoView {
  return {
    elapsedMs: 61_000,
    pod: 'alpha',
    rows: readings.rows(),
    clients: { sent: 5, answered: 4, lost: 1, failed: 0, lastFailure: null },
    revisions: [readings.revisionText()],
    problems: readings.problems(),
    hints: ['hint'],
    events: ['event'],
    ...fields,
  };
}

function readingsOf(...samples: readonly (readonly [number, Parameters<typeof appStatus>[0]])[]): NodeReadings {
  const readings = new NodeReadings();
  for (const [atMs, app] of samples) readings.add(atMs, stateDocument({ apps: [appStatus(app)] }));
  return readings;
}

test('rates are of the last three seconds, counts since the start', () => {
  const readings = readingsOf(
    [0, { requests: 0 }],
    [1_000, { requests: 1_000, bled: 500 }],
    [2_000, { requests: 1_050, bled: 500 }],
    [3_000, { requests: 1_100, bled: 500 }],
    [5_000, { requests: 1_200, bled: 510, errors: { NO_INSTANCE: 2 }, latencyBuckets: histogramOf(1) }],
  );
  const [line = ''] = formatPlainLines(viewOf(readings));
  assert.match(line, /^01:01 a1 shop {2}instances 0\/0 {2}50 req\/s {2}p50 1\.\d\d ms .* errors 2 {2}bleed 3\/s$/);
});

test('instances are signs: up, down, and aside by an operator', () => {
  const instances = [instanceStatus(), instanceStatus({ health: 'down' }), instanceStatus({ state: 'drain' })];
  const readings = readingsOf([0, { instances }]);
  const painted = formatScreen(viewOf(readings), (style, text) => `<${style}>${text}</>`).join('\n');
  assert.ok(painted.includes('1/3 <green>●</><red>○</><yellow>●</>'), painted);
  const plain = formatScreen(viewOf(readings), plainPaint).join('\n');
  assert.ok(plain.includes('1/3 ●○●') && !plain.includes('\x1b'), plain);
});

test('a failure of a client, a broken file and a lost worker are said', () => {
  const readings = new NodeReadings();
  const problem = { severity: 'error', app: null, file: '/s/shop.yml', line: 2, col: 1, message: 'bad', hint: null };
  const workers = [{ index: 0, pid: 8, state: 'serving', revision: 4, restarts: 1 }] as const;
  readings.add(0, stateDocument({ problems: [{ ...problem, severity: 'error' }], workers }));
  const clients = { sent: 2, answered: 1, lost: 0, failed: 1, lastFailure: 'status 503' };
  const text = formatScreen(viewOf(readings, { clients }), plainPaint).join('\n');
  assert.match(text, /2 requests, 1 failed, 0 lost with a killed instance {2}\(last: status 503\)/);
  assert.match(text, /^\/s\/shop\.yml:2:1: error: bad$/m);
  assert.match(text, /a1 at table 4, 1 workers restarted/);
});
