/** What `autoproxy stats` prints: the counters of each app, and their sum. Pure. */
import type { AppStatus, StateDocument } from '../admin/state-document.js';
import { appFiguresFrom } from './app-figures.js';
import { type Cell, formatLatency, formatTable } from './table.js';
import type { Paint } from './terminal.js';

const RIGHT = 'right';
const COLUMNS = [
  { title: 'APP', least: 8 },
  { title: 'CLIENTS', align: RIGHT, spare: 7 },
  { title: 'CONNECTIONS', align: RIGHT, spare: 8 },
  { title: 'REQUESTS', align: RIGHT },
  { title: '2XX', align: RIGHT, spare: 3 },
  { title: '3XX', align: RIGHT, spare: 10 },
  { title: '4XX', align: RIGHT, spare: 1 },
  { title: '5XX', align: RIGHT },
  { title: 'ERRORS', align: RIGHT },
  { title: 'RETRIES', align: RIGHT, spare: 6 },
  { title: 'BLED', align: RIGHT, spare: 9 },
  { title: 'QUEUED', align: RIGHT, spare: 5 },
  { title: 'P50', align: RIGHT, spare: 4 },
  { title: 'P99', align: RIGHT, spare: 2 },
] as const;

/** Of `stats --json`; fields are only ever added. */
interface AppStats {
  readonly app: string;
  readonly slot: number;
  /** Connections that are open now; null: the node is of an older release. */
  readonly clients: number | null;
  readonly connections: number;
  readonly requests: number;
  /** `1xx` to `5xx`. */
  readonly responses: readonly { readonly status: string; readonly count: number }[];
  /** By code of the table in src/proxy/README.md; faults of clients too. */
  readonly codes: readonly { readonly code: string; readonly count: number }[];
  /** Faults of the node and its instances. */
  readonly errors: number;
  readonly retries: number;
  readonly bled: number;
  readonly bledIn: number;
  readonly inFlight: number;
  readonly queued: number;
  readonly tunnels: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** @param earlier an older document of the same node: counts are of the time between */
export function appStatsFrom(state: StateDocument, earlier: StateDocument | null): readonly AppStats[] {
  const before = new Map((earlier?.pid === state.pid ? earlier.apps : []).map((app) => [app.name, app]));
  return state.apps.map((app) => statsOf(app, before.get(app.name) ?? null));
}

export function formatStats(
  stats: readonly AppStats[],
  showsCodes: boolean,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  if (stats.length === 0) return ['This node serves no app; see: autoproxy status'];
  const rows = stats.map(cellsOf);
  const total = stats.length === 1 ? [] : [totalCells(stats)];
  const codes = showsCodes ? stats.flatMap((one) => one.codes.map(({ code, count }) => [code, String(count)])) : [];
  const paintTitle = (title: string): string => paint('dim', title);
  const table = formatTable(COLUMNS, [...rows, ...total], paintTitle, width);
  if (codes.length === 0) return table;
  const counted = [{ title: 'CODE' }, { title: 'COUNT', align: RIGHT }] as const;
  return [...table, '', ...formatTable(counted, codes, paintTitle, width)];
}

function statsOf(app: AppStatus, before: AppStatus | null): AppStats {
  const { usable: _usable, total: _total, name, ...figures } = appFiguresFrom(app, before);
  const since = (now: number, then: number | undefined): number => Math.max(0, now - (then ?? 0));
  return {
    ...figures,
    app: name,
    clients: app.clients?.open ?? null,
    connections: since(app.connections, before?.connections),
    responses: [1, 2, 3, 4, 5].map((digit) => ({
      status: `${digit}xx`,
      count: since(app.responses[digit] ?? 0, before?.responses[digit]),
    })),
    codes: codesOf(app, before),
    retries: since(app.retries, before?.retries),
    queued: app.queued,
    tunnels: app.tunnels,
  };
}

/** The most frequent first. */
function codesOf(app: AppStatus, before: AppStatus | null): AppStats['codes'] {
  const then = new Map(Object.entries(before?.errors ?? {}));
  return Object.entries(app.errors)
    .map(([code, count]) => ({ code, count: Math.max(0, count - (then.get(code) ?? 0)) }))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
}

function cellsOf(one: AppStats): Cell[] {
  const [, second, third, fourth, fifth] = one.responses.map(({ count }) => String(count));
  return [
    one.app,
    one.clients === null ? '-' : String(one.clients),
    ...[one.connections, one.requests].map(String),
    ...[second ?? '', third ?? '', fourth ?? '', fifth ?? ''],
    ...[one.errors, one.retries, one.bled, one.queued].map(String),
    formatLatency(one.p50Ms),
    formatLatency(one.p99Ms),
  ];
}

/** Percentiles have no sum. */
function totalCells(stats: readonly AppStats[]): Cell[] {
  const sum = (pick: (one: AppStats) => number): string => String(stats.reduce((total, one) => total + pick(one), 0));
  const responses = [1, 2, 3, 4].map((index) => sum((one) => one.responses[index]?.count ?? 0));
  return [
    'TOTAL',
    sum(({ clients }) => clients ?? 0),
    sum(({ connections }) => connections),
    sum(({ requests }) => requests),
    ...responses,
    sum(({ errors }) => errors),
    sum(({ retries }) => retries),
    sum(({ bled }) => bled),
    sum(({ queued }) => queued),
    '',
    '',
  ];
}
