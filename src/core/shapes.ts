/** Schemas of what comes from outside, beside those of valibot, and what is said where a document does not fit. */
import * as v from 'valibot';

const map = v.custom<object>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'is not a map',
);

/** What a map holds, key by key: `v.record` drops keys such as `__proto__` and `constructor` without a word. */
export function entriesOf<T extends v.GenericSchema>(value: T) {
  return v.pipe(
    map,
    v.transform((given): unknown[] => Object.entries(given)),
    v.array(v.tuple([v.string(), value])),
  );
}

/**
 * @param whole what the value itself is called
 * @param within its own place in a larger document
 * @returns `apps.0.slot: what is wrong there`
 */
export function issueLine([issue]: readonly v.BaseIssue<unknown>[], whole: string, within = ''): string {
  const path = issue === undefined ? null : v.getDotPath(issue);
  const place = [within, path ?? ''].filter((part) => part !== '').join('.') || whole;
  return `${place}: ${issue?.message ?? 'it has another form'}`;
}
