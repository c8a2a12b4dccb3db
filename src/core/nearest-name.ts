/**
 * The known name that somebody most likely meant, or null when none is near. Case, `-` and `_` do not count, so that
 * `Native-Port` is exactly `native_port`.
 */
export function nearestName(name: string, known: Iterable<string>): string | null {
  const wanted = plainName(name);
  // One slip in four letters is a typing error; more is another word. Long noise is not worth the comparison.
  let limit = Math.min(3, Math.ceil(wanted.length / 4)) + 1;
  if (wanted.length > 64) return null;
  let nearest: string | null = null;
  for (const candidate of known) {
    const distance = editDistance(wanted, plainName(candidate));
    if (distance < limit) {
      limit = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[-_ ]/g, '');
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let col = 1; col <= b.length; col += 1) {
      const isSame = a[row - 1] === b[col - 1];
      let cost = Math.min(at(last, col) + 1, at(current, col - 1) + 1, at(last, col - 1) + (isSame ? 0 : 1));
      const isSwap = row > 1 && col > 1 && a[row - 1] === b[col - 2] && a[row - 2] === b[col - 1];
      if (isSwap) cost = Math.min(cost, at(beforeLast, col - 2) + 1);
      current.push(cost);
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
