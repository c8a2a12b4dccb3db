/**
 * Tables that are wider than the terminal: texts are cut, then the least columns are left out. One that does not fit then
 * either is left as it is: its rows go on in the next line, and nothing is lost. Pure.
 */

export interface FitColumn {
  /** May be cut to this width; absent: never. */
  readonly least?: number;
  /** May be left out; those with the highest rank go first. Absent: never. */
  readonly spare?: number;
}

/** The width of each column, in the order of the columns; 0: it is left out. Two spaces stand between. */
export function fitWidths(columns: readonly FitColumn[], natural: readonly number[], most: number): readonly number[] {
  const left = new Set(columns.keys());
  for (;;) {
    const widths = columns.map((_, index) => (left.has(index) ? (natural[index] ?? 0) : 0));
    const excess = cutWidths(columns, widths, left, most);
    if (excess <= 0) return widths;
    const spare = [...left].filter((index) => columns[index]?.spare !== undefined);
    const [first] = spare.sort((a, b) => (columns[b]?.spare ?? 0) - (columns[a]?.spare ?? 0));
    if (first === undefined) return natural;
    left.delete(first);
  }
}

/** Cuts the widest of those that may be cut, one sign at a time. @returns by how much they are still too wide */
function cutWidths(columns: readonly FitColumn[], widths: number[], left: ReadonlySet<number>, most: number): number {
  let excess = widths.reduce((sum, width) => sum + width, 0) + 2 * (left.size - 1) - most;
  while (excess > 0) {
    let widest = -1;
    for (const index of left) {
      const least = columns[index]?.least;
      const width = widths[index] ?? 0;
      if (least !== undefined && width > least && (widest === -1 || width > (widths[widest] ?? 0))) widest = index;
    }
    if (widest === -1) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return excess;
}

export function cutText(text: string, width: number): string {
  const signs = [...text];
  if (signs.length <= width) return text;
  return width <= 1 ? '…'.slice(0, width) : `${signs.slice(0, width - 1).join('')}…`;
}
