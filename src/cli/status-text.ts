/** What `autoproxy status` prints for people. Pure. */
import type {
  AccessLogStatus,
  AppStatus,
  ClientStatus,
  InstanceStatus,
  NodeStanding,
  RegistrarStatus,
  SourceStatus,
  StateDocument,
} from '../admin/state-document.js';
import { containerWords } from '../model/container-words.js';
import { escapeText, formatProblem } from '../model/problem.js';
import { type AppFigures, appFiguresFrom } from './app-figures.js';
import { type Cell, formatAge, formatLatency, formatTable } from './table.js';
import type { Paint } from './terminal.js';

export interface StatusOptions {
  /** Every instance on a line of its own. */
  readonly showsInstances: boolean;
  /** An older document of the same node: counts and latencies are of the time between. */
  readonly earlier: StateDocument | null;
  /** Of a line. */
  readonly width?: number;
}

const APP_COLUMNS = [
  { title: 'APP', least: 8 },
  { title: 'SLOT', align: 'right', spare: 2 },
  { title: 'UP', align: 'right' },
  { title: 'REQUESTS', align: 'right', spare: 1 },
  { title: 'ERRORS', align: 'right' },
  { title: 'P50', align: 'right', spare: 5 },
  { title: 'P99', align: 'right', spare: 4 },
  { title: 'BLED', align: 'right', spare: 6 },
  { title: 'IN FLIGHT', align: 'right', spare: 3 },
  { title: 'NOTE', least: 16 },
] as const;

const INSTANCE_COLUMNS = [
  { title: 'APP', least: 8 },
  { title: 'INSTANCE' },
  { title: 'STATE' },
  { title: 'HEALTH' },
  { title: 'WEIGHT', align: 'right', spare: 3 },
  { title: 'REQUESTS', align: 'right', spare: 2 },
  { title: 'IN FLIGHT', align: 'right', spare: 4 },
  { title: 'NOTE', least: 16, spare: 1 },
] as const;

export function formatStatus(
  state: StateDocument,
  { showsInstances, earlier, width }: StatusOptions,
  paint: Paint,
): string[] {
  const paintTitle = (title: string): string => paint('dim', title);
  const appRows = state.apps.map((app) => {
    const before = earlier?.apps.find(({ name }) => name === app.name) ?? null;
    return appCells(app, appFiguresFrom(app, before), paint);
  });
  const instanceRows = state.apps.flatMap((app) =>
    app.instances.map((instance) => instanceCells(app.name, instance, paint)),
  );
  const tables = [
    state.apps.length === 0 ? [noAppsText(state)] : formatTable(APP_COLUMNS, appRows, paintTitle, width),
    showsInstances && instanceRows.length > 0 ? formatTable(INSTANCE_COLUMNS, instanceRows, paintTitle, width) : [],
    state.problems.map((problem) => paint(problem.severity === 'error' ? 'red' : 'yellow', formatProblem(problem))),
  ];
  return [...headerLines(state, paint), ...tables.flatMap((lines) => (lines.length === 0 ? [] : ['', ...lines]))];
}

/** As the workers log it. */
const STREAMS = 'workers use net.Socket: this Node hides its socket handles, and connections cost more';

function headerLines(state: StateDocument, paint: Paint): string[] {
  const uptime = formatAge(state.uptimeMs);
  const pod = state.pod === null ? '' : ` of pod ${state.pod}`;
  const status = paint(state.status === 'ready' ? 'green' : 'yellow', state.status);
  const behind = state.appliedRevision < state.revision ? `, workers hold ${state.appliedRevision}` : '';
  const serving = state.workers.filter((worker) => worker.state === 'serving').length;
  const restarts = state.workers.reduce((sum, worker) => sum + worker.restarts, 0);
  const { clients } = state;
  const full = clients !== undefined && isFull(clients) ? [paint('yellow', fullText(clients))] : [];
  const neighbors = state.neighbors.map(({ address }) => address).join(', ') || 'none';
  // A node of an older release says nothing of the others.
  const others = (state.nodes ?? []).filter(({ remark }) => remark !== null).map(nodeText);
  return [
    `${paint('bold', state.node)}${pod}: ${status} for ${uptime}, revision ${state.revision}${behind}`,
    ...(state.status === 'starting' && state.notReady !== null ? [paint('red', `not ready: ${state.notReady}`)] : []),
    `workers ${serving}/${state.workers.length}${restarts === 0 ? '' : `, ${restarts} started again after a crash`}; ` +
      `sources ${state.sources.map((source) => sourceText(source, paint)).join(', ') || 'none'}; neighbors ${neighbors}`,
    ...state.sources.flatMap((source) => failureLines(source, paint)),
    ...(state.registrar === undefined ? [] : [registrarText(state.registrar, paint)]),
    ...(state.workers.some(({ sockets }) => sockets === 'streams') ? [paint('yellow', STREAMS)] : []),
    ...full,
    ...lostLines(state.accessLog).map((text) => paint('yellow', text)),
    ...others.map((text) => paint('yellow', text)),
  ];
}

function isFull({ open, limit }: ClientStatus): boolean {
  return limit !== null && open >= limit;
}

function fullText({ open, limit }: ClientStatus): string {
  return `${open} of ${limit} connections: more clients wait`;
}

function lostLines(
  { lines, dropped, waiting = 0, failure = null }: AccessLogStatus = { lines: 0, dropped: 0 },
): string[] {
  return [
    ...(failure === null ? [] : [`access log: cannot be written, ${waiting} lines wait: ${escapeText(failure)}`]),
    ...(dropped === 0 ? [] : [`access log: ${dropped} of ${lines} lines could not be written; the log says why`]),
  ];
}

function nodeText({ name, addresses, standing, remark }: NodeStanding): string {
  const effect = standing === 'leftOut' ? 'takes no bleed' : 'is doubted, its checks decide';
  return escapeText(`node ${name} (${addresses.join(', ') || 'without an address'}) ${effect}: ${remark}`);
}

function registrarText({ registered, ghosts, failure, isYielding }: RegistrarStatus, paint: Paint): string {
  const ghostly = ghosts.length === 0 ? '' : `; ${ghosts.length} of others for containers that are gone`;
  const done = `registered in Consul: ${registered} services of containers${ghostly}`;
  if (isYielding) return paint('red', 'registered in Consul: nothing, another node of this name does it');
  return failure === null ? done : `${done}; ${paint('red', escapeText(failure))}`;
}

function sourceText({ name, up, stale, staleMs }: SourceStatus, paint: Paint): string {
  if (!up) return paint('red', `${name} down`);
  return stale ? paint('yellow', `${name} stale for ${formatAge(staleMs)}`) : name;
}

function failureLines({ name, up, failure = null }: SourceStatus, paint: Paint): string[] {
  return up || failure === null ? [] : [paint('red', `${name}: ${escapeText(failure)}`)];
}

function noAppsText({ sources, problems }: StateDocument): string {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) return 'Nothing is served: fix the errors below; the node reads a corrected file by itself.';
  return sources.some(({ up }) => up)
    ? 'Nothing is served: the sources name no app. Write a services file, or an app in the registry.'
    : 'Nothing is served: reading every source failed.';
}

function appCells(app: AppStatus, figures: AppFigures, paint: Paint): Cell[] {
  const share = `${figures.usable}/${figures.total}`;
  const style = figures.usable === figures.total ? 'green' : figures.usable === 0 ? 'red' : 'yellow';
  return [
    figures.name,
    String(figures.slot),
    painted(share, style, paint),
    String(figures.requests),
    figures.errors === 0 ? '0' : painted(String(figures.errors), 'red', paint),
    formatLatency(figures.p50Ms),
    formatLatency(figures.p99Ms),
    figures.bled === 0 ? '0' : painted(String(figures.bled), 'yellow', paint),
    String(figures.inFlight),
    appNote(app, figures, paint),
  ];
}

function appNote(app: AppStatus, { usable }: AppFigures, paint: Paint): Cell {
  if (!app.bound) return painted(`not bound: ${escapeText(app.bindError ?? 'not yet')}`, 'red', paint);
  const upNeighbors = app.neighbors.filter(({ up }) => up).map(({ address }) => address);
  if (app.clients !== undefined && isFull(app.clients)) return painted(fullText(app.clients), 'yellow', paint);
  if (usable > 0) return app.queued > 0 ? painted(`${app.queued} wait`, 'yellow', paint) : '';
  return upNeighbors.length > 0
    ? painted(`bleeds to ${upNeighbors.join(', ')}`, 'yellow', paint)
    : painted(`${app.protocol === 'tcp' ? 'closes clients' : '503'}: no instance and no neighbor`, 'red', paint);
}

function instanceCells(app: string, instance: InstanceStatus, paint: Paint): Cell[] {
  const { id, state, health, weight, requests, inFlight } = instance;
  return [
    app,
    id,
    painted(state, state === 'ready' ? 'green' : 'yellow', paint),
    painted(health, health === 'up' ? 'green' : health === 'down' ? 'red' : 'dim', paint),
    String(weight),
    String(requests),
    String(inFlight),
    instanceNote(instance),
  ];
}

function instanceNote({ container, health, lastCheck, override }: InstanceStatus): string {
  const notes = [
    container == null ? '' : containerWords(container),
    override === null ? '' : `by ${override.by} at ${override.at}`,
    health === 'down' && lastCheck !== null ? lastCheck.detail : '',
  ];
  return escapeText(notes.filter((note) => note !== '').join('; '));
}

function painted(text: string, style: Parameters<Paint>[0], paint: Paint): Cell {
  return { text, painted: paint(style, text) };
}
