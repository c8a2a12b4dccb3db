/** Lines over time, drawn by uPlot. */
import { Component, createRef } from 'preact';
import uPlot from 'uplot';
import { formatMs, formatRate } from './format.js';
import { html, type View } from './html.js';

type Unit = 'rate' | 'ms';

export interface Line {
  readonly name: string;
  readonly values: readonly (number | null)[];
  /** A custom property of the style sheet. */
  readonly color: string;
  readonly isDashed?: boolean;
  readonly isFilled?: boolean;
}

interface ChartProps {
  readonly title: string;
  readonly unit: Unit;
  readonly times: readonly number[];
  readonly lines: readonly Line[];
  /** A moment that somebody stands on, in seconds. */
  readonly mark?: number | null;
}

const HEIGHT = 132;
const dark = matchMedia('(prefers-color-scheme: dark)');

export class Chart extends Component<ChartProps> {
  readonly #place = createRef<HTMLDivElement>();
  #plot: uPlot | null = null;
  readonly #resize = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width > 0 && width !== this.#plot?.width) this.#plot?.setSize({ width, height: HEIGHT });
  });
  readonly #onScheme = (): void => this.#draw();

  override componentDidMount(): void {
    this.#draw();
    if (this.#place.current !== null) this.#resize.observe(this.#place.current);
    dark.addEventListener('change', this.#onScheme);
  }

  override componentDidUpdate(before: ChartProps): void {
    const { times, lines, mark } = this.props;
    if (times !== before.times || mark !== before.mark) this.#plot?.setData(columns(times, lines));
  }

  override componentWillUnmount(): void {
    this.#resize.disconnect();
    dark.removeEventListener('change', this.#onScheme);
    this.#plot?.destroy();
  }

  render({ title, unit, lines }: ChartProps): View {
    const words = lines.map((line) => lineWords(line, unit, lines.length > 1)).join('; ');
    return html`<figure class="chart">
      <figcaption>
        <span class="chart-title">${title}</span>
        ${lines.map(
          ({ name, values, isDashed }) => html`<span class=${`chart-now ${isDashed ? 'dashed' : ''}`}>
            ${lines.length > 1 && html`<span class="chart-name">${name}</span>`}
            <b>${formatValue(values.at(-1), unit)}</b>
          </span>`,
        )}
      </figcaption>
      <div class="chart-place" role="img" aria-label=${`${title}, the last five minutes: ${words}`} ref=${this.#place}></div>
    </figure>`;
  }

  #draw(): void {
    const place = this.#place.current;
    if (place === null) return;
    this.#plot?.destroy();
    const { times, lines, unit } = this.props;
    this.#plot = new uPlot(
      {
        width: Math.max(120, place.clientWidth),
        height: HEIGHT,
        padding: [8, 4, 0, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: true, range: (_, min, max) => [Math.min(min, max - 60), max] }, y: { range: fromZero } },
        axes: axesOf(unit),
        series: [{}, ...lines.map(seriesOf)],
        hooks: { draw: [(plot) => drawMark(plot, this.props.mark ?? null)] },
      },
      columns(times, lines),
      place,
    );
  }
}

/** The trend of one app, in its row. */
export class Sparkline extends Component<{ readonly values: readonly (number | null)[] }> {
  readonly #place = createRef<HTMLDivElement>();
  #plot: uPlot | null = null;
  readonly #onScheme = (): void => this.#draw();

  override componentDidMount(): void {
    this.#draw();
    dark.addEventListener('change', this.#onScheme);
  }

  override shouldComponentUpdate({ values }: { readonly values: readonly (number | null)[] }): boolean {
    return values !== this.props.values;
  }

  override componentDidUpdate(): void {
    this.#plot?.setData(trendColumns(this.props.values));
  }

  override componentWillUnmount(): void {
    dark.removeEventListener('change', this.#onScheme);
    this.#plot?.destroy();
  }

  render(): View {
    return html`<div class="spark" aria-hidden="true" ref=${this.#place}></div>`;
  }

  #draw(): void {
    const place = this.#place.current;
    if (place === null) return;
    this.#plot?.destroy();
    this.#plot = new uPlot(
      {
        width: 96,
        height: 24,
        padding: [2, 0, 2, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false, range: () => [0, TREND_STEPS - 1] }, y: { range: fromZero } },
        axes: [{ show: false }, { show: false }],
        series: [{}, seriesOf({ name: 'requests', values: [], color: '--accent', isFilled: true })],
      },
      trendColumns(this.props.values),
      place,
    );
  }
}

const TREND_STEPS = 60;

function trendColumns(values: readonly (number | null)[]): uPlot.AlignedData {
  const first = TREND_STEPS - values.length;
  return [values.map((_, index) => first + index), [...values]];
}

function columns(times: readonly number[], lines: readonly Line[]): uPlot.AlignedData {
  return [[...times], ...lines.map(({ values }) => [...values])];
}

function seriesOf({
  color,
  isDashed = false,
  isFilled = false,
}: Omit<Line, 'name'> & { readonly name: string }): uPlot.Series {
  const stroke = colorOf(color);
  return {
    stroke,
    width: 1.5,
    points: { show: false },
    ...(isDashed ? { dash: [4, 3] } : {}),
    ...(isFilled ? { fill: `color-mix(in srgb, ${stroke} 14%, transparent)` } : {}),
  };
}

function axesOf(unit: Unit): uPlot.Axis[] {
  const common = {
    stroke: colorOf('--muted'),
    font: '11px system-ui, sans-serif',
    grid: { stroke: colorOf('--line'), width: 1 },
    ticks: { show: false },
  };
  const clock = (_: uPlot, splits: number[]): string[] =>
    splits.map((at) => new Date(at * 1_000).toTimeString().slice(0, 5));
  const values = (_: uPlot, splits: number[]): string[] => splits.map((value) => formatValue(value, unit));
  return [
    { ...common, size: 22, gap: 4, space: 90, values: clock, incrs: [60, 120, 300], grid: { show: false } },
    { ...common, size: 54, gap: 6, space: 34, values },
  ];
}

/** So that a small noise does not look like a mountain. */
function fromZero(_: uPlot, __: number, max: number | null): [number, number] {
  return [0, max === null || max <= 0 ? 1 : max * 1.1];
}

function drawMark(plot: uPlot, mark: number | null): void {
  if (mark === null) return;
  const x = Math.round(plot.valToPos(mark, 'x', true));
  const { ctx, bbox } = plot;
  if (x < bbox.left || x > bbox.left + bbox.width) return;
  ctx.save();
  ctx.strokeStyle = colorOf('--text');
  ctx.lineWidth = devicePixelRatio;
  ctx.beginPath();
  ctx.moveTo(x, bbox.top);
  ctx.lineTo(x, bbox.top + bbox.height);
  ctx.stroke();
  ctx.restore();
}

function colorOf(property: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(property).trim();
}

function formatValue(value: number | null | undefined, unit: Unit): string {
  return unit === 'ms' ? formatMs(value) : formatRate(value);
}

function lineWords({ name, values }: Line, unit: Unit, hasName: boolean): string {
  const known = values.filter((value) => value !== null);
  const prefix = hasName ? `${name} ` : '';
  if (known.length === 0) return `${prefix}nothing measured`;
  const [low, high] = [Math.min(...known), Math.max(...known)].map((value) => formatValue(value, unit));
  return `${prefix}now ${formatValue(values.at(-1), unit)}, lowest ${low}, highest ${high}`;
}
