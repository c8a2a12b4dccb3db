import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { silentLog } from '../../src/core/log.js';
import { type CheckTarget, HealthChecker } from '../../src/health/checker.js';
import type { Probe, ProbeResult } from '../../src/health/probe.js';
import { atEnd } from '../support/at-end.js';
import { FakeClock } from '../support/fake-clock.js';
import { createRecordingLog } from '../support/recording-log.js';
import { ScriptedInstance } from '../support/traffic/scripted-instance.js';

const CHECK = { path: null, intervalMs: 1_000, timeoutMs: 2_000, rise: 2, fall: 3 };
const PASSED: ProbeResult = { hasPassed: true, detail: 'connected' };
const FAILED: ProbeResult = { hasPassed: false, detail: 'refused' };

function targetOf(key: string, target: Partial<CheckTarget> = {}): CheckTarget {
  return { key, host: key, port: 1, check: CHECK, group: 'shop', ...target };
}

/** A checker in a world where every host answers as the test says, at once. */
function createWorld(context: TestContext) {
  const clock = new FakeClock();
  const answers = new Map<string, ProbeResult>();
  const asked: string[] = [];
  const changes: string[] = [];
  /** What happens while a check is under way. */
  const during: { happen: (host: string) => void } = { happen: () => {} };
  const checker = new HealthChecker({
    clock,
    random: () => 0.5,
    log: silentLog,
    probe: async ({ host }) => {
      asked.push(host);
      during.happen(host);
      return answers.get(host) ?? PASSED;
    },
  });
  checker.onChange((key, isUp) => changes.push(`${key} ${isUp ? 'up' : 'down'}`));
  atEnd(context, () => checker.stop());
  return { clock, answers, asked, changes, during, checker };
}

test('a new target is checked at once, and its first check decides', async (context) => {
  const { clock, answers, asked, changes, checker } = createWorld(context);
  answers.set('b', FAILED);
  checker.setTargets([targetOf('a'), targetOf('b')]);
  assert.equal(checker.healthOf('a'), 'unchecked');
  assert.equal(checker.lastCheckOf('a'), null);
  await clock.advance(0);
  assert.deepEqual(asked, ['a', 'b']);
  assert.deepEqual(changes, ['a up', 'b down']);
  assert.equal(checker.healthOf('a'), 'up');
  assert.deepEqual(checker.lastCheckOf('b'), { ok: false, detail: 'refused', tookMs: 0, at: clock.now() });
  assert.equal(checker.healthOf('nobody'), 'unchecked');
});

test('fall failed checks take it down, rise passed ones bring it back', async (context) => {
  const { clock, answers, changes, checker } = createWorld(context);
  checker.setTargets([targetOf('a')]);
  await clock.advance(0);
  answers.set('a', FAILED);
  await clock.advance(2_500);
  assert.equal(checker.healthOf('a'), 'up');
  await clock.advance(1_000);
  assert.equal(checker.healthOf('a'), 'down');
  answers.set('a', PASSED);
  await clock.advance(1_000);
  assert.equal(checker.healthOf('a'), 'down');
  await clock.advance(1_000);
  assert.equal(checker.healthOf('a'), 'up');
  assert.deepEqual(changes, ['a up', 'a down', 'a up']);
});

test('one check an interval, its start spread by chance', async (context) => {
  const clock = new FakeClock();
  const chances = [0, 0.999, 0.5];
  const checker = new HealthChecker({
    clock,
    random: () => chances.shift() ?? 0,
    log: silentLog,
    probe: async () => PASSED,
  });
  atEnd(context, () => checker.stop());
  checker.setTargets([targetOf('a'), targetOf('b'), targetOf('c')]);
  await clock.advance(0);
  const waits = clock.waits();
  assert.equal(new Set(waits).size, 3);
  assert.ok(waits.every((wait) => wait >= 500 && wait <= 1_000));
});

test('checks keep their pace', async (context) => {
  const { clock, asked, checker } = createWorld(context);
  checker.setTargets([targetOf('a')]);
  await clock.advance(10_000);
  assert.ok(asked.length === 10 || asked.length === 11, `${asked.length} checks in 10 s`);
});

test('what stays keeps its health and its pace when others come and go', async (context) => {
  const { clock, asked, changes, checker } = createWorld(context);
  checker.setTargets([targetOf('a'), targetOf('b')]);
  await clock.advance(0);
  checker.setTargets([targetOf('c'), targetOf('a')]);
  assert.equal(checker.healthOf('a'), 'up');
  assert.equal(checker.healthOf('b'), 'unchecked');
  await clock.advance(0);
  assert.deepEqual(asked, ['a', 'b', 'c']);
  await clock.advance(1_000);
  assert.ok(!asked.slice(3).includes('b'));
  assert.deepEqual(changes, ['a up', 'b up', 'c up']);
});

test('a key at another address is a new target', async (context) => {
  const { clock, answers, checker } = createWorld(context);
  checker.setTargets([targetOf('a')]);
  await clock.advance(0);
  answers.set('elsewhere', FAILED);
  checker.setTargets([targetOf('a', { host: 'elsewhere' })]);
  assert.equal(checker.healthOf('a'), 'unchecked');
  await clock.advance(0);
  assert.equal(checker.healthOf('a'), 'down');
  assert.equal(clock.waits().length, 1);
});

test('a shorter interval does not wait for the end of the long one', async (context) => {
  const { clock, asked, checker } = createWorld(context);
  checker.setTargets([targetOf('a', { check: { ...CHECK, intervalMs: 3_600_000 } })]);
  await clock.advance(0);
  checker.setTargets([targetOf('a')]);
  await clock.advance(1_000);
  assert.equal(asked.length, 2);
});

test('an answer about a target that is gone is dropped', async (context) => {
  const { clock, changes, during, checker } = createWorld(context);
  during.happen = () => queueMicrotask(() => checker.setTargets([]));
  checker.setTargets([targetOf('a')]);
  await clock.advance(0);
  assert.deepEqual(clock.waits(), []);
  assert.ok(changes.length <= 1);
});

test('a check that is under way ends with its target, its life and the checker', async (context) => {
  const silent = await ScriptedInstance.start(context);
  const { host, port } = silent;
  const checker = new HealthChecker({ clock: new FakeClock(), random: () => 0.5, log: silentLog });
  atEnd(context, () => checker.stop());
  const check = { ...CHECK, path: '/health', timeoutMs: 60_000 };
  const begin = (life: string) => checker.setTargets([targetOf('a', { host, port, check, life })]);
  const ends = [() => begin('another'), () => checker.setTargets([]), () => checker.stop()];
  for (const [index, end] of ends.entries()) {
    // Where the target has another life, that is asked already.
    if (index !== 1) begin(`life ${index}`);
    const underWay = await silent.connection(index);
    await underWay.until((text) => text.endsWith('\r\n\r\n'));
    end();
    await underWay.ended();
  }
});

test('a listener may change the targets', async (context) => {
  const { clock, checker } = createWorld(context);
  checker.onChange(() => checker.setTargets([]));
  checker.setTargets([targetOf('a')]);
  await clock.advance(0);
  assert.equal(checker.healthOf('a'), 'unchecked');
  assert.deepEqual(clock.waits(), [], 'what is gone is not checked again');
});

test('three lost connects eject at once, and rise passed checks bring it back', async (context) => {
  const { clock, changes, checker } = createWorld(context);
  checker.setTargets([targetOf('a'), targetOf('b')]);
  await clock.advance(0);
  checker.passiveFailure('a', 2);
  assert.equal(checker.healthOf('a'), 'up');
  checker.passiveFailure('a', 3);
  assert.equal(checker.healthOf('a'), 'down');
  assert.equal(checker.lastCheckOf('a')?.ok, false);
  await clock.advance(1_000);
  assert.equal(checker.healthOf('a'), 'down');
  await clock.advance(1_000);
  assert.equal(checker.healthOf('a'), 'up');
  assert.deepEqual(changes, ['a up', 'b up', 'a down', 'a up']);
});

test('the last one of its group is never ejected, even when other groups have instances', async (context) => {
  const { clock, checker } = createWorld(context);
  checker.setTargets([targetOf('a'), targetOf('b'), targetOf('c', { group: 'blog' })]);
  await clock.advance(0);
  for (const key of ['a', 'b', 'c', 'nobody']) checker.passiveFailure(key, 100);
  assert.deepEqual(
    ['a', 'b', 'c'].map((key) => checker.healthOf(key)),
    ['down', 'up', 'up'],
  );
});

test('a failure that was measured while the loop was held up says nothing', async (context) => {
  const { clock, answers, during, checker } = createWorld(context);
  checker.setTargets([targetOf('a', { check: { ...CHECK, fall: 1 } })]);
  await clock.advance(0);
  const before = checker.lastCheckOf('a');
  answers.set('a', FAILED);
  during.happen = () => clock.jump(10_000);
  await clock.advance(1_000);
  assert.equal(checker.healthOf('a'), 'up');
  assert.deepEqual(checker.lastCheckOf('a'), before);
  during.happen = () => {};
  await clock.advance(1_000);
  assert.equal(checker.healthOf('a'), 'down', 'and the next one counts');
});

test('when the loop was held up, the checks do not fall together for ever after', async (context) => {
  const clock = new FakeClock();
  const moments = new Set<number>();
  let chance = 0;
  const checker = new HealthChecker({
    clock,
    random: () => {
      chance = (chance + 0.37) % 1;
      return chance;
    },
    log: silentLog,
    probe: async () => {
      moments.add(Math.round(clock.now()));
      return PASSED;
    },
  });
  atEnd(context, () => checker.stop());
  checker.setTargets(Array.from({ length: 20 }, (_, index) => targetOf(`host-${index}`)));
  await clock.advance(5_000);
  clock.jump(10_000);
  await clock.advance(3_000);
  moments.clear();
  await clock.advance(1_000);
  // Moments are a quarter of the interval apart, and a spread goes over the upper half of one.
  assert.ok(moments.size >= 3, `20 checks at ${moments.size} moments`);
});

test('what this process lacks is not held against the target', async (context) => {
  const { clock, answers, checker } = createWorld(context);
  checker.setTargets([targetOf('a')]);
  await clock.advance(0);
  answers.set('a', { hasPassed: false, detail: 'EMFILE', isOwnFault: true });
  await clock.advance(10_000);
  assert.equal(checker.healthOf('a'), 'up');
});

test('after stop nothing is checked and nothing is taken on', async (context) => {
  const { clock, asked, checker } = createWorld(context);
  checker.setTargets([targetOf('a')]);
  await clock.advance(0);
  checker.stop();
  checker.setTargets([targetOf('b')]);
  await clock.advance(10_000);
  assert.deepEqual(asked, ['a']);
  assert.deepEqual(clock.waits(), []);
});

for (const [when, fail] of [
  [
    'at once',
    () => {
      throw new Error('a bug');
    },
  ],
  ['later', () => Promise.reject(new Error('a bug'))],
] as const) {
  test(`a probe that throws ${when} blames nobody, is logged, and the checks go on`, async (context) => {
    const clock = new FakeClock();
    const { log, lines } = createRecordingLog();
    let isBroken = true;
    const probe: Probe = () => (isBroken ? fail() : Promise.resolve(PASSED));
    const checker = new HealthChecker({ clock, random: () => 0.5, log, probe });
    atEnd(context, () => checker.stop());
    checker.setTargets([targetOf('a')]);
    await clock.advance(5_000);
    assert.equal(checker.healthOf('a'), 'unchecked');
    assert.ok(lines.length > 3, 'asked again and again');
    assert.ok(lines.every(({ msg, target }) => msg === 'a check failed by an unexpected error' && target === 'a'));
    isBroken = false;
    await clock.advance(2_000);
    assert.equal(checker.healthOf('a'), 'up');
  });
}

test('another life under the same key starts anew; that a life becomes known, or unknown, changes nothing', async (context) => {
  const { clock, changes, answers, checker } = createWorld(context);
  const become = (life: string | null) => checker.setTargets([targetOf('a', { life }), targetOf('b')]);
  become(null);
  await clock.advance(0);
  become('first');
  become(null);
  assert.equal(checker.healthOf('a'), 'up');
  answers.set('a', FAILED);
  become('second');
  assert.equal(checker.healthOf('a'), 'unchecked');
  assert.equal(checker.lastCheckOf('a'), null);
  await clock.advance(0);
  assert.deepEqual(changes, ['a up', 'b up', 'a down']);
});

test('connects that the old life lost do not eject the new one', async (context) => {
  const { clock, checker } = createWorld(context);
  checker.setTargets([targetOf('a', { life: 'second' }), targetOf('b')]);
  await clock.advance(0);
  checker.passiveFailure('a', 3, 'first');
  assert.equal(checker.healthOf('a'), 'up');
  checker.passiveFailure('a', 3, 'second');
  assert.equal(checker.healthOf('a'), 'down');
});

test('a container that begins is asked ten times a second until it has passed once; then rise and fall hold', async (context) => {
  const { clock, answers, asked, changes, checker } = createWorld(context);
  answers.set('a', FAILED);
  answers.set('b', FAILED);
  checker.setTargets([targetOf('a', { life: 'first' }), targetOf('b')]);
  await clock.advance(600);
  assert.ok(asked.filter((host) => host === 'a').length >= 5);
  assert.ok(asked.filter((host) => host === 'b').length <= 2, 'what is no container is asked as ever');
  answers.set('a', PASSED);
  answers.set('b', PASSED);
  await clock.advance(125);
  assert.deepEqual(changes, ['a down', 'b down', 'a up']);
  answers.set('a', FAILED);
  await clock.advance(4_000);
  assert.equal(checker.healthOf('a'), 'down');
  const before = asked.filter((host) => host === 'a').length;
  answers.set('a', PASSED);
  await clock.advance(1_000);
  assert.equal(checker.healthOf('a'), 'down', 'it has to rise');
  assert.ok(asked.filter((host) => host === 'a').length - before <= 2);
});

test('a container that does not listen within ten seconds is asked as ever from then on', async (context) => {
  const { clock, answers, asked, checker } = createWorld(context);
  answers.set('a', FAILED);
  checker.setTargets([targetOf('a', { life: 'first' })]);
  await clock.advance(11_000);
  const before = asked.length;
  await clock.advance(10_000);
  assert.ok(asked.length - before <= 11);
});

test('a container whose own interval is shorter keeps it', async (context) => {
  const { clock, answers, asked, checker } = createWorld(context);
  answers.set('a', FAILED);
  checker.setTargets([targetOf('a', { life: 'first', check: { ...CHECK, intervalMs: 50 } })]);
  await clock.advance(1_000);
  assert.ok(asked.length >= 18);
});
