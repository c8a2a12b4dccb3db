import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchesOf, countsFrom } from '../../../edge/haproxy/runtime.js';

test('counts of lines by file', () => {
  const answer = `# id (file) description
-1 (maps/exact.map) pattern loaded from file 'maps/exact.map' used by map at file '/x/haproxy.cfg' line 90. curr_ver=0 next_ver=0 entry_cnt=0
3 (maps/prefix.map) pattern loaded from file 'maps/prefix.map' used by map at file '/x/haproxy.cfg' line 92. curr_ver=4 next_ver=4 entry_cnt=812

`;
  assert.deepEqual([...countsFrom(answer)], [['maps/prefix.map', 812]]);
});

test('batches are smaller than a buffer of HAProxy, and lose nothing', () => {
  const lines = Array.from({ length: 1_000 }, (_, index) => `${'x'.repeat(index % 300)}.one.example/ app-${index}`);
  const batches = batchesOf(lines);
  assert.ok(batches.length > 10);
  for (const batch of batches) assert.ok(batch.length <= 8_192 + 300, `${batch.length}`);
  assert.equal(batches.join(''), lines.map((line) => `${line}\n`).join(''));
  assert.deepEqual(batchesOf([]), []);
});
