import { InvalidArgumentError } from 'commander';
import { parseDuration } from '../core/durations.js';

/** For commander: `10s` → 10000. */
export function durationArgument(text: string): number {
  const durationMs = parseDuration(text);
  if (durationMs === null) throw new InvalidArgumentError('write a duration such as 500ms, 10s or 5m.');
  return durationMs;
}
