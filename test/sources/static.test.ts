import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StaticSource } from '../../src/sources/static.js';
import { RecordingListener } from '../support/services-directory.js';

test('a static source says its state after start and at each refresh, and nothing after stop', async () => {
  const state = { apps: [], problems: [] };
  const source = new StaticSource(state);
  const listener = new RecordingListener();
  source.start(listener);
  assert.equal(listener.states.length, 0);
  await null;
  assert.equal(listener.states[0], state);
  source.refresh();
  await null;
  assert.equal(listener.states.length, 2);
  await source.stop();
  source.refresh();
  await null;
  assert.equal(listener.states.length, 2);
});
