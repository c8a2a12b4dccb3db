/** Values as documents hold them, and what is left out because it says nothing. */
import { formatDuration } from '../core/durations.js';

export type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };
export type PlainMap = { readonly [key: string]: Plain };

/** @returns null for the default, which need not be written */
export function unless<T>(fallback: T, value: T): T | null {
  return value === fallback ? null : value;
}

export function durationUnless(fallbackMs: number, durationMs: number): string | null {
  return durationMs === fallbackMs ? null : formatDuration(durationMs);
}

/** Without the keys that say nothing. */
export function written(map: { readonly [key: string]: Plain | null }): PlainMap {
  return Object.fromEntries(Object.entries(map).filter((entry): entry is [string, Plain] => entry[1] !== null));
}

export function nonEmpty(value: readonly Plain[] | { readonly [key: string]: Plain | null }): Plain | null {
  if (Array.isArray(value)) return value.length === 0 ? null : value;
  const map = written(value as { readonly [key: string]: Plain | null });
  return Object.keys(map).length === 0 ? null : map;
}
