/** Which apps the table shows, in which order. Pure. */
import type { AppView, Figures } from '../page/page-document.js';
import { appStanding, troubleRank } from './standing.js';

export type SortKey =
  | 'trouble'
  | 'name'
  | 'slot'
  | 'instances'
  | 'rate'
  | 'errors'
  | 'p50'
  | 'p99'
  | 'inFlight'
  | 'bled';

export interface Sort {
  readonly key: SortKey;
  readonly isDescending: boolean;
}

/** What needs somebody comes first, then by name. */
export const FIRST_SORT: Sort = { key: 'trouble', isDescending: false };

const FIGURES: Readonly<Partial<Record<SortKey, number>>> = {
  rate: 0,
  errors: 1,
  p50: 2,
  p99: 3,
  inFlight: 4,
  bled: 7,
};

export function sortedApps(
  apps: Iterable<AppView>,
  figures: ReadonlyMap<string, Figures>,
  { key, isDescending }: Sort,
): readonly AppView[] {
  const sortValueOf = (app: AppView): number => {
    if (key === 'trouble') return troubleRank(appStanding(app));
    if (key === 'slot') return app.slot;
    if (key === 'instances') return app.instances.filter(({ takesTraffic }) => takesTraffic).length;
    return figures.get(app.name)?.[FIGURES[key] ?? 0] ?? -1;
  };
  const rows = [...apps].map((app) => ({ app, value: key === 'name' ? 0 : sortValueOf(app) }));
  const sign = isDescending ? -1 : 1;
  rows.sort((a, b) => sign * (a.value - b.value) || (key === 'name' ? sign : 1) * byName(a.app, b.app));
  return rows.map(({ app }) => app);
}

/** Words of the name, the slot, the state, and of what its instances are called; all words must be found. */
export function isMatch(app: AppView, filter: string): boolean {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  if (words.length === 0) return true;
  const instances = app.instances.flatMap(({ id, container }) => [id, container ?? '']);
  const text = [app.name, app.slot, app.protocol, app.source, appStanding(app).word, ...instances]
    .join(' ')
    .toLowerCase();
  return words.every((word) => text.includes(word));
}

function byName(a: AppView, b: AppView): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
