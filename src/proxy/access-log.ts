import type { Clock } from '../core/clock.js';
import { ERRORS, type ErrorCode } from '../core/errors.js';
import type { Downstream } from './downstream.js';
import type { ExchangeBooks } from './exchange-books.js';
import type { WorkerContext } from './node-context.js';
import type { TcpDownstream } from './tcp-downstream.js';

/** Logs an exchange that has ended. A line that can't be made or written costs the line, and nothing of what is served. */
export function logAccess(downstream: Downstream, books: ExchangeBooks, now: number, code: ErrorCode | null): void {
  const { worker } = downstream;
  try {
    worker.accessLog?.(formatAccess(downstream, books, now, code));
  } catch (error) {
    worker.onLogFault(error);
  }
}

/** The same for a connection of a TCP slot. */
export function logTcpAccess(downstream: TcpDownstream, worker: WorkerContext, code: ErrorCode | null): void {
  try {
    worker.accessLog?.(formatTcpAccess(downstream, worker.clock, code));
  } catch (error) {
    worker.onLogFault(error);
  }
}

/**
 * One line of HAProxy's HTTP log (configuration manual, 8.2.3): client, slot, app/instance, Tq/Tw/Tc/Tr/Tt in
 * milliseconds, status, bytes, termination flags, connection counts, retries, request line.
 * Readers of that format read this one; what is not measured stands as -1, what is not captured as "-".
 */
function formatAccess(downstream: Downstream, books: ExchangeBooks, now: number, code: ErrorCode | null): string {
  const { slot, head, identity, worker, exchange } = downstream;
  const { startedAt, headAt, connectedAt, respondedAt, status, bytesOut } = books;
  const { retries, lastInstance, waitedMs } = exchange;
  const headMs = since(headAt, startedAt);
  const turnAt = headAt + waitedMs;
  const connectMs = connectedAt === 0 ? 0 : since(connectedAt, turnAt);
  const responseMs = since(respondedAt, connectedAt === 0 ? turnAt : connectedAt);
  const at = new Date(worker.clock.wallTime() - (now - startedAt)).toISOString();
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
function formatTcpAccess(
  { slot, identity, startedAt, connectedAt, bytesOut, dispatch }: TcpDownstream,
  clock: Clock,
  code: ErrorCode | null,
): string {
  const { retries, lastInstance, waitedMs } = dispatch;
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
