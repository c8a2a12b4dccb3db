/** Tables that are wider than the terminal lose texts first, then columns, and never a figure. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable } from '../../src/cli/table.js';

const COLUMNS = [
  { title: 'APP', least: 5 },
  { title: 'REQ', align: 'right' },
  { title: 'P50', align: 'right', spare: 1 },
  { title: 'NOTE', least: 4 },
] as const;
const ROWS = [
  ['checkout-of-all-shops', '123456', '1.20 ms', 'a long remark about it'],
  ['shop', '1', '-', ''],
];

function tableOf(most?: number): string[] {
  return formatTable(COLUMNS, ROWS, (title) => title, most);
}

test('what fits stays as it is', () => {
  assert.deepEqual(tableOf(80), tableOf());
});

test('the widest texts are cut first, with a sign that they are', () => {
  assert.deepEqual(tableOf(44), [
    'APP              REQ      P50  NOTE',
    'checkout-of…  123456  1.20 ms  a long remar…',
    'shop               1        -',
  ]);
});

test('then columns are left out; figures and what has no rank stay', () => {
  assert.deepEqual(tableOf(20), ['APP       REQ  NOTE', 'chec…  123456  a lo…', 'shop        1']);
});

test('a table that cannot fit is left whole, and its lines go on below', () => {
  assert.deepEqual(tableOf(18), tableOf());
});

test('colours stay around a text that is cut', () => {
  const cell = { text: 'a long remark', painted: '<a long remark>' };
  const [, line] = formatTable([{ title: 'NOTE', least: 4 }], [[cell]], (title) => title, 6);
  assert.equal(line, '<a lon…>');
});
