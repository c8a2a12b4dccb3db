/** What HAProxy's BACKEND rows count of an app: the requests that it gives to a backend. Pure. */
import type { SlotCounters } from './counters.js';

/** A worker of an older program does not say whom it turned away. */
type Counted = Pick<SlotCounters, 'requests' | 'responses'> & Partial<Pick<SlotCounters, 'turnedAway'>>;

export function backendRequests({ requests, turnedAway = [] }: Counted): number {
  return requests - turnedAway.reduce((sum, count) => sum + count, 0);
}

/** By first digit, as `responses`. */
export function backendResponses({ responses, turnedAway = [] }: Counted): readonly number[] {
  return responses.map((count, digit) => count - (turnedAway[digit] ?? 0));
}
