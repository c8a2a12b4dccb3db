import { ERRORS, type ErrorCode } from '../../core/errors.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';

/** Tells the operator which instance sent a response that the codec refused, and why; the client only gets a 502. */
export function logMalformedResponse(
  { log }: WorkerContext,
  { app }: Slot,
  { id }: Instance,
  problem: ErrorCode,
): void {
  log.warn({ app, instance: id, problem, reason: ERRORS[problem].text }, 'malformed response');
}
