/** What `autoproxy why` prints for people. Pure. */
import type {
  AppEvent,
  Definition,
  Serving,
  WhyDocument,
  WhyHealth,
  WhyInstance,
  WhyOffers,
  WhyReport,
} from '../admin/why-document.js';
import { formatDuration } from '../core/durations.js';
import type { HealthCheck } from '../model/app.js';
import { containerWords } from '../model/container-words.js';
import { escapeText, formatOrigin, formatProblem } from '../model/problem.js';
import { countOf } from './count-text.js';
import { eventCell, eventText } from './events-text.js';
import { type Cell, formatAge, formatTable } from './table.js';
import type { Paint, Style } from './terminal.js';

const HEALTH_COLUMNS = [
  { title: 'HEALTH' },
  { title: 'FOR', align: 'right' },
  { title: 'RISE/FALL' },
  { title: 'LAST CHECK' },
] as const;
const INSTANCE_COLUMNS = [
  { title: 'INSTANCE' },
  { title: 'WEIGHT', align: 'right' },
  { title: 'STATE' },
  ...HEALTH_COLUMNS,
  { title: 'NOTE' },
] as const;
/** The rarer ones are in the metrics. */
const SHOWN_ERRORS = 6;
const NEIGHBOR_COLUMNS = [{ title: 'NEIGHBOR' }, ...HEALTH_COLUMNS, { title: '' }] as const;

/** @returns lines without line ends */
export function formatWhy(why: WhyDocument, paint: Paint): string[] {
  const { serving, at } = why;
  const ageOf = (time: string): string => formatAge(Math.max(0, Date.parse(at) - Date.parse(time)));
  const parts = [
    [
      headline(why, paint),
      ...why.definitions.map((one) => definitionLine(one, why)),
      ...(why.offers ?? []).map(offersLine),
      ...servingLines(serving, ageOf, paint),
    ],
    serving === null ? [] : instanceTable(serving, ageOf, paint),
    ...why.definitions.filter(({ outcome }) => outcome !== 'hidden').map((one) => reportTable(one, paint)),
    ...(why.offers ?? []).map((one) => reportTable(one, paint)),
    leftOutTable(why, paint),
    serving === null ? [] : neighborTable(serving, ageOf, paint),
    why.problems.map((problem) => paint(problem.severity === 'error' ? 'red' : 'yellow', formatProblem(problem))),
    eventLines(why.events, ageOf, paint),
  ];
  return parts.filter((lines) => lines.length > 0).flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]));
}

function headline({ app, status, serving }: WhyDocument, paint: Paint): string {
  const name = paint('bold', escapeText(app));
  switch (status) {
    case 'served': {
      if (serving === null) return `${name}: ${paint('green', 'served')}`;
      const { slot, healthPort, protocol, bound, bindError } = serving;
      const ports = `slot ${slot}, health port ${healthPort}, ${protocol}`;
      if (bound) return `${name}: ${paint('green', 'served')} on ${ports}`;
      return `${name}: ${paint('red', 'not bound')} on ${ports}: ${escapeText(bindError ?? 'not yet')}`;
    }
    case 'pending':
      return `${name}: ${paint('yellow', 'not yet in force')}`;
    case 'refused':
      return `${name}: ${paint('red', 'refused')}, for the reason below; once that is fixed, the node serves it by itself`;
    case 'gone':
      return `${name}: ${paint('red', 'gone')}; it is in no source now`;
  }
}

function definitionLine(one: Definition, { serving, definitions }: WhyDocument): string {
  const { source, outcome, slot, instances, held, staleMs } = one;
  const notes = [
    outcome === 'used' ? `with ${countOf(instances, 'instance')}` : null,
    outcome === 'hidden' ? `hidden: ${definitions[0]?.source ?? 'another source'} wins over ${source}` : null,
    serving !== null && outcome === 'used' && slot !== serving.slot ? `it asks for slot ${slot}` : null,
    held ? 'held: the source lost it, or a part of it' : null,
    staleMs > 0 ? `the source is stale for ${formatAge(staleMs)}` : null,
  ].filter((note) => note !== null);
  const place = `${escapeText(source)}, ${formatOrigin(one)}`;
  const role = outcome === 'hidden' ? 'also in' : outcome === 'used' ? 'given by' : 'written in';
  return `  ${role.padEnd(12)}${[place, ...notes].join('; ')}`;
}

function offersLine({ source, instances, held, staleMs }: WhyOffers): string {
  const notes = [
    `${escapeText(source)} offers ${countOf(instances, 'instance')}`,
    held ? 'held: the source lost some of them' : null,
    staleMs > 0 ? `the source is stale for ${formatAge(staleMs)}` : null,
  ].filter((note) => note !== null);
  return `  ${'instances'.padEnd(12)}${notes.join('; ')}`;
}

function servingLines(serving: Serving | null, ageOf: (time: string) => string, paint: Paint): string[] {
  if (serving === null) return [];
  const { protocol, traffic, check, bled, bledIn, instances } = serving;
  const lines = [`  ${'checks'.padEnd(12)}${checkText(check)}`];
  if (traffic === null) return [...lines, ...errorLines(serving)];
  const using = instances.filter(({ takesTraffic }) => takesTraffic).length;
  const to = {
    instances: paint('green', `to ${using} of ${countOf(instances.length, 'instance')}`),
    neighbors: paint('yellow', `bleeds to ${traffic.neighbors.join(', ')}`),
    nobody: paint('red', protocol === 'tcp' ? 'closes clients' : '503'),
  }[traffic.to];
  const why = traffic.why === null ? '' : `: ${escapeText(traffic.why)}`;
  const counts = bled + bledIn === 0 ? '' : `; ${bled} bled so far, ${bledIn} taken from neighbors`;
  return [
    ...lines,
    `  ${'traffic'.padEnd(12)}${to} for ${ageOf(traffic.since)}${why}${counts}`,
    ...errorLines(serving),
  ];
}

function errorLines({ errors }: Serving): string[] {
  return errors
    .slice(0, SHOWN_ERRORS)
    .map(({ code, count, text }, index) => `  ${(index === 0 ? 'errors' : '').padEnd(12)}${count} × ${code}: ${text}`);
}

function checkText({ path, intervalMs, timeoutMs, rise, fall }: HealthCheck): string {
  const how = path === null ? 'a connect' : `GET ${escapeText(path)}`;
  const times = `each ${formatDuration(intervalMs)}, at most ${formatDuration(timeoutMs)}`;
  return `${how} ${times}; up after ${rise} passed, down after ${fall} failed`;
}

function instanceTable({ instances }: Serving, ageOf: (time: string) => string, paint: Paint): string[] {
  if (instances.length === 0) return [];
  const rows = instances.map((instance): Cell[] => [
    instance.id,
    String(instance.weight),
    painted(instance.state, instance.state === 'ready' ? 'green' : 'yellow', paint),
    ...healthCells(instance, ageOf, paint),
    instanceNote(instance, ageOf),
  ]);
  return formatTable(INSTANCE_COLUMNS, rows, (title) => paint('dim', title));
}

/** What the source itself says: an instance that it leaves out stands nowhere else. */
function reportTable({ source, reports }: Pick<Definition, 'source' | 'reports'>, paint: Paint): string[] {
  if (reports.length === 0) return [];
  const columns = [
    { title: `IN ${escapeText(source).toUpperCase()}` },
    { title: 'PLACE' },
    { title: 'CHECKS' },
  ] as const;
  const rows = reports.map(({ address, place, leftOut, checks }): Cell[] => [
    escapeText(address),
    escapeText(place),
    leftOut === null
      ? painted(checksText(checks) || 'none', 'green', paint)
      : painted(escapeText(`left out: ${leftOut}`) + lastWords(checks), 'red', paint),
  ]);
  return formatTable(columns, rows, (title) => paint('dim', title));
}

/** Addresses at which the engine knows somebody else, or nobody. */
function leftOutTable({ leftOut = [] }: WhyDocument, paint: Paint): string[] {
  if (leftOut.length === 0) return [];
  const rows = leftOut.map(({ address, place, why }): Cell[] => [
    escapeText(address),
    escapeText(place),
    painted(escapeText(why), 'red', paint),
  ]);
  const columns = [{ title: 'LEFT OUT' }, { title: 'PLACE' }, { title: 'WHY' }] as const;
  return formatTable(columns, rows, (title) => paint('dim', title));
}

function checksText(checks: WhyReport['checks']): string {
  return escapeText(checks.map(({ id, status }) => `${id} ${status}`).join(', '));
}

/** What the first check that is not content said, on one line. */
function lastWords(checks: WhyReport['checks']): string {
  const output =
    checks
      .find(({ status }) => status === 'critical')
      ?.output.trim()
      .replace(/\s+/g, ' ') ?? '';
  return output === '' ? '' : escapeText(`: ${output.slice(0, 120)}`);
}

function neighborTable({ neighbors }: Serving, ageOf: (time: string) => string, paint: Paint): string[] {
  if (neighbors.length === 0) return [];
  const rows = neighbors.map((neighbor): Cell[] => [
    neighbor.address,
    ...healthCells(neighbor, ageOf, paint),
    escapeText(neighbor.remark ?? ''),
  ]);
  return formatTable(NEIGHBOR_COLUMNS, rows, (title) => paint('dim', title));
}

function healthCells(measured: WhyHealth, ageOf: (time: string) => string, paint: Paint): Cell[] {
  const { health, since, contrary, contraryNeeded, lastCheck } = measured;
  return [
    painted(health, health === 'up' ? 'green' : health === 'down' ? 'red' : 'dim', paint),
    since === null ? '-' : ageOf(since),
    contrary === 0 ? '-' : `${health === 'up' ? 'fall' : 'rise'} ${contrary}/${contraryNeeded}`,
    lastCheck === null ? '-' : escapeText(`${lastCheck.detail}, ${ageOf(lastCheck.at)} ago`),
  ];
}

function instanceNote(
  { container, state, sourceState, decision, weight, takesTraffic }: WhyInstance,
  ageOf: (time: string) => string,
): string {
  const notes = [
    container == null ? null : containerWords(container),
    decision === null
      ? null
      : `${decision.state}${decision.wholeApp ? ' of the whole app' : ''} by ${decision.by}, ${ageOf(decision.at)} ago`,
    sourceState === state ? null : `the source says ${sourceState}`,
    state === 'ready' && weight === 0 ? 'weight 0 takes no new traffic' : null,
    takesTraffic ? null : 'takes no new traffic',
  ];
  return escapeText(notes.filter((note) => note !== null).join('; '));
}

function eventLines(events: readonly AppEvent[], ageOf: (time: string) => string, paint: Paint): string[] {
  if (events.length === 0) return [];
  const rows = events.map((event): Cell[] => [
    event.at,
    `${ageOf(event.at)} ago`,
    eventCell(event.kind, paint),
    eventText(event),
  ]);
  const columns = [{ title: 'WHEN' }, { title: '', align: 'right' }, { title: 'EVENT' }, { title: '' }] as const;
  return formatTable(columns, rows, (title) => paint('dim', title));
}

function painted(text: string, style: Style, paint: Paint): Cell {
  return { text, painted: paint(style, text) };
}
