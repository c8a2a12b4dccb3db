/** When a service is done, and when it is given up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressOf, type TaskState } from '../../src/placement/progress.js';

const RUNNING: TaskState = {
  slot: 1,
  desiredState: 'running',
  state: 'running',
  error: '',
  createdAt: 1_000,
  changedAt: 1_000,
};
const STARTING: TaskState = { ...RUNNING, state: 'starting' };
const ENDED: TaskState = { ...RUNNING, desiredState: 'shutdown', state: 'shutdown' };

function failed(slot: number, error = 'exit code 1'): TaskState {
  return { slot, desiredState: 'shutdown', state: 'failed', error, createdAt: 1_000, changedAt: 1_000 };
}

function state(updateState: string, updateMessage = '') {
  return { updateState, updateMessage, begunAt: 0 };
}

test('a new service is done when all tasks run, and given up when one failed three times', () => {
  assert.deepEqual(progressOf(state(''), [RUNNING, STARTING], 2, 'other'), {
    kind: 'busy',
    running: 1,
    wanted: 2,
    reason: '',
  });
  assert.equal(progressOf(state(''), [RUNNING, { ...RUNNING, slot: 2 }], 2, 'other').kind, 'done');
  assert.equal(progressOf(state(''), [failed(1), failed(1), failed(2), STARTING], 2, 'other').kind, 'busy');
  const { kind, reason } = progressOf(state(''), [failed(1), failed(1), failed(1, 'No such image')], 2, 'other');
  assert.deepEqual([kind, reason], ['failed', 'No such image']);
});

test('a new service whose containers end with code 0, as a graceful app does when its HEALTHCHECK fails, is given up', () => {
  const complete: TaskState = { ...ENDED, state: 'complete' };
  const { kind, reason } = progressOf(state(''), [complete, complete, complete, STARTING], 1, 'other');
  assert.equal(kind, 'failed');
  assert.match(reason, /HEALTHCHECK/);
  assert.equal(progressOf(state(''), [ENDED, ENDED, ENDED, STARTING], 1, 'other').kind, 'busy', 'they were not wanted');
});

test('an update is done when the manager says so and all tasks run', () => {
  const all = [RUNNING, { ...RUNNING, slot: 2 }, ENDED];
  assert.equal(progressOf(state(''), all, 2, 'replace').kind, 'busy', 'it has not begun');
  assert.equal(progressOf(state('updating'), all, 2, 'replace').kind, 'busy');
  assert.equal(progressOf(state('completed'), all, 2, 'replace').kind, 'done');
  assert.equal(progressOf(state('completed'), all, 3, 'replace').kind, 'busy');
  assert.equal(progressOf(state('updating'), [failed(1), failed(1), failed(1)], 2, 'replace').kind, 'busy');
});

test('two tasks in one slot, as a manager that restarted leaves them, are one', () => {
  const tasks = [RUNNING, { ...RUNNING, slot: 2 }, { ...RUNNING, slot: 2 }];
  assert.equal(progressOf(state('completed'), tasks, 2, 'replace').kind, 'done');
  assert.equal(progressOf(state('completed'), tasks, 3, 'replace').kind, 'busy');
});

test('a rollback and a pause are told with their reason', () => {
  const tasks = [RUNNING, failed(2, 'No such image')];
  assert.equal(progressOf(state('rollback_started'), tasks, 2, 'replace').kind, 'busy');
  const back = progressOf(state('rollback_completed', 'rollback completed'), tasks, 2, 'replace');
  assert.deepEqual([back.kind, back.reason], ['rolled-back', 'No such image']);
  for (const paused of ['paused', 'rollback_paused']) {
    const { kind, reason } = progressOf(state(paused, 'update paused due to failure'), tasks, 2, 'replace');
    assert.deepEqual([kind, reason], ['failed', 'update paused due to failure; No such image']);
  }
});

test('a removed service is done when it is gone', () => {
  assert.equal(progressOf(state(''), [ENDED], 0, 'other').kind, 'done');
  assert.equal(progressOf(null, [], 0, 'other').kind, 'done');
  assert.equal(progressOf(null, [], 2, 'other').kind, 'busy');
});

test('where nothing is changed, only what is still under way is waited for', () => {
  for (const [updateState, kind] of [
    ['', 'done'],
    ['completed', 'done'],
    ['rollback_completed', 'done'],
    ['paused', 'done'],
    ['updating', 'busy'],
    ['rollback_started', 'busy'],
  ] as const)
    assert.equal(progressOf(state(updateState), [RUNNING], 1, 'none').kind, kind, updateState);
  assert.equal(progressOf(state('completed'), [STARTING], 1, 'none').kind, 'busy');
});

test('a service that stays as it is and does not run is named with its reason', () => {
  const unplaced: TaskState = { ...STARTING, state: 'pending', error: 'no suitable node' };
  for (const updateState of ['', 'updating'])
    assert.deepEqual(progressOf(state(updateState), [RUNNING, unplaced], 2, 'none'), {
      kind: 'failed',
      running: 1,
      wanted: 2,
      reason: 'no suitable node',
    });
  const crashing = [failed(1), failed(1), failed(1, 'exit code 3'), STARTING];
  assert.equal(progressOf(state(''), crashing, 1, 'none').kind, 'failed');
  assert.equal(progressOf(state('updating'), crashing, 1, 'none').kind, 'busy', 'its rollback ends it');
  assert.equal(progressOf(state(''), crashing.slice(1), 1, 'none').kind, 'busy');
});

test('tasks that fail again and again after the manager called their update completed are given up', () => {
  const tasks = [RUNNING, failed(2), failed(2), failed(2, 'exit 7'), { ...STARTING, slot: 2 }];
  for (const change of ['replace', 'other'] as const) {
    const { kind, reason } = progressOf(state('completed'), tasks, 2, change);
    assert.deepEqual([kind, reason], ['failed', 'exit 7']);
    assert.equal(progressOf(state('completed'), tasks.slice(2), 1, change).kind, 'busy', 'twice may be chance');
    assert.equal(progressOf(state('updating'), tasks, 2, change).kind, 'busy', 'the manager rolls it back');
  }
});

test('tasks that failed before an update do not give it up', () => {
  const tasks = [RUNNING, failed(2, 'old news'), failed(2), failed(2)];
  for (const [change, updateState] of [
    ['replace', 'completed'],
    ['other', ''],
    ['none', 'completed'],
  ] as const) {
    const since = (begunAt: number) => progressOf({ ...state(updateState), begunAt }, tasks, 2, change);
    assert.equal(since(1_000).kind, 'failed', change);
    assert.deepEqual([since(1_001).kind, since(1_001).reason], ['busy', ''], change);
  }
});

test('a task from before a change of the count that fails later is its reason; of an update it is not', () => {
  const tasks = [RUNNING, { ...failed(2, 'out of memory'), changedAt: 3_000 }];
  const reasonIn = (updateState: string): string =>
    progressOf({ ...state(updateState), begunAt: 2_000 }, tasks, 2, 'other').reason;
  assert.deepEqual([reasonIn(''), reasonIn('updating')], ['out of memory', '']);
});
