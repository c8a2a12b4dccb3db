/** What the checker knows of a target, whom it tells, what it logs, and when exactly it asks again. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type TestContext, test } from 'node:test';
import { type CheckTarget, HealthChecker } from '../../src/health/checker.js';
import type { ProbeResult } from '../../src/health/probe.js';
import { ownAddress } from '../support/addresses.js';
import { atEnd } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';

const CHECK = { path: null, intervalMs: 1_000, timeoutMs: 2_000, rise: 2, fall: 3 };
const PASSED: ProbeResult = { hasPassed: true, detail: 'connected' };
const FAILED: ProbeResult = { hasPassed: false, detail: 'refused' };

function targetOf(key: string, target: Partial<CheckTarget> = {}): CheckTarget {
  return { key, host: key, port: 1, check: CHECK, group: 'shop', ...target };
}

/** Every host answers what `answers` has for it; a clock that says at which millisecond each was asked. */
function createWorld(context: TestContext, { random = (): number => 0.5, tookMs = 0 } = {}) {
  const clock = new FakeClock();
  const { log, lines } = createRecordingLog();
  const answers = new Map<string, ProbeResult | Error>();
  const askedAt: number[] = [];
  const changes: string[] = [];
  const startedAt = clock.now();
  const checker = new HealthChecker({
    clock,
    random,
    log,
    probe: async ({ host }) => {
      askedAt.push(clock.now() - startedAt);
      if (tookMs > 0) await new Promise<void>((resolve) => clock.setTimer(tookMs, resolve));
      const answer = answers.get(host) ?? PASSED;
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  checker.onChange((key, isUp) => changes.push(`${key} ${isUp ? 'up' : 'down'}`));
  atEnd(context, () => checker.stop());
  const words = () =>
    lines.map(({ level, msg, target, from, to, detail, failures }) => ({
      ...{ level, msg, target },
      ...(from !== undefined && { from, to, detail }),
      ...(failures !== undefined && { failures }),
    }));
  return { clock, answers, askedAt, changes, checker, lines, words, startedAt };
}

test('a measurement has the check, the last answer, how many spoke against it, and since when it is so', async (context) => {
  const { clock, answers, checker, startedAt } = createWorld(context);
  assert.equal(checker.measurementOf('a'), null);
  checker.setTargets([targetOf('a')]);
  assert.deepEqual(checker.measurementOf('a'), {
    ...{ health: 'unchecked', contrary: 0, check: CHECK, last: null, since: startedAt },
    record: { failures: 0, downs: 0, downMs: 0 },
  });
  await clock.advance(0);
  answers.set('a', FAILED);
  await clock.advance(1_750);
  assert.deepEqual(checker.measurementOf('a'), {
    ...{ health: 'up', contrary: 2, check: CHECK, since: startedAt },
    last: { ok: false, detail: 'refused', tookMs: 0, at: startedAt + 1_750 },
    record: { failures: 2, downs: 0, downMs: 0 },
  });
  await clock.advance(1_000);
  assert.deepEqual(checker.measurementOf('a'), {
    ...{ health: 'down', contrary: 0, check: CHECK, since: startedAt + 2_750 },
    last: { ok: false, detail: 'refused', tookMs: 0, at: startedAt + 2_750 },
    record: { failures: 3, downs: 1, downMs: 0 },
  });
  await clock.advance(1_000);
  assert.deepEqual(checker.measurementOf('a')?.record, { failures: 3, downs: 1, downMs: 1_000 });
  answers.set('a', PASSED);
  await clock.advance(2_000);
  assert.deepEqual(
    [checker.healthOf('a'), checker.measurementOf('a')?.record],
    ['up', { failures: 3, downs: 1, downMs: 3_000 }],
    'only the time until it was up again counts',
  );
  await clock.advance(5_000);
  assert.deepEqual(checker.measurementOf('a')?.record, { failures: 3, downs: 1, downMs: 3_000 });
  checker.stop();
  assert.equal(checker.measurementOf('a'), null);
});

test('each change of health is logged with what led to it, and nothing else is', async (context) => {
  const { clock, answers, checker, words } = createWorld(context);
  checker.setTargets([targetOf('a')]);
  await clock.advance(5_000);
  answers.set('a', FAILED);
  await clock.advance(5_000);
  const line = { level: 'info', msg: 'health changed', target: 'a' };
  assert.deepEqual(words(), [
    { ...line, from: 'unchecked', to: 'up', detail: 'connected' },
    { ...line, from: 'up', to: 'down', detail: 'refused' },
  ]);
});

test('who answers is known, until the target is down and silent; another one there is told of', async (context) => {
  const { clock, answers, changes, checker, words } = createWorld(context);
  assert.equal(checker.nodeAt('a'), null);
  answers.set('a', { ...PASSED, node: 'node-1' });
  checker.setTargets([targetOf('a')]);
  await clock.advance(0);
  assert.equal(checker.nodeAt('a'), 'node-1');
  answers.set('a', FAILED);
  await clock.advance(750);
  assert.equal(checker.nodeAt('a'), 'node-1', 'one lost answer says nothing');
  answers.set('a', { ...PASSED, node: 'node-2' });
  await clock.advance(1_000);
  assert.equal(checker.nodeAt('a'), 'node-2');
  assert.deepEqual(changes, ['a up', 'a up']);
  assert.equal(words().length, 1, 'its health has not changed');
  answers.set('a', { ...PASSED, node: null });
  await clock.advance(1_000);
  assert.equal(checker.nodeAt('a'), null);
  assert.deepEqual(changes, ['a up', 'a up', 'a up']);
  answers.set('a', { ...PASSED, node: 'node-3' });
  await clock.advance(1_000);
  answers.set('a', FAILED);
  await clock.advance(3_000);
  assert.deepEqual([checker.healthOf('a'), checker.nodeAt('a')], ['down', null]);
  answers.set('a', { ...FAILED, node: 'node-4' });
  await clock.advance(1_000);
  assert.equal(checker.nodeAt('a'), 'node-4', 'an error page says who wrote it');
  assert.deepEqual(changes.slice(3), ['a up', 'a down', 'a down']);
});

test('an ejection is logged, counts as the last answer, and needs three lost connects in a row', async (context) => {
  const { clock, changes, checker, words, startedAt } = createWorld(context);
  checker.setTargets([targetOf('a'), targetOf('b')]);
  checker.passiveFailure('a', 3);
  assert.equal(checker.healthOf('a'), 'unchecked', 'only what is up is ejected');
  await clock.advance(0);
  checker.passiveFailure('a', 2);
  assert.equal(checker.healthOf('a'), 'up');
  await clock.advance(100);
  checker.passiveFailure('a', 3);
  checker.passiveFailure('a', 4);
  checker.passiveFailure('nobody', 3);
  assert.deepEqual(checker.measurementOf('a'), {
    ...{ health: 'down', contrary: 0, check: CHECK, since: startedAt + 100 },
    last: { ok: false, detail: '3 connections for traffic failed', code: 'HANA', at: startedAt + 100 },
    record: { failures: 0, downs: 1, downMs: 0 },
  });
  assert.deepEqual(changes.slice(2), ['a down']);
  assert.deepEqual(words().slice(2), [
    { level: 'warn', msg: 'ejected: connections for traffic failed', target: 'a', failures: 3 },
    ...[
      {
        level: 'info',
        msg: 'health changed',
        target: 'a',
        from: 'up',
        to: 'down',
        detail: '3 connections for traffic failed',
      },
    ],
  ]);
});

test('a probe that throws is logged, and says nothing of the target', async (context) => {
  const { clock, answers, askedAt, checker, words } = createWorld(context);
  answers.set('a', new Error('a bug'));
  checker.setTargets([targetOf('a')]);
  await clock.advance(0);
  assert.deepEqual([checker.healthOf('a'), checker.lastCheckOf('a')], ['unchecked', null]);
  assert.deepEqual(words(), [{ level: 'error', msg: 'a check failed by an unexpected error', target: 'a' }]);
  await clock.advance(750);
  assert.equal(askedAt.length, 2, 'it is asked again');
});

test('the second and third check come at moments of their own, those after them at fixed intervals', async (context) => {
  for (const [chance, second, third] of [
    [0, 500, 1_000],
    [0.5, 750, 1_750],
    [0.999, 1_000, 2_500],
  ] as const) {
    const { clock, askedAt, checker } = createWorld(context, { random: () => chance });
    checker.setTargets([targetOf('a')]);
    await clock.advance(third + 2_000);
    assert.deepEqual(askedAt, [0, second, third, third + 1_000, third + 2_000], `chance ${chance}`);
  }
});

test('a check that takes long delays the next one no more than it must', async (context) => {
  const { clock, askedAt, checker } = createWorld(context, { tookMs: 300 });
  checker.setTargets([targetOf('a')]);
  // 300 and 750, then 300 and 1 000, on the grid of 250; then each second, whatever the check took.
  await clock.advance(4_250);
  assert.deepEqual(askedAt, [0, 1_000, 2_250, 3_250, 4_250]);
  const slow = createWorld(context, { tookMs: 1_500 });
  slow.checker.setTargets([targetOf('a')]);
  await slow.clock.advance(8_000);
  // A tenth of the interval behind an answer, on the grid.
  assert.deepEqual(slow.askedAt, [0, 2_250, 4_750, 6_250, 7_750]);
});

test('short intervals have a finer grid', async (context) => {
  const { clock, askedAt, checker } = createWorld(context, { random: () => 0 });
  checker.setTargets([targetOf('a', { check: { ...CHECK, intervalMs: 200 } })]);
  await clock.advance(600);
  assert.deepEqual(askedAt, [0, 100, 200, 400, 600]);
});

test('a new interval counts from now, other changes of the check do not hurry it, and a target that comes again has no timer of old', async (context) => {
  const { clock, askedAt, checker } = createWorld(context);
  checker.setTargets([targetOf('a')]);
  await clock.advance(100);
  checker.setTargets([targetOf('a', { check: { ...CHECK, rise: 5 } })]);
  assert.deepEqual(clock.waits(), [650]);
  assert.equal(checker.measurementOf('a')?.check.rise, 5);
  checker.setTargets([targetOf('a', { check: { ...CHECK, intervalMs: 2_000 } })]);
  assert.deepEqual(clock.waits(), [1_400], '1.5 s from now, on the grid');
  checker.setTargets([]);
  assert.deepEqual(clock.waits(), []);
  checker.setTargets([targetOf('a')]);
  checker.stop();
  await clock.advance(10_000);
  assert.deepEqual([clock.waits(), askedAt.length], [[], 2]);
  checker.setTargets([targetOf('b')]);
  await clock.advance(0);
  assert.equal(askedAt.length, 2);
});

test('a check that begins late by more than a quarter of its interval is followed by one at a moment of its own', async (context) => {
  for (const [lateMs, waitMs] of [
    [250, 1_000],
    [251, 749],
  ] as const) {
    const { clock, checker } = createWorld(context);
    checker.setTargets([targetOf('a')]);
    await clock.advance(0);
    clock.jump(750 + lateMs);
    await clock.advance(0);
    assert.deepEqual(clock.waits(), [waitMs], `late by ${lateMs} ms`);
  }
});

test('a target with a path is asked over HTTP, one without is connected to', async (context) => {
  const host = ownAddress();
  const server = createServer((_, response) => response.writeHead(503).end()).listen({ host, port: 0 });
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  const checker = new HealthChecker({ clock: new FakeClock(), random: () => 0.5, log: createRecordingLog().log });
  atEnd(context, () => {
    checker.stop();
    server.close();
    server.closeAllConnections();
  });
  const details = new Map<string, string | undefined>();
  await new Promise<void>((resolve) => {
    checker.onChange((key) => {
      details.set(key, checker.lastCheckOf(key)?.detail);
      if (details.size === 2) resolve();
    });
    checker.setTargets([
      targetOf('http', { host, port, check: { ...CHECK, path: '/health' } }),
      targetOf('tcp', { host, port }),
    ]);
  });
  assert.deepEqual([details.get('http'), checker.healthOf('http')], ['status 503', 'down']);
  assert.equal(checker.healthOf('tcp'), 'up');
});
