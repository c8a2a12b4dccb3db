/** Columns for people: aligned, two spaces between, nothing drawn around them. */
import { cutText, type FitColumn, fitWidths } from './table-fit.js';

interface Column extends FitColumn {
  readonly title: string;
  /** Numbers stand at the right. */
  readonly align?: 'left' | 'right';
}

/** A plain text, or one whose colours do not count for its width. */
export type Cell = string | { readonly text: string; readonly painted: string };

/**
 * @param most of a line; the columns say what is cut or left out then
 * @returns lines without line ends; the first holds the titles.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  paintTitle: (title: string) => string = (title) => title,
  most: number = Number.POSITIVE_INFINITY,
): string[] {
  const natural = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(textOf(row[index] ?? '')))),
  );
  const widths = fitWidths(columns, natural, most);
  const lineOf = (cells: readonly Cell[]): string =>
    columns
      .flatMap(({ align }, index) => {
        const width = widths[index] ?? 0;
        if (width === 0 && (natural[index] ?? 0) > 0) return [];
        const cell = cutCell(cells[index] ?? '', width);
        const padding = ' '.repeat(width - widthOf(textOf(cell)));
        const shown = typeof cell === 'string' ? cell : cell.painted;
        return [align === 'right' ? padding + shown : shown + padding];
      })
      .join('  ')
      .trimEnd();
  const titles = columns.map(({ title }) => ({ text: title, painted: paintTitle(title) }));
  return [lineOf(titles), ...rows.map(lineOf)];
}

/** The colours of a cell stand around its text. */
function cutCell(cell: Cell, width: number): Cell {
  if (widthOf(textOf(cell)) <= width) return cell;
  if (typeof cell === 'string') return cutText(cell, width);
  const text = cutText(cell.text, width);
  return { text, painted: cell.painted.replace(cell.text, () => text) };
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}

/** All that is shown is one column wide: names are checked to be ASCII, and our own signs are narrow. */
function widthOf(text: string): number {
  return [...text].length;
}

/** `0.85 ms`, `12.3 ms`, `1.2 s`; `-` without a value. */
export function formatLatency(latencyMs: number | null): string {
  if (latencyMs === null) return '-';
  if (latencyMs >= 1_000) return `${(latencyMs / 1_000).toFixed(1)} s`;
  return `${latencyMs >= 100 ? latencyMs.toFixed(0) : latencyMs >= 10 ? latencyMs.toFixed(1) : latencyMs.toFixed(2)} ms`;
}

/** `12s`, `4m 10s`, `3h 5m`, `2d 1h`: as much as somebody wants to know of an age. */
export function formatAge(ageMs: number): string {
  const seconds = Math.floor(ageMs / 1_000);
  const units = [
    { sign: 'd', count: Math.floor(seconds / 86_400) },
    { sign: 'h', count: Math.floor(seconds / 3_600) % 24 },
    { sign: 'm', count: Math.floor(seconds / 60) % 60 },
    { sign: 's', count: seconds % 60 },
  ];
  const first = units.findIndex(({ count }) => count > 0);
  if (first === -1) return '0s';
  return units
    .slice(first, first + 2)
    .filter(({ count }, index) => index === 0 || count > 0)
    .map(({ sign, count }) => `${count}${sign}`)
    .join(' ');
}
