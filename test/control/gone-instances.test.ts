import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GoneInstances } from '../../src/control/gone-instances.js';
import { appInstance, appOf } from '../support/node/apps.js';

test('workers hear of the ends of those lives that were instances, and of no others', () => {
  const instances = new GoneInstances();
  instances.noteServed([appOf('shop', 9000, { instances: [appInstance(1, { life: 'one' }), appInstance(2)] })]);
  instances.noteServed([]);
  const gone = [
    { life: 'one', host: null },
    { life: 'a job beside them', host: null },
  ];
  assert.deepEqual(instances.among(gone), [gone[0]]);
});

test('of ten thousand lives the newest are remembered, and all that are in force', () => {
  const instances = new GoneInstances();
  const lasting = appInstance(1, { life: 'lasting' });
  for (let turn = 0; turn < 10_000; turn += 1) {
    instances.noteServed([appOf('shop', 9000, { instances: [lasting, appInstance(2, { life: `life ${turn}` })] })]);
  }
  const among = (life: string) => instances.among([{ life, host: null }]).length;
  assert.deepEqual(['lasting', 'life 9999', 'life 8001', 'life 7000'].map(among), [1, 1, 1, 0]);
});
