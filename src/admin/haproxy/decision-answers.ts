import type { StatsOutcome } from './stats-node.js';

export const NEIGHBOR = 'A neighbor is another node: change its servers there.\n';

/** Nothing, as HAProxy, where all is well. */
export function outcomeText(outcome: StatsOutcome): string {
  if (!outcome.ok) return `${outcome.message}\n`;
  return outcome.saved ? '' : `In force, and not saved: ${outcome.reason ?? 'see the log of the node'}.\n`;
}
