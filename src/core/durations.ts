/** The longest unit first. */
const UNITS: ReadonlyMap<string, number> = new Map([
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
]);

/** The longest delay a Node timer takes; a longer one would fire at once. */
export const MAX_DURATION_MS = 2_147_483_647;

/**
 * Reads `100ms`, `5s`, `10m`, `1h`, `1d`; a bare number is milliseconds (HAProxy manual, 2.5 "Time format").
 * @returns milliseconds, or null when the text is not a duration, or one beyond MAX_DURATION_MS.
 */
export function parseDuration(value: string | number): number | null {
  const match = /^(\d{1,15})(ms|s|m|h|d)?$/.exec(String(value));
  if (match === null) return null;
  const durationMs = Number(match[1]) * (UNITS.get(match[2] ?? 'ms') ?? 1);
  return durationMs <= MAX_DURATION_MS ? durationMs : null;
}

/** The shortest exact text: 90000 → `90s`, 600000 → `10m`. The unit is always there. */
export function formatDuration(durationMs: number): string {
  for (const [unit, unitMs] of UNITS) {
    if (durationMs >= unitMs && durationMs % unitMs === 0) return `${durationMs / unitMs}${unit}`;
  }
  return `${durationMs}ms`;
}
