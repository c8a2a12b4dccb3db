/** How the demo looks. Pure. */
import type { AppFigures } from '../app-figures.js';
import { type Cell, formatLatency, formatTable } from '../table.js';
import type { Paint } from '../terminal.js';
import type { ClientCounts } from './traffic.js';

export interface DemoRow {
  readonly node: string;
  /** Counted over the window. */
  readonly recent: AppFigures;
  /** Counted from the node's start. */
  readonly overall: AppFigures;
  readonly windowMs: number;
  /** One letter an instance: up, down, or not in traffic by an operator's word. */
  readonly instances: readonly ('up' | 'down' | 'aside')[];
}

export interface DemoView {
  readonly elapsedMs: number;
  readonly pod: string;
  readonly rows: readonly DemoRow[];
  readonly clients: ClientCounts;
  readonly revisions: readonly string[];
  readonly problems: readonly string[];
  readonly hints: readonly string[];
  /** The newest last. */
  readonly events: readonly string[];
}

const COLUMNS = [
  { title: 'NODE' },
  { title: 'APP' },
  { title: 'SLOT', align: 'right' },
  { title: 'INSTANCES' },
  { title: 'REQ/S', align: 'right' },
  { title: 'P50', align: 'right' },
  { title: 'P99', align: 'right' },
  { title: 'ERRORS', align: 'right' },
  { title: 'BLEED/S', align: 'right' },
  { title: 'BLED', align: 'right' },
] as const;

export function formatScreen(view: DemoView, paint: Paint): string[] {
  const title = `${paint('bold', 'autoproxy demo')}  two nodes of pod ${view.pod}, two apps, three instances of each on each node`;
  const table = formatTable(
    COLUMNS,
    view.rows.map((row, index) => rowCells(row, view.rows[index - 1]?.node === row.node, paint)),
    (heading) => paint('dim', heading),
  );
  return [
    `${title}  ${paint('dim', formatElapsed(view.elapsedMs))}`,
    '',
    ...table,
    '',
    `${paint('dim', 'clients')}   ${formatClients(view.clients, paint)}`,
    `${paint('dim', 'changes')}   ${view.revisions.join('; ')}`,
    ...view.problems.map((problem) => paint('yellow', problem)),
    '',
    ...view.hints,
    '',
    ...view.events.map((event) => paint('dim', event)),
  ];
}

function rowCells(row: DemoRow, isSameNode: boolean, paint: Paint): Cell[] {
  const { recent, overall, windowMs } = row;
  const perSecond = (count: number): string => (windowMs === 0 ? '-' : String(Math.round((count * 1_000) / windowMs)));
  const signs = row.instances.map((state) => (state === 'down' ? '○' : '●')).join('');
  const painted = row.instances.map((state) => paint(INSTANCE_STYLES[state], state === 'down' ? '○' : '●')).join('');
  const share = `${overall.usable}/${overall.total}`;
  return [
    isSameNode ? '' : { text: row.node, painted: paint('bold', row.node) },
    overall.name,
    String(overall.slot),
    { text: `${share} ${signs}`, painted: `${share} ${painted}` },
    perSecond(recent.requests),
    formatLatency(recent.p50Ms),
    formatLatency(recent.p99Ms),
    alarming(overall.errors, 'red', paint),
    alarming(Number(perSecond(recent.bled)) || 0, 'yellow', paint),
    String(overall.bled),
  ];
}

const INSTANCE_STYLES = { up: 'green', down: 'red', aside: 'yellow' } as const;

function alarming(count: number, style: 'red' | 'yellow', paint: Paint): Cell {
  const text = String(count);
  return count === 0 ? text : { text, painted: paint(style, text) };
}

export function formatClients(counts: ClientCounts, paint: Paint): string {
  const failed = `${counts.failed} failed`;
  const parts = [
    `${counts.sent} requests`,
    counts.failed === 0 ? failed : paint('red', failed),
    `${counts.lost} lost with a killed instance`,
  ];
  const last = counts.lastFailure === null ? '' : `  (last: ${counts.lastFailure})`;
  return parts.join(', ') + last;
}

/** For logs and pipes: one line a row, no control sequences. */
export function formatPlainLines(view: DemoView): string[] {
  return view.rows.map(({ node, recent, overall, windowMs }) => {
    const perSecond = (count: number): string =>
      windowMs === 0 ? '-' : String(Math.round((count * 1_000) / windowMs));
    return [
      `${formatElapsed(view.elapsedMs)} ${node} ${overall.name.padEnd(4)}`,
      `instances ${overall.usable}/${overall.total}`,
      `${perSecond(recent.requests)} req/s`,
      `p50 ${formatLatency(recent.p50Ms)}`,
      `p99 ${formatLatency(recent.p99Ms)}`,
      `errors ${overall.errors}`,
      `bleed ${perSecond(recent.bled)}/s`,
    ].join('  ');
  });
}

function formatElapsed(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1_000);
  return `${String(Math.floor(seconds / 60)).padStart(2, '0')}:${String(seconds % 60).padStart(2, '0')}`;
}
