/** What HAProxy's BACKEND rows count of an app: the requests that it gives to a backend. Pure. */
import type { SlotCounters } from './counters.js';

type TurnedAway = 'turnedAway' | 'turnedAwayBytesIn' | 'turnedAwayBytesOut';
/** A worker of an older program does not say whom it turned away. */
type Counted<Name extends keyof SlotCounters, Away extends TurnedAway> = Pick<SlotCounters, Name> &
  Partial<Pick<SlotCounters, Away>>;

export function backendRequests({ requests, turnedAway = [] }: Counted<'requests', 'turnedAway'>): number {
  return requests - turnedAway.reduce((sum, count) => sum + count, 0);
}

/** By first digit, as `responses`. */
export function backendResponses({
  responses,
  turnedAway = [],
}: Counted<'responses', 'turnedAway'>): readonly number[] {
  return responses.map((count, digit) => count - (turnedAway[digit] ?? 0));
}

export function backendBytesIn({ bytesIn, turnedAwayBytesIn = 0 }: Counted<'bytesIn', 'turnedAwayBytesIn'>): number {
  return bytesIn - turnedAwayBytesIn;
}

export function backendBytesOut({
  bytesOut,
  turnedAwayBytesOut = 0,
}: Counted<'bytesOut', 'turnedAwayBytesOut'>): number {
  return bytesOut - turnedAwayBytesOut;
}
