import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { FAMILIES } from '../../../src/metrics/exposition/exposition.js';
import { viewOf } from '../../../src/metrics/exposition/view.js';
import { EVERYTHING } from './inputs.js';

test('docs/metrics.md lists every family with its type, labels and words', () => {
  const text = readFileSync(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
  const view = viewOf(EVERYTHING);
  const expected = FAMILIES.map(({ name, type, help, write }) => {
    const labels = new Set<string>();
    write(view, (pairs, _value, kind) => {
      for (const [, label = ''] of `${pairs},${kind?.label ?? ''}`.matchAll(/([a-z_]+)="/g))
        if (label !== 'le') labels.add(label);
    });
    return `| \`${name}\` | ${type} | ${[...labels].join(', ')} | ${help.replaceAll('|', '\\|')} |`;
  });
  assert.deepEqual(
    text.split('\n').filter((line) => line.startsWith('| `')),
    expected,
  );
});
