/** The tables of docs/figures.md, made from the last results. Figures are never typed by hand. */
import { type Comparison, figuresOf } from './figures.js';
import { formatFigure } from './report.js';
import { originLine, type Results } from './results.js';

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
  const { comparisons, promises } = results;
  const field = comparisons.find(({ workload }) => workload === FIELD);
  const broken = promises.filter(({ isKept }) => !isKept);
  const parts = [
    `Measured on ${originLine(results)}; medians of interleaved rounds.`,
    ...(field === undefined ? [] : [fieldTable(field)]),
    besideTable(comparisons),
    ...(broken.length === 0 ? [] : ['Bounds of the project that these figures do not keep:', brokenList(broken)]),
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

/** Contenders that most workloads have, beside the first one; each with the head of its column. */
const COLUMNS = [
  ['haproxy 3.2', 'HAProxy 3.2'],
  ['autoproxy', 'autoproxy, Node 20'],
  ['autoproxy, Node 24', 'Node 24'],
  ['autoproxy, Node 26', 'Node 26'],
  ['floor', 'floor'],
] as const;

/** All workloads, of the contenders that matter most: the figure of the first one, and the others as ratios to it. */
function besideTable(comparisons: readonly Comparison[]): string {
  const rows = comparisons.map((comparison) => {
    const [first] = comparison.contenders;
    const failed = comparison.contenders.some(({ others }) => 'failed' in others)
      ? ` (failed requests: HAProxy ${first?.others.failed}, autoproxy ${figuresOf(comparison, 'autoproxy')?.others.failed})`
      : '';
    const ratios = COLUMNS.map(([name]) => figuresOf(comparison, name)?.ratio?.median.toFixed(2) ?? '');
    return [`${comparison.title}${failed}`, comparison.unit, formatFigure(first?.value.median), ...ratios];
  });
  return tableOf([['', 'unit', 'HAProxy 2.6', ...COLUMNS.map(([, head]) => `${head}, ×`)], ...rows]);
}

function brokenList(broken: Results['promises']): string {
  return broken.map(({ text, figure }) => `- ${text}: ${figure}`).join('\n');
}

function tableOf([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell.trim()} `)).join('|')}|`;
  return [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
}
