/** One app in the table, and its instances below it when it is open. */
import { Component, createRef } from 'preact';
import type { AppView, Figures } from '../page/page-document.js';
import { Sparkline } from './chart.js';
import { formatMs, formatRate } from './format.js';
import { html, type View } from './html.js';
import { InstancesTable } from './instances-table.js';
import { NO_FIGURES } from './node-state.js';
import type { Change } from './requests.js';
import { Chip, Sign } from './signs.js';
import { appStanding, instanceStanding, type Standing } from './standing.js';

interface AppRowProps {
  readonly app: AppView;
  readonly figures: Figures | undefined;
  readonly trend: readonly (number | null)[] | undefined;
  readonly isOpen: boolean;
  readonly now: number;
  readonly onToggle: (app: string) => void;
  readonly onAsk: ((change: Change) => void) | null;
}

const COLUMNS = 11;
/** More would be wider than the column. */
const MAX_PIPS = 12;

const rows = new WeakMap<Element, AppRow>();
const sight = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) rows.get(target)?.onSight(isIntersecting);
  },
  { rootMargin: '200px' },
);

/**
 * Rows out of sight take little: they hold name, slot and state, so that they are found, and get the rest when they are
 * scrolled to.
 */
export class AppRow extends Component<AppRowProps> {
  readonly #row = createRef<HTMLTableRowElement>();
  #isSeen = false;

  onSight(isSeen: boolean): void {
    if (isSeen === this.#isSeen) return;
    this.#isSeen = isSeen;
    if (isSeen) this.forceUpdate();
  }

  override componentDidMount(): void {
    const row = this.#row.current;
    if (row === null) return;
    rows.set(row, this);
    sight.observe(row);
  }

  override componentWillUnmount(): void {
    if (this.#row.current !== null) sight.unobserve(this.#row.current);
  }

  override shouldComponentUpdate(next: AppRowProps): boolean {
    const { app, figures, trend, isOpen, onAsk } = this.props;
    if (next.app !== app || next.isOpen !== isOpen || next.onAsk !== onAsk) return true;
    return this.#isSeen && (next.figures !== figures || next.trend !== trend);
  }

  render({ app, figures = NO_FIGURES, trend, isOpen, now, onToggle, onAsk }: AppRowProps): View {
    const standing = appStanding(app);
    const page = `/apps/${encodeURIComponent(app.name)}/why`;
    const id = `instances-${app.slot}`;
    return html`<tr ref=${this.#row} class=${`app ${standing.tone} ${isOpen ? 'open' : ''}`}>
        <th scope="row" class="name">
          <button type="button" class="toggle" aria-expanded=${String(isOpen)} aria-controls=${id}
            aria-label=${`Instances of ${app.name}`} onClick=${() => onToggle(app.name)}><span aria-hidden="true"></span></button>
          <a href=${page}>${app.name}</a>${app.protocol === 'http' ? null : html`<span class="tag">${app.protocol}</span>`}
        </th>
        <td class="number mid">${app.slot}</td>
        ${this.#isSeen ? seenCells(app, standing, figures, trend) : html`<td class="state">${standing.word}</td><td colspan=${COLUMNS - 3}></td>`}
      </tr>
      ${
        isOpen &&
        html`<tr class="detail" id=${id}><td colspan=${COLUMNS}>
        <p class="origin">${app.protocol} · slot ${app.slot} · health ${app.slot + 1} · from ${app.source}: ${app.location}</p>
        <${InstancesTable} app=${app} figures=${figures} now=${now} onAsk=${onAsk} />
      </td></tr>`
      }`;
  }
}

function seenCells(
  app: AppView,
  { tone, word, why }: Standing,
  [rate, errors, p50, p99, inFlight, queued, , bled]: Figures,
  trend: AppRowProps['trend'],
): View {
  return html`<td class="state"><${Chip} tone=${tone} word=${word} />${
    why !== null && html`<span class="small why" title=${why}>${why}</span>`
  }</td>
    <td class="mid">${pips(app)}</td>
    <td class="trend wide">${trend !== undefined && html`<${Sparkline} values=${trend} />`}</td>
    <td class="number">${formatRate(rate)}</td>
    <td class=${`number ${errors > 0 ? 'raised' : ''}`}>${formatRate(errors)}</td>
    <td class="number wide">${formatMs(p50)}</td>
    <td class="number mid">${formatMs(p99)}</td>
    <td class="number wide">${inFlight}${queued > 0 && html`<span class="small">+${queued} queued</span>`}</td>
    <td class=${`number wide ${bled > 0 ? 'raised' : ''}`}>${formatRate(bled)}</td>`;
}

function pips({ instances }: AppView): View {
  const taking = instances.filter(({ takesTraffic }) => takesTraffic).length;
  return html`<span class="pips"><span class="count">${taking}/${instances.length}</span>${instances
    .slice(0, MAX_PIPS)
    .map((instance) => html`<${Sign} tone=${instanceStanding(instance).tone} />`)}</span>`;
}
