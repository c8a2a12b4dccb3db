/** The versions of an app for people: a table, or blocks on a screen that is too narrow for it. Pure. */
import { escapeText } from '../../model/problem.js';
import type { HistoryEntry } from '../../registry/registry.js';
import { formatTable } from '../table.js';

export interface VersionRow {
  readonly version: number;
  /** ISO 8601. */
  readonly at: string;
  readonly author: string;
  readonly act: HistoryEntry['act'];
  readonly image: string | null;
  /** Keys of the definition; null: it has no definition before it, or none itself. */
  readonly changed: readonly string[] | null;
  /** The registry holds this one. */
  readonly isCurrent: boolean;
}

const COLUMNS = [
  { title: 'VERSION', align: 'right' },
  { title: 'WRITTEN' },
  { title: 'BY' },
  { title: 'WHAT' },
  { title: 'IMAGE' },
  { title: 'CHANGED' },
] as const;
/** More than these are counted. */
const SHOWN_KEYS = 4;
const INDENT = '    ';

/** @param width of a line, in columns */
export function historyLines(
  versions: readonly VersionRow[],
  width: number,
  paintTitle: (title: string) => string = (title) => title,
): readonly string[] {
  const rows = versions.map(({ version, at, author, act, image, changed, isCurrent }) => [
    `${isCurrent ? '* ' : ''}${version}`,
    at,
    author,
    act,
    image === null ? '-' : escapeText(image),
    changedText(changed),
  ]);
  const isTooWide = formatTable(COLUMNS, rows).some((line) => [...line].length > width);
  return isTooWide ? rows.flatMap(blockOf) : formatTable(COLUMNS, rows, paintTitle);
}

/** `* 12 put 2026-01-01T12:00:00.000Z`, and below it who wrote it, the image, and what it changed. */
function blockOf([version, at, author, act, image, changed]: readonly string[]): readonly string[] {
  const details = [`by ${author}`, `image ${image}`, `changed ${changed}`].filter((line) => !line.endsWith(' -'));
  return [`${version} ${act} ${at}`, ...details.map((line) => INDENT + line)];
}

function changedText(changed: readonly string[] | null): string {
  if (changed === null) return '-';
  const more = changed.length - SHOWN_KEYS;
  const shown = changed.slice(0, SHOWN_KEYS).map(escapeText).join(', ');
  return more > 0 ? `${shown} and ${more} more` : shown;
}
