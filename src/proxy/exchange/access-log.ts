import type { Clock } from '../../core/clock.js';
import { ERRORS, type ErrorCode } from '../../core/errors.js';
import type { ClientIdentity } from '../client/client-identity.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';

interface Facts {
  readonly slot: Slot;
  readonly identity: ClientIdentity;
  /** Of the first byte, on the monotonic clock. */
  readonly startedAt: number;
  /** When the instance had accepted, where that is measured; else 0. */
  readonly connectedAt: number;
  readonly bytesOut: number;
}

/** The facts of an HTTP exchange that are logged. */
export interface HttpFacts extends Facts {
  readonly head: { readonly method: string; readonly target: string; readonly minor: number; readonly host: string };
  /** When the head was here, if the request was served; else 0. */
  readonly headAt: number;
  /** When the head of the response was here; taken only while an access log is written, else 0. */
  readonly respondedAt: number;
  /** Of the answer that the client got; 0 before that. */
  readonly status: number;
}

/** How it came to its instance: Dispatch, as the log sees it. */
export interface RouteFacts {
  readonly retries: number;
  readonly lastInstance: { readonly id: string } | null;
  /** Time in the queue. */
  readonly waitedMs: number;
}

interface End {
  readonly now: number;
  /** Why it failed; null: it did not. */
  readonly code: ErrorCode | null;
}

/** Logs an exchange that has ended. A line that can't be made or written is lost; the request is served all the same. */
export function logAccess(facts: HttpFacts, route: RouteFacts, worker: WorkerContext, end: End): void {
  try {
    worker.accessLog?.(formatAccess(facts, route, worker.clock, end));
  } catch (error) {
    worker.onLogFault(error);
  }
}

/** The same for a connection of a TCP slot. */
export function logTcpAccess(facts: Facts, route: RouteFacts, worker: WorkerContext, code: ErrorCode | null): void {
  try {
    worker.accessLog?.(formatTcpAccess(facts, route, worker.clock, code));
  } catch (error) {
    worker.onLogFault(error);
  }
}

/**
 * One line of HAProxy's HTTP log (configuration manual, 8.2.3): client, slot, app/instance, Tq/Tw/Tc/Tr/Tt in
 * milliseconds, status, bytes, termination flags, connection counts, retries, request line.
 * Readers of that format read this one; what is not measured stands as -1, what is not captured as "-".
 */
function formatAccess(facts: HttpFacts, route: RouteFacts, clock: Clock, { now, code }: End): string {
  const { slot, head, identity, startedAt, headAt, connectedAt, respondedAt, status, bytesOut } = facts;
  const { retries, lastInstance, waitedMs } = route;
  const headMs = since(headAt, startedAt);
  const turnAt = headAt + waitedMs;
  const connectMs = connectedAt === 0 ? 0 : since(connectedAt, turnAt);
  const responseMs = since(respondedAt, connectedAt === 0 ? turnAt : connectedAt);
  const at = new Date(clock.wallTime() - (now - startedAt)).toISOString();
  const flags = code === null ? '----' : `${ERRORS[code].flags}--`;
  const request = head.target === '' ? '<BADREQ>' : `${head.method} ${head.target} HTTP/1.${head.minor}`;
  return (
    `${identity.source.address}:${identity.source.port} [${at}] slot:${slot.config.port} ${slot.app}/${lastInstance?.id ?? '<NOSRV>'} ` +
    `${headMs}/${Math.round(waitedMs)}/${connectMs}/${responseMs}/${Math.round(now - startedAt)} ${status === 0 ? -1 : status} ${bytesOut} - - ${flags} ` +
    `${slot.counters.openConnections}/${slot.counters.openConnections}/${slot.counters.inFlight}/0/${retries} ` +
    `${slot.queue.length}/0 {${head.host}} "${request.replaceAll('"', '%22')}"\n`
  );
}

/**
 * One line of HAProxy's TCP log (configuration manual, 8.2.2): client, slot, app/instance, Tw/Tc/Tt in milliseconds,
 * bytes, termination flags, connection counts, retries.
 */
function formatTcpAccess(facts: Facts, route: RouteFacts, clock: Clock, code: ErrorCode | null): string {
  const { slot, identity, startedAt, connectedAt, bytesOut } = facts;
  const { retries, lastInstance, waitedMs } = route;
  const lastedMs = clock.now() - startedAt;
  const at = new Date(clock.wallTime() - lastedMs).toISOString();
  const { openConnections, inFlight } = slot.counters;
  return (
    `${identity.source.address}:${identity.source.port} [${at}] slot:${slot.config.port} ${slot.app}/${lastInstance?.id ?? '<NOSRV>'} ` +
    `${Math.round(waitedMs)}/${since(connectedAt, startedAt + waitedMs)}/${Math.round(lastedMs)} ${bytesOut} ${code === null ? '--' : ERRORS[code].flags} ` +
    `${openConnections}/${openConnections}/${inFlight}/0/${retries} ${slot.queue.length}/0\n`
  );
}

function since(at: number, before: number): number {
  return at === 0 || before === 0 ? -1 : Math.max(0, Math.round(at - before));
}
