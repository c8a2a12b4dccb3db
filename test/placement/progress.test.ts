/** When a service is done, and when it is given up. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressOf, type TaskState } from '../../src/placement/progress.js';

const RUNNING: TaskState = { slot: 1, desiredState: 'running', state: 'running', error: '' };
const STARTING: TaskState = { ...RUNNING, state: 'starting' };
const ENDED: TaskState = { ...RUNNING, desiredState: 'shutdown', state: 'shutdown' };

function failed(slot: number, error = 'exit code 1'): TaskState {
  return { slot, desiredState: 'shutdown', state: 'failed', error };
}

function state(updateState: string, updateMessage = '') {
  return { updateState, updateMessage };
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

test('an update is done when the manager says so and all tasks run', () => {
  const all = [RUNNING, { ...RUNNING, slot: 2 }, ENDED];
  assert.equal(progressOf(state(''), all, 2, 'replace').kind, 'busy', 'it has not begun');
  assert.equal(progressOf(state('updating'), all, 2, 'replace').kind, 'busy');
  assert.equal(progressOf(state('completed'), all, 2, 'replace').kind, 'done');
  assert.equal(progressOf(state('completed'), all, 3, 'replace').kind, 'busy');
  assert.equal(progressOf(state('updating'), [failed(1), failed(1), failed(1)], 2, 'replace').kind, 'busy');
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
