import type { Verb } from './stats-node.js';

/** Prometheus reads the same counters, and takes one that goes back for a node that has started anew. */
const COUNTERS_ONLY_GROW =
  "Counters of a node only grow, since /metrics has the same ones: 'clear counters' sets the maxima back.\n";

export const CLEAR_COUNTERS: Verb = {
  words: ['clear', 'counters'],
  usage: 'clear counters [all]',
  help: 'clear max statistics counters (or all counters)',
  async run([what], { node }) {
    if (what === 'all') return COUNTERS_ONLY_GROW;
    await node.clearMaxima();
    return '';
  },
};
