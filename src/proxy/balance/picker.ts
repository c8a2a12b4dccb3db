import type { Random } from '../../core/clock.js';
import type { Candidate } from './candidate.js';

/** The request, as a policy sees it. */
export interface PickRequest<C extends Candidate> {
  /** The client's address, for `source`. */
  readonly clientAddress: string;
  /** Instances that failed this request already; null in all but few requests. */
  readonly tried: readonly C[] | null;
}

/** One policy for one slot. Policies are siblings: each passes the same suite. */
export interface Picker<C extends Candidate> {
  /**
   * Takes a new set of usable instances with their present weights (slow start changes them over time).
   * @param weights of the same length, all above zero.
   */
  rebuild(instances: readonly C[], weights: readonly number[]): void;
  /** @returns an instance with room that has not been tried, or null when there is none. */
  pick(request: PickRequest<C>): C | null;
  /** @returns the one that the policy waits for, with room or without; null when any will do. */
  only(request: PickRequest<C>): C | null;
}

export interface PickerOptions {
  readonly random: Random;
  /** Place of this worker: rotations of different workers start at different instances. */
  readonly offset: number;
}

export function isEligible<C extends Candidate>(candidate: C, request: PickRequest<C>): boolean {
  return candidate.inFlight < candidate.limit && (request.tried === null || !request.tried.includes(candidate));
}
