/** The instances of one app: state, reason, load, and the buttons that change it. */
import { APP_FIGURES, type AppView, type Figures, type InstanceView } from '../page/page-document.js';
import { StateButtons } from './decision.js';
import { formatRate, formatTime } from './format.js';
import { html, type View } from './html.js';
import type { Change } from './requests.js';
import { Chip } from './signs.js';
import { instanceStanding } from './standing.js';

interface InstancesTableProps {
  readonly app: AppView;
  readonly figures: Figures;
  readonly now: number;
  /** null: the past cannot be changed. */
  readonly onAsk: ((change: Change) => void) | null;
}

export function InstancesTable({ app, figures, now, onAsk }: InstancesTableProps): View {
  if (app.instances.length === 0) return html`<p class="none">No instance is listed for it.</p>`;
  const states = new Set(app.instances.map(({ state }) => state));
  const [common = null] = states.size === 1 ? states : [];
  const rows = app.instances.map((instance, index) =>
    instanceRow(app, instance, figures[APP_FIGURES + 2 * index], figures[APP_FIGURES + 2 * index + 1], now, onAsk),
  );
  return html`<table class="instances">
    <caption class="unseen">Instances of ${app.name}</caption>
    <thead><tr>
      <th scope="col">Instance</th><th scope="col">State</th><th scope="col" class="wide">Reason</th>
      <th scope="col" class="number">Req/s</th><th scope="col" class="number mid">In flight</th>
      <th scope="col" class="number wide">Weight</th>
      ${onAsk !== null && html`<th scope="col">Decide</th>`}
    </tr></thead>
    <tbody>${rows}</tbody>
    ${onAsk !== null && app.instances.length > 1 && allRow(app, common, onAsk)}
  </table>`;
}

function instanceRow(
  { name }: AppView,
  instance: InstanceView,
  rate: number | null | undefined,
  inFlight: number | null | undefined,
  now: number,
  onAsk: InstancesTableProps['onAsk'],
): View {
  const { id, container, weight, state, reason, since } = instance;
  const standing = instanceStanding(instance);
  const sinceText = since === null ? null : `since ${formatTime(since, now)}`;
  return html`<tr key=${id}>
    <th scope="row"><span class="id">${id}</span>${container !== null && html`<span class="small">${container}</span>`}
      <span class="small narrow">${reason ?? ''}</span></th>
    <td><${Chip} ...${standing} /></td>
    <td class="wide reason">${reason !== null && html`<span>${reason}</span>`}${sinceText !== null && html`<span class="small">${sinceText}</span>`}</td>
    <td class="number">${formatRate(rate ?? 0)}</td>
    <td class="number mid">${inFlight ?? 0}</td>
    <td class="number wide">${weight}</td>
    ${onAsk !== null && html`<td><${StateButtons} app=${name} instance=${id} state=${state} onAsk=${onAsk} /></td>`}
  </tr>`;
}

function allRow({ name }: AppView, state: Change['state'] | null, onAsk: (change: Change) => void): View {
  return html`<tfoot><tr>
    <th scope="row">All instances</th><td></td><td class="wide"></td><td></td><td class="mid"></td><td class="wide"></td>
    <td><${StateButtons} app=${name} instance=${null} state=${state} onAsk=${onAsk} /></td>
  </tr></tfoot>`;
}
