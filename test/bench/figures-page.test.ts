/** The figures that people read are those that were measured: page, table and chart follow from one file. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chartOf } from '../../bench/chart.js';
import { withFigures } from '../../bench/figures-page.js';
import { type Results, textOf } from '../../bench/results.js';
import { RESULTS_DIRECTORY, readResults } from '../../bench/results-file.js';

const PAGE = fileURLToPath(new URL('../../../docs/figures.md', import.meta.url));
const EMPTY = /^<!-- figures: [^\n]*-->\n<!-- end of figures -->$/m;
const hasResults = existsSync(path.join(RESULTS_DIRECTORY, 'results.json'));
const text = readFileSync(PAGE, 'utf8');

const always = (figure: number) => ({ min: figure, median: figure, max: figure });
const MADE_UP: Results = {
  machine: { cores: 2, processor: 'a processor', kernel: '6.1', node: 'v20.0.0' },
  promises: [],
  comparisons: [
    {
      workload: 'small',
      title: 'small <GET>',
      unit: 'CPU µs/request',
      rounds: 1,
      missing: [],
      day: '2026-01-02',
      contenders: [
        { name: 'haproxy', version: '2', value: always(10), ratio: always(1), others: {} },
        { name: 'autoproxy', version: '1', value: always(9.5), ratio: always(0.95), others: {} },
      ],
    },
  ],
};

test('docs/figures.md quotes the last results, and nothing before there are any', () => {
  if (hasResults) assert.equal(text, withFigures(text, readResults()), 'run "npm run bench:figures"');
  else assert.match(text, EMPTY, 'figures that were never measured');
});

test('the table and the chart are of the same run as the JSON', () => {
  for (const [name, textFrom] of [['results.txt', textOf] as const, ['results.svg', chartOf] as const]) {
    const file = path.join(RESULTS_DIRECTORY, name);
    assert.equal(existsSync(file), hasResults, name);
    if (hasResults) assert.equal(readFileSync(file, 'utf8'), textFrom(readResults()));
  }
});

test('figures go between their marks, as often as one likes, and another figure is another text', () => {
  const once = withFigures(text, MADE_UP);
  assert.match(once, /^\| autoproxy 1 \| 9\.50 \| 0\.95 \|$/m);
  assert.equal(withFigures(once, MADE_UP), once);
  const [comparison] = MADE_UP.comparisons;
  assert.ok(comparison !== undefined);
  const contenders = comparison.contenders.map((figures) => ({ ...figures, value: always(8) }));
  assert.notEqual(withFigures(once, { ...MADE_UP, comparisons: [{ ...comparison, contenders }] }), once);
  assert.throws(() => withFigures('no marks', MADE_UP), /no place for the figures/);
});

test('a bound that was not kept stands on the page', () => {
  assert.doesNotMatch(withFigures(text, MADE_UP), /do not keep/);
  const promises = [{ workload: 'small', isKept: false, text: 'at most 0.9 × haproxy', figure: '0.95 ×' }];
  assert.match(withFigures(text, { ...MADE_UP, promises }), /do not keep:\n\n- at most 0\.9 × haproxy: 0\.95 ×$/m);
});

test('the page says when the figures were measured, from the first day to the last', () => {
  assert.match(withFigures(text, MADE_UP), /Node v20\.0\.0, 2026-01-02;/);
  const [comparison] = MADE_UP.comparisons;
  assert.ok(comparison !== undefined);
  const comparisons = [{ ...comparison, day: '2026-01-09' }, comparison];
  assert.match(withFigures(text, { ...MADE_UP, comparisons }), /2026-01-02 to 2026-01-09;/);
});

test('the chart escapes what it is given', () => {
  assert.match(chartOf(MADE_UP), /small &lt;GET&gt;/);
});
