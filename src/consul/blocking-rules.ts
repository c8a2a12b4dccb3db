/**
 * What a client of Consul's blocking queries has to do, as pure rules. The first three and the rate limit are those of
 * Consul's documentation ("Blocking Queries", implementation details); each of them stands for outages of others.
 */
import type { Random } from '../core/clock.js';

/** The server answers after `wait` and up to a sixteenth of it more; the rest is for the way there and back. */
const DEADLINE_MARGIN_MS = 1_000;

/** A change is asked for at once, a storm of wake-ups is not followed: so many queries at once, then so many a second. */
const BURST = 8;
const QUERIES_PER_SECOND = 4;
/** Of a query behind an answer that brought something new: a deployment goes on in steps, and each is wanted soon. */
const COST_AFTER_NEWS = 0.3;

/** A short outage is over soon after its end: within this time a fallen Consul is noticed to be back. */
const MIN_RETRY_MS = 1_500;
const MAX_RETRY_MS = 30_000;
/** After a long outage the whole fleet comes back: it is spread over this part of the time that it was gone. */
const RETRY_SHARE_OF_OUTAGE = 1 / 20;

type IndexVerdict =
  /** Ask with this index next. */
  | { readonly kind: 'onward'; readonly index: number }
  /** Consul's state was replaced, or another server knows less: forget the index, and doubt the answer. */
  | { readonly kind: 'backwards'; readonly index: 0 };

/**
 * An index that goes back starts again from 0: with the old one the client would wait until the new state has caught up.
 * An index below 1 would not block, and the client would ask without a pause.
 * @param asked the index of the query; 0: it did not block
 * @param answered X-Consul-Index of the answer
 */
export function judgeIndex(asked: number, answered: number): IndexVerdict {
  const index = Number.isSafeInteger(answered) && answered >= 1 ? answered : 1;
  return index < asked ? { kind: 'backwards', index: 0 } : { kind: 'onward', index };
}

/** When the client gives a query up by itself: a link that was lost says nothing. */
export function clientDeadlineMs(waitMs: number): number {
  return waitMs + waitMs / 16 + DEADLINE_MARGIN_MS;
}

/** Queries that may still go at once; a fraction while they grow back. */
export interface QueryBudget {
  readonly left: number;
  /** Monotonic, ms. */
  readonly at: number;
}

export function fullBudget(now: number): QueryBudget {
  return { left: BURST, at: now };
}

/**
 * Takes one query out of the budget.
 * @param isAfterNews the last answer brought something new
 * @returns how long it has to wait for its turn, with jitter
 */
export function takeQuery(
  budget: QueryBudget,
  isAfterNews: boolean,
  now: number,
  random: Random,
): { readonly budget: QueryBudget; readonly pauseMs: number } {
  const left =
    Math.min(BURST, budget.left + ((now - budget.at) / 1_000) * QUERIES_PER_SECOND) -
    (isAfterNews ? COST_AFTER_NEWS : 1);
  const missing = Math.max(0, -left);
  const pauseMs = (missing / QUERIES_PER_SECOND) * 1_000 * (0.9 + random() * 0.2);
  return { budget: { left, at: now }, pauseMs };
}

/**
 * How long to wait after a failure. Short at first; in an outage that goes on the delay is a share of its length, at most
 * 30 s, spread over its upper half. So what was gone for half a minute is back in use after a second or two.
 * @param outageMs since the last success
 */
export function retryDelayMs(outageMs: number, random: Random): number {
  const limitMs = Math.min(MAX_RETRY_MS, Math.max(MIN_RETRY_MS, outageMs * RETRY_SHARE_OF_OUTAGE));
  return limitMs / 2 + (random() * limitMs) / 2;
}
