/** What `autoproxy events` prints. Pure. */
import type { NodeEvent } from '../admin/events-document.js';
import type { AppEvent, AppEventKind } from '../admin/why-document.js';
import { escapeText } from '../model/problem.js';
import { type Cell, formatTable } from './table.js';
import type { Paint, Style } from './terminal.js';

const STYLES: ReadonlyMap<AppEventKind, Style> = new Map([
  ['up', 'green'],
  ['bleed-ended', 'green'],
  ['mended', 'green'],
  ['source-up', 'green'],
  ['worker-serves', 'green'],
  ['down', 'red'],
  ['problem', 'red'],
  ['unserved', 'red'],
  ['source-down', 'red'],
  ['worker-died', 'red'],
  ['roll-failed', 'red'],
  ['drain-cut', 'yellow'],
  ['held', 'yellow'],
  ['decision', 'yellow'],
  ['bleed', 'yellow'],
  ['reload', 'bold'],
  ['rolled', 'bold'],
  ['start', 'bold'],
  ['stop', 'bold'],
]);

const COLUMNS = [{ title: 'WHEN' }, { title: 'APP' }, { title: 'EVENT' }, { title: '' }] as const;
/** Of a line that comes alone: names and kinds are seldom longer. */
const APP_WIDTH = 16;
const KIND_WIDTH = 13;

export function eventCell(kind: AppEventKind, paint: Paint): Cell {
  const style = STYLES.get(kind);
  return style === undefined ? escapeText(kind) : { text: kind, painted: paint(style, kind) };
}

/** With what was before and after, where the text does not say it: of instances that came or went it does. */
export function eventText({ kind, text, before, after }: AppEvent): string {
  const isSaid =
    kind !== 'changed' || before === undefined || after === undefined || isNothing(before) || isNothing(after);
  return escapeArrow(isSaid ? text : `${text}; ${before} → ${after}`);
}

function isNothing(values: string): boolean {
  return values.split(', ').every((value) => value === 'none');
}

export function formatEvents(events: readonly NodeEvent[], paint: Paint): string[] {
  const rows = events.map((event): Cell[] => [
    event.at,
    escapeText(event.app ?? '-'),
    eventCell(event.kind, paint),
    eventText(event),
  ]);
  return formatTable(COLUMNS, rows, (title) => paint('dim', title));
}

/** One that came later than the table. */
export function formatEvent(event: NodeEvent, paint: Paint): string {
  const kind = eventCell(event.kind, paint);
  const [text, painted] = typeof kind === 'string' ? [kind, kind] : [kind.text, kind.painted];
  const padding = ' '.repeat(Math.max(0, KIND_WIDTH - text.length));
  return `${event.at}  ${escapeText(event.app ?? '-').padEnd(APP_WIDTH)}  ${painted}${padding}  ${eventText(event)}`;
}

/** The arrow is ours, so it is not escaped. */
function escapeArrow(text: string): string {
  return text.split('→').map(escapeText).join('→');
}
