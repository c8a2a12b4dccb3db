/** The tables of docs/figures.md, made from the last results. Figures are never typed by hand. */
import { type Comparison, figuresOf } from './figures.js';
import { formatFigure } from './report.js';
import { originLine, type Results, wasBusy } from './results.js';

const START = '<!-- figures: written by "npm run bench:figures" from bench/results/results.json -->';
const END = '<!-- end of figures -->';
const FIELD = 'small';

/** @throws Error when the text has no place for them. */
export function withFigures(page: string, results: Results): string {
  const [start, end] = [page.indexOf(START), page.indexOf(END)];
  if (start === -1 || end < start) throw new Error(`no place for the figures: "${START}" and "${END}" are not there`);
  return `${page.slice(0, start + START.length)}\n${sectionOf(results)}\n${page.slice(end)}`;
}

function sectionOf(results: Results): string {
  const { comparisons } = results;
  const field = comparisons.find(({ workload }) => workload === FIELD);
  const parts = [
    `Measured on ${originLine(results)}; medians of interleaved rounds.${wasBusy(results) ? ' **The machine was busy: to be measured again.**' : ''}`,
    ...(field === undefined ? [] : [fieldTable(field)]),
    besideTable(comparisons),
  ];
  return parts.join('\n\n');
}

/** All contenders at one workload. */
function fieldTable({ title, unit, contenders }: Comparison): string {
  const rows = contenders.map(({ name, version, value, ratio }) => [
    `${name} ${version}`,
    formatFigure(value.median),
    ratio === null ? '' : ratio.median.toFixed(2),
  ]);
  return tableOf([[title, unit, `× ${contenders[0]?.name}`], ...rows]);
}

/** All workloads, of the two that matter most. */
function besideTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((comparison) => {
    const [first] = comparison.contenders;
    const own = figuresOf(comparison, 'autoproxy');
    const failed = comparison.contenders.some(({ others }) => 'failed' in others)
      ? ` (failed requests: HAProxy ${first?.others.failed}, autoproxy ${own?.others.failed})`
      : '';
    return [
      `${comparison.title}${failed}`,
      comparison.unit,
      formatFigure(first?.value.median),
      formatFigure(own?.value.median),
      own?.ratio?.median.toFixed(2) ?? '',
    ];
  });
  return tableOf([['', 'unit', 'HAProxy', 'autoproxy', '×'], ...rows]);
}

function tableOf([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
