/** What `autoproxy top` shows. Pure. */
import type { StateDocument } from '../admin/state-document.js';
import { type AppRates, appRatesFrom, periodMsOf } from './app-rates.js';
import { type Cell, formatAge, formatLatency, formatTable } from './table.js';
import type { Paint, Style } from './terminal.js';

const COLUMNS = [
  { title: 'APP', least: 8 },
  { title: 'UP', align: 'right' },
  { title: 'REQ/S', align: 'right' },
  { title: 'ERR/S', align: 'right' },
  { title: '4XX/S', align: 'right', spare: 5 },
  { title: '5XX/S', align: 'right', spare: 2 },
  { title: 'P50', align: 'right', spare: 4 },
  { title: 'P99', align: 'right' },
  { title: 'IN FLIGHT', align: 'right', spare: 1 },
  { title: 'QUEUED', align: 'right', spare: 3 },
  { title: 'CONN/S', align: 'right', spare: 7 },
  { title: 'CLIENTS', align: 'right', spare: 6 },
  { title: 'BLED/S', align: 'right', spare: 8 },
] as const;

export function formatTop(
  state: StateDocument,
  earlier: StateDocument | null,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  const rates = appRatesFrom(state, earlier);
  const sum = (pick: (rate: AppRates) => number): number => rates.reduce((total, rate) => total + pick(rate), 0);
  const serving = state.workers.filter((worker) => worker.state === 'serving').length;
  const status = paint(state.status === 'ready' ? 'green' : 'yellow', state.status);
  const head =
    `${paint('bold', state.node)}: ${status} for ${formatAge(state.uptimeMs)}, workers ${serving}/${state.workers.length}, ` +
    `${formatRate(sum(({ requests }) => requests))} req/s, ${formatRate(sum(({ errors }) => errors))} err/s, ` +
    `over ${formatAge(Math.max(1_000, periodMsOf(state, earlier)))}`;
  if (rates.length === 0) return [head, '', 'This node serves no app; see: autoproxy status'];
  return [
    head,
    '',
    ...formatTable(
      COLUMNS,
      rates.map((rate) => cellsOf(rate, paint)),
      (title) => paint('dim', title),
      width,
    ),
  ];
}

/** Two signs of a small rate, no fraction of a large one. */
function formatRate(rate: number): string {
  return rate === 0 ? '0' : rate < 10 ? rate.toFixed(1) : rate.toFixed(0);
}

function cellsOf(rate: AppRates, paint: Paint): Cell[] {
  const { name, up, instances, p50Ms, p99Ms, clients } = rate;
  const marked = (figure: number, style: Style): Cell => {
    const text = formatRate(figure);
    return figure === 0 ? text : { text, painted: paint(style, text) };
  };
  const share = `${up}/${instances}`;
  const style = up === instances ? 'green' : up === 0 ? 'red' : 'yellow';
  return [
    name,
    { text: share, painted: paint(style, share) },
    formatRate(rate.requests),
    marked(rate.errors, 'red'),
    formatRate(rate.status4xx),
    marked(rate.status5xx, 'red'),
    formatLatency(p50Ms),
    formatLatency(p99Ms),
    String(rate.inFlight),
    String(rate.queued),
    formatRate(rate.connections),
    clients === null ? '-' : String(clients),
    marked(rate.bled, 'yellow'),
  ];
}
