import { type Command, InvalidArgumentError, Option } from 'commander';
import { formatDuration, parseDuration } from '../core/durations.js';

/**
 * For commander: `10s` → 10000. A bare number is refused, because people mean seconds; options of a node and service files
 * take it as milliseconds, as HAProxy does (manual, 2.5).
 */
export function durationArgument(text: string): number {
  if (/^0*[1-9]\d*$/.test(text)) throw new InvalidArgumentError(`it has no unit: write ${text}s or ${text}ms.`);
  const durationMs = parseDuration(text);
  if (durationMs === null) throw new InvalidArgumentError('write a duration such as 500ms, 10s or 5m.');
  return durationMs;
}

/** As `durationArgument`, for a time that a command repeats its work after: without a pause it would keep a core busy. */
export function pauseArgument(minMs: number): (text: string) => number {
  return (text) => {
    const pauseMs = durationArgument(text);
    if (pauseMs < minMs) throw new InvalidArgumentError(`write ${formatDuration(minMs)} or more.`);
    return pauseMs;
  };
}

/**
 * Ends a command whose required option is missing. Commander's own check comes before that of unknown options, so a
 * misspelt option would be called missing; this one comes after it.
 */
export function missingOption(command: Command, flags: string): never {
  command.error(`error: required option '${flags}' not specified`);
}

const DEFAULT_WAIT_MS = 30_000;

/** How long a command that drains waits. */
export function waitOption(): Option {
  return new Option('--wait <TIME>', 'how long requests under way may take')
    .argParser(durationArgument)
    .default(DEFAULT_WAIT_MS, formatDuration(DEFAULT_WAIT_MS));
}

/** @param what takes so long, for the help */
export function timeoutOption(what: string, defaultMs: number): Option {
  return new Option('--timeout <TIME>', what).argParser(durationArgument).default(defaultMs, formatDuration(defaultMs));
}
