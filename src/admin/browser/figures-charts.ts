/** Requests, errors and latency of the last minutes, of the node or of one app. */
import type { FigureHistory } from '../page/page-document.js';
import { Chart } from './chart.js';
import { html, type View } from './html.js';

interface FigureChartsProps {
  readonly history: FigureHistory;
  readonly title: string;
  /** A moment that somebody stands on, in ms. */
  readonly at?: number | null;
}

export function FigureCharts({ history, title, at = null }: FigureChartsProps): View {
  const { times, rate, errors, p50, p99 } = history;
  const mark = at === null ? null : at / 1_000;
  return html`<section class="charts" aria-label=${title}>
    <${Chart} title="Requests per second" unit="rate" times=${times} mark=${mark}
      lines=${[{ name: 'requests', values: rate, color: '--accent', isFilled: true }]} />
    <${Chart} title="Errors per second" unit="rate" times=${times} mark=${mark}
      lines=${[{ name: 'errors', values: errors, color: '--bad', isFilled: true }]} />
    <${Chart} title="Latency" unit="ms" times=${times} mark=${mark}
      lines=${[
        { name: 'p50', values: p50, color: '--accent' },
        { name: 'p99', values: p99, color: '--warn', isDashed: true },
      ]} />
  </section>`;
}
