/** The table of all apps: filter, order, rows. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { AppView, Figures } from '../page/page-document.js';
import { FIRST_SORT, isMatch, type Sort, type SortKey, sortedApps } from './app-order.js';
import { AppRow } from './app-row.js';
import { formatAmount } from './format.js';
import { html, type View } from './html.js';
import type { Change } from './requests.js';

interface AppsTableProps {
  readonly apps: ReadonlyMap<string, AppView>;
  readonly figures: ReadonlyMap<string, Figures>;
  readonly trends: ReadonlyMap<string, readonly (number | null)[]>;
  readonly now: number;
  readonly onAsk: ((change: Change) => void) | null;
}

interface Column {
  readonly key: SortKey | null;
  readonly title: string;
  readonly help: string;
  readonly className: string;
}

const COLUMNS: readonly Column[] = [
  { key: 'name', title: 'App', help: 'the name of the app; a click leads to its own page', className: 'name' },
  { key: 'slot', title: 'Slot', help: 'the port of the app on every node', className: 'number mid' },
  { key: 'trouble', title: 'State', help: 'what needs somebody comes first', className: 'state' },
  { key: 'instances', title: 'Instances', help: 'those that take traffic, of all', className: 'mid' },
  { key: null, title: 'Last 5 min', help: 'requests per second', className: 'trend wide' },
  { key: 'rate', title: 'Req/s', help: 'requests per second; of a tcp app connections', className: 'number' },
  {
    key: 'errors',
    title: 'Err/s',
    help: '5xx answers of instances and of the node, and answers cut short',
    className: 'number',
  },
  { key: 'p50', title: 'p50', help: 'half of the requests took no longer', className: 'number wide' },
  { key: 'p99', title: 'p99', help: '99 of 100 requests took no longer', className: 'number mid' },
  { key: 'inFlight', title: 'In flight', help: 'requests under way', className: 'number wide' },
  { key: 'bled', title: 'Bleed/s', help: 'requests that went to neighbors', className: 'number wide' },
];

/** Rows that move each second cannot be clicked. */
const RESORT_MS = 10_000;

export function AppsTable({ apps, figures, trends, now, onAsk }: AppsTableProps): View {
  const [filter, setFilter] = useState('');
  const [sort, setSort] = useState<Sort>(FIRST_SORT);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const period = Math.floor(now / RESORT_MS);
  // Figures change each second, the order only with the period.
  const rows = useMemo(
    () =>
      sortedApps(
        [...apps.values()].filter((app) => isMatch(app, filter)),
        figures,
        sort,
      ),
    [apps, filter, sort, period],
  );
  const toggle = useMemo(
    () => (app: string) =>
      setOpen((before) => {
        const next = new Set(before);
        if (!next.delete(app)) next.add(app);
        return next;
      }),
    [],
  );
  const amount =
    rows.length === apps.size ? formatAmount(apps.size, 'app') : `${rows.length} of ${formatAmount(apps.size, 'app')}`;
  return html`<section class="apps" aria-labelledby="apps-title">
    <div class="bar">
      <h2 id="apps-title">Apps</h2>
      <${Filter} filter=${filter} onFilter=${setFilter} />
      <span class="amount" role="status">${amount}</span>
    </div>
    <table class="main">
      <caption class="unseen">Apps of this node</caption>
      <thead><tr>${COLUMNS.map((column) => headCell(column, sort, setSort))}</tr></thead>
      <tbody>
        ${rows.map(
          (
            app,
          ) => html`<${AppRow} key=${app.name} app=${app} figures=${figures.get(app.name)} trend=${trends.get(app.name)}
            isOpen=${open.has(app.name)} now=${now} onToggle=${toggle} onAsk=${onAsk} />`,
        )}
        ${
          rows.length === 0 &&
          html`<tr><td colspan=${COLUMNS.length} class="none">
          ${apps.size === 0 ? 'This node serves no app: none of its sources names one.' : `No app matches “${filter}”.`}
        </td></tr>`
        }
      </tbody>
    </table>
  </section>`;
}

function Filter({ filter, onFilter }: { readonly filter: string; readonly onFilter: (filter: string) => void }): View {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const isTyping = event.target instanceof HTMLElement && event.target.matches('input, textarea, select');
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return html`<label class="filter"><span class="unseen">Filter apps (key /)</span>
    <input ref=${input} type="search" value=${filter} placeholder="Filter: name, slot, address, state   /"
      onInput=${({ currentTarget }: { readonly currentTarget: HTMLInputElement }) => onFilter(currentTarget.value)}
      onKeyDown=${({ key }: KeyboardEvent) => key === 'Escape' && onFilter('')} />
  </label>`;
}

function headCell({ key, title, help, className }: Column, sort: Sort, onSort: (sort: Sort) => void): View {
  if (key === null) return html`<th scope="col" class=${className} title=${help}>${title}</th>`;
  const isSorted = sort.key === key;
  const order = isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none';
  // Figures are looked at from the largest down.
  const isDescending = isSorted ? !sort.isDescending : !['name', 'slot', 'trouble'].includes(key);
  return html`<th scope="col" class=${className} aria-sort=${order}>
    <button type="button" title=${help} onClick=${() => onSort({ key, isDescending })}>${title}<span class="order" aria-hidden="true">${
      isSorted ? (sort.isDescending ? '↓' : '↑') : ''
    }</span></button>
  </th>`;
}
