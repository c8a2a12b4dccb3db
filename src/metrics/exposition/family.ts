/** @param labels as `labelsOf` writes them, empty for none; @param suffix of the name, as `_bucket` of a histogram */
export type Emit = (labels: string, value: number, suffix?: string) => void;

/** Samples under one name, with their meaning. `View` is what they are read from. */
export interface Family<View> {
  /** As it stands in a sample: a counter ends in `_total`. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly write: (view: View, emit: Emit) => void;
}

export function labelsOf(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');
}

function escapeLabel(value: string): string {
  return value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
}

/** To the microsecond: the digits behind it are of the division. */
export function secondsOf(ms: number): number {
  return Math.round(ms * 1_000) / 1_000_000;
}

/** By code unit: the order must not depend on the machine's language. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
