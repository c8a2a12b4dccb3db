import { MAX_DURATION_MS } from '../../core/durations.js';
import { pause } from '../../core/pause.js';
import { findServer } from './named-server.js';
import type { Verb, VerbContext } from './stats-node.js';
import { timeMsFrom } from './time-text.js';

const USAGE = `Usage: wait {-h|<duration>} [condition [args...]]
  - '-h' displays this help
  - <duration> is the maximum wait time, optionally suffixed by the unit among
    'us', 'ms', 's', 'm', 'h', and 'd'. ; the default unit is milliseconds.
  - <condition> indicates what to wait for, no longer than the specified
    duration. Supported conditions are:
    - <none> : by default, just sleep for the specified duration.
    - srv-removable <px>/<sv> : wait for this server to become removable.
`;

const LOOK_MS = 100;

export const WAIT: Verb = {
  words: ['wait'],
  usage: 'wait {-h|<delay_ms>} cond [args...]',
  help: 'wait the specified delay or condition (-h to see list)',
  async run([delay, condition, server], context) {
    if (delay === undefined) return 'Expects a duration in milliseconds.\n';
    if (delay === '-h') return USAGE;
    const askedMs = timeMsFrom(delay, 'ms');
    if (askedMs === null) return 'Invalid duration.\n';
    const delayMs = Math.min(MAX_DURATION_MS, askedMs);
    if (condition === undefined) {
      await pause(context.clock, delayMs, context.end);
      return 'Done.\n';
    }
    if (condition !== 'srv-removable') return USAGE;
    if (server === undefined) return 'Missing server name (<backend>/<server>).\n';
    if (!server.includes('/')) return "Require 'backend/server'.\n";
    return untilRemovable(server, delayMs, context);
  },
};

/** In maintenance, and nothing under way. */
async function untilRemovable(word: string, delayMs: number, context: VerbContext): Promise<string> {
  const deadline = context.clock.now() + delayMs;
  for (;;) {
    const found = findServer(await context.node.proxies(), word);
    if (typeof found === 'string') return 'Failed.\n';
    const { state, counters } = found.server;
    if (state === 'maint' && (counters?.inFlight ?? 0) === 0) return 'Done.\n';
    const leftMs = deadline - context.clock.now();
    if (leftMs <= 0 || context.end.aborted) return 'Failed.\n';
    await pause(context.clock, Math.min(LOOK_MS, leftMs), context.end);
  }
}
