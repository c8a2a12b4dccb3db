import { MAX_DURATION_MS } from '../../core/durations.js';
import type { Verb } from './stats-node.js';
import { timeMsFrom } from './time-text.js';

/** For a client that keeps its connection, as hatop does. */
export const SET_TIMEOUT: Verb = {
  words: ['set', 'timeout'],
  usage: 'set timeout [cli] <delay>',
  help: 'change a timeout setting',
  run([what, delay], { setIdleTimeout }) {
    if (what !== 'cli') return "'set timeout' only supports 'cli'.\n";
    if (delay === undefined) return 'Expects an integer value.\n';
    const delayMs = timeMsFrom(delay, 's');
    if (delayMs === null || delayMs === 0) return 'Invalid timeout value.\n';
    // HAProxy counts in whole seconds here.
    setIdleTimeout(Math.min(MAX_DURATION_MS, Math.ceil(delayMs / 1_000) * 1_000));
    return '';
  },
};
