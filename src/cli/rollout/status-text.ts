/** How a rollout stands, for people. */
import { escapeText } from '../../model/problem.js';
import type { ServiceRollout } from '../../placement/rollout-status.js';
import { type TaskFailure, versionText } from '../../placement/task-failures.js';
import type { VersionTasks } from '../../placement/version-tasks.js';
import { earlierEntry } from '../../registry/history.js';
import { countOf } from '../count-text.js';
import { formatAge, formatTable } from '../table.js';
import type { KnownApp } from './versions.js';

/** Requests and tunnels, and the age of the oldest one. */
export interface UnderWay {
  readonly count: number;
  readonly oldestMs: number;
}

export interface RolloutReport {
  readonly app: string;
  readonly known: KnownApp;
  readonly services: readonly ServiceRollout[];
  /** Id of a container, or its first digits → what the node of this machine knows to be under way there. */
  readonly underWay: ReadonlyMap<string, UnderWay>;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const INDENT = '  ';
const SHORT_ID_DIGITS = 12;
/** Older ones are counted. */
const SHOWN_FAILURES = 5;
const COLUMNS = [
  { title: 'VERSION', align: 'right' },
  { title: 'IMAGE', least: 10 },
  { title: 'NODE', least: 8 },
  { title: 'RUNNING', align: 'right' },
  { title: 'STARTING', align: 'right', spare: 1 },
  { title: 'ENDING', align: 'right', spare: 2 },
] as const;
const WORDS = {
  done: 'done',
  busy: 'under way',
  paused: 'paused',
  unapplied: 'not applied',
  foreign: 'name taken',
  failed: 'failed',
  'rolled-back': 'rolled back',
} as const;

export function hintLine(hint: string): string {
  return `→ ${hint}`;
}

/** @param width of a line, in columns */
export function rolloutLines(report: RolloutReport, width = Number.POSITIVE_INFINITY): readonly string[] {
  return [
    headLine(report),
    ...report.services.flatMap((service) => serviceLines(service, report, width)),
    ...hintsFor(report).map(hintLine),
  ];
}

/** `shop-alpha: under way, 1 of 2 tasks run` */
export function progressLine({ service, state, running, wanted, reason }: ServiceRollout): string {
  const why = reason === '' ? '' : ` (${escapeText(reason)})`;
  return `${escapeText(service)}: ${WORDS[state]}, ${running} of ${countOf(wanted, 'task')} run${why}`;
}

function headLine({ app, known }: RolloutReport): string {
  const last = known.history.at(-1);
  if (last === undefined) return `${app}: no version is kept`;
  const act = { put: 'put', undo: 'put back', rm: 'removed', withdrawn: 'withdrawn', found: 'found' }[last.act];
  return `${app}: version ${last.number}, ${act} by ${last.author} at ${new Date(last.at).toISOString()}`;
}

function serviceLines(service: ServiceRollout, report: RolloutReport, width: number): readonly string[] {
  const rows = service.versions.flatMap(({ version, nodes }) =>
    nodes.map(({ node, running, starting, ending }) => [
      version.label,
      escapeText(version.image),
      node === '' ? '(no node)' : escapeText(node),
      ...[running, starting, ending].map(String),
    ]),
  );
  const table = rows.length === 0 ? [] : formatTable(COLUMNS, rows, undefined, width - INDENT.length);
  const details = [
    ...service.versions.flatMap(unknownLines),
    ...service.versions.flatMap((version) => endingLines(version, report)),
    ...service.failures.slice(0, SHOWN_FAILURES).map(failureLine),
  ];
  const more = service.failures.length - SHOWN_FAILURES;
  if (more > 0) details.push(`failed: ${more} more`);
  return [progressLine(service), ...table.map(indented), ...details.map(indented)];
}

/** A version that is not in the history: what is known of it. */
function unknownLines({ version: { label }, differs }: VersionTasks): readonly string[] {
  if (differs === null) return [];
  const words = differs.length === 0 ? 'as the definition' : `other than the definition: ${differs.join(', ')}`;
  return [`${label}: not in the history; ${escapeText(words)}`];
}

function indented(line: string): string {
  return INDENT + line;
}

function endingLines({ ending }: VersionTasks, { underWay, now }: RolloutReport): readonly string[] {
  return ending.map(({ id, node, containerId, since }) => {
    const left = underWayAt(underWay, containerId);
    const oldest = left === null || left.oldestMs === 0 ? '' : `, the oldest for ${formatAge(left.oldestMs)}`;
    const words = left === null ? '' : `, ${countOf(left.count, 'request')} under way${oldest}`;
    const place = `${id.slice(0, SHORT_ID_DIGITS)} on ${escapeText(node)}`;
    return `ending: task ${place} for ${formatAge(Math.max(0, now - since))}${words}`;
  });
}

/** @returns null where nothing is known */
export function underWayAt(underWay: RolloutReport['underWay'], containerId: string): UnderWay | null {
  for (const [id, there] of underWay) if (id !== '' && containerId.startsWith(id)) return there;
  return null;
}

function failureLine({ version, node, error, count, lastAt }: TaskFailure): string {
  const times = count === 1 ? '' : `${count} times, last `;
  const place = node === '' ? '' : ` on ${escapeText(node)}`;
  return `failed: ${escapeText(versionText(version))}${place}: ${escapeText(error)} (${times}at ${new Date(lastAt).toISOString()})`;
}

/** What to do next, without an arrow; empty: nothing. */
export function hintsFor({
  app,
  known,
  services,
}: Pick<RolloutReport, 'app' | 'known' | 'services'>): readonly string[] {
  const has = (state: ServiceRollout['state']): boolean => services.some((service) => service.state === state);
  const hasEarlier = earlierEntry(known.history, known.stored?.text ?? null) !== null;
  if (has('failed') || has('rolled-back'))
    return hasEarlier
      ? [`autoproxy rollout undo ${app} brings the version before it back`]
      : [
          `mend the definition, then: autoproxy app put FILE --apply`,
          `or take the app away: autoproxy app rm ${app} --apply`,
        ];
  if (has('paused')) return [pauseHint(app, hasEarlier)];
  const foreign = services.filter(({ state }) => state === 'foreign').map(({ service }) => service);
  if (foreign.length > 0)
    return [`autoproxy plan ${app} says what to do with ${foreign.join(', ')}, which autoproxy does not manage`];
  return has('unapplied') ? [`autoproxy apply ${app}`] : [];
}

function pauseHint(app: string, hasEarlier: boolean): string {
  return `autoproxy apply ${app} goes on${hasEarlier ? `, autoproxy rollout undo ${app} goes back` : ''}`;
}
