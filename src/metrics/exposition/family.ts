/** Tells samples with the same labels apart. Each is one object, made once: a sample is known by it the next time. */
export interface SampleKind {
  /** Of the name, as `_bucket` of a histogram; empty for none. */
  readonly suffix: string;
  /** Behind the other labels, as `class="2xx"`; empty for none. */
  readonly label: string;
}

/** @param labels as `labelsOf` writes them, empty for none */
export type Emit = (labels: string, value: number, kind?: SampleKind) => void;

/** One of the values that a label has in a family. */
export interface LabelValue extends SampleKind {
  readonly value: string;
}

export function labelValue(name: string, value: string): LabelValue {
  return { value, suffix: '', label: labelsOf({ [name]: value }) };
}

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
  if (!/[\\\n"]/.test(value)) return value;
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
