/** Times as HAProxy's commands take them. Pure. */

const UNITS_MS: ReadonlyMap<string, number> = new Map([
  ['us', 0.001],
  ['ms', 1],
  ['s', 1_000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

/**
 * @param unit of a bare number
 * @returns null unless it is a time
 */
export function timeMsFrom(text: string, unit: 'ms' | 's'): number | null {
  const [, number, named = unit] = /^(\d{1,12})(us|ms|s|m|h|d)?$/.exec(text) ?? [];
  const unitMs = UNITS_MS.get(named);
  return number === undefined || unitMs === undefined ? null : Number(number) * unitMs;
}
