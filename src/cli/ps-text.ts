/** What `autoproxy ps` prints: one row an instance. Pure. */
import type { AppStatus, InstanceStatus, StateDocument } from '../admin/state-document.js';
import { APP_DEFAULTS } from '../model/app.js';
import { escapeText } from '../model/problem.js';
import { type Cell, formatAge, formatTable } from './table.js';
import type { Paint } from './terminal.js';

/** WEIGHT stands there where one is not the default, WHY OUT where one takes no new traffic. */
const COLUMNS = [
  { title: 'APP', least: 8 },
  { title: 'SLOT', align: 'right', spare: 6 },
  { title: 'INSTANCE' },
  { title: 'CONTAINER', least: 10, spare: 5 },
  { title: 'STATE', least: 5 },
  { title: 'HEALTH' },
  { title: 'WEIGHT', align: 'right', spare: 7 },
  { title: 'WHY OUT', least: 12, spare: 1 },
  { title: 'REQUESTS', align: 'right', spare: 2 },
  { title: 'IN FLIGHT', align: 'right', spare: 3 },
  { title: 'LAST CHECK', least: 12, spare: 4 },
] as const;

/** A row of `ps --json`; fields are only ever added. */
interface InstanceRow {
  readonly app: string;
  readonly slot: number;
  readonly protocol: string;
  readonly instance: string;
  readonly container: string | null;
  readonly state: string;
  readonly decidedBy: string | null;
  readonly health: string;
  readonly weight: number;
  readonly takesTraffic: boolean;
  /** Why it takes no new traffic; null: it does. */
  readonly why: string | null;
  readonly requests: number;
  readonly inFlight: number;
  readonly lastCheck: InstanceStatus['lastCheck'];
}

export function instanceRows(state: StateDocument): readonly InstanceRow[] {
  return state.apps.flatMap((app) => app.instances.map((instance) => rowOf(app, instance)));
}

export function formatInstances(
  state: StateDocument,
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  const rows = instanceRows(state);
  if (rows.length === 0) return ['No app of this node has an instance; see: autoproxy status'];
  const hidden = new Set<string>([
    ...(rows.every(({ weight }) => weight === APP_DEFAULTS.weight) ? ['WEIGHT'] : []),
    ...(rows.every(({ why }) => why === null) ? ['WHY OUT'] : []),
  ]);
  const shownOf = <T>(list: readonly T[]): T[] => list.filter((_, index) => !hidden.has(COLUMNS[index]?.title ?? ''));
  return formatTable(
    shownOf(COLUMNS),
    rows.map((row) => shownOf(cellsOf(row, paint))),
    (title) => paint('dim', title),
    width,
  );
}

function rowOf({ name, slot, protocol }: AppStatus, one: InstanceStatus): InstanceRow {
  const { id, container, state, override, health, weight, requests, inFlight, lastCheck } = one;
  return {
    ...{ app: name, slot, protocol, instance: id },
    container: container?.name ?? null,
    ...{ state, decidedBy: override?.by ?? null, health, weight },
    takesTraffic: state === 'ready' && health !== 'down' && weight > 0,
    why: whyOut(one),
    ...{ requests, inFlight, lastCheck },
  };
}

/** What an operator wants goes before what was measured, as on the page of the node. */
function whyOut({ state, override, health, lastCheck, weight, weightOverride }: InstanceStatus): string | null {
  const by = override === null ? 'its source' : override.by;
  const reasons = [
    ...(state === 'ready' ? [] : [`${state === 'drain' ? 'drained' : 'in maintenance'} by ${by}`]),
    ...(health === 'down' ? [lastCheck === null ? 'down' : `down: ${lastCheck.detail}`] : []),
    ...(state === 'ready' && weight === 0 ? [`weight 0 by ${weightOverride?.by ?? 'its source'}`] : []),
  ];
  return reasons.length === 0 ? null : reasons.join('; ');
}

function cellsOf(row: InstanceRow, paint: Paint): Cell[] {
  const { state, health, decidedBy, lastCheck } = row;
  const stateText = decidedBy === null ? state : escapeText(`${state} by ${decidedBy}`);
  const healthStyle = health === 'up' ? 'green' : health === 'down' ? 'red' : 'dim';
  return [
    row.app,
    String(row.slot),
    row.instance,
    row.container === null ? '-' : escapeText(row.container),
    { text: stateText, painted: paint(state === 'ready' ? 'green' : 'yellow', stateText) },
    { text: health, painted: paint(healthStyle, health) },
    String(row.weight),
    row.why === null ? '' : escapeText(row.why),
    String(row.requests),
    String(row.inFlight),
    lastCheck === null ? '-' : escapeText(`${lastCheck.detail}, ${formatAge(lastCheck.ageMs)} ago`),
  ];
}
