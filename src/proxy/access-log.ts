import { ERRORS, type ErrorCode } from '../core/errors.js';
import type { Downstream } from './downstream.js';

/** When each step of an exchange was done, on the monotonic clock; taken only while an access log is written. */
export interface AccessTimes {
  headAt: number;
  connectedAt: number;
  respondedAt: number;
  instance: string;
}

export function createAccessTimes(): AccessTimes {
  return { headAt: 0, connectedAt: 0, respondedAt: 0, instance: '' };
}

/**
 * One line of HAProxy's HTTP log (configuration manual, 8.2.3): client, slot, app/instance, Tq/Tw/Tc/Tr/Tt in
 * milliseconds, status, bytes, termination flags, connection counts, retries, request line.
 * Readers of that format read this one; what is not measured stands as -1, what is not captured as "-".
 */
export function formatAccess(
  downstream: Downstream,
  exchange: { readonly startedAt: number; readonly times: AccessTimes },
  now: number,
  status: number,
  bytesOut: number,
  code: ErrorCode | null,
  retries: number,
): string {
  const { slot, head, clientAddress, clientPort, worker } = downstream;
  const { times, startedAt } = exchange;
  const headMs = since(times.headAt, startedAt);
  const connectMs = times.connectedAt === 0 ? 0 : since(times.connectedAt, times.headAt);
  const responseMs = since(times.respondedAt, Math.max(times.connectedAt, times.headAt));
  const at = new Date(worker.clock.wallTime() - (now - startedAt)).toISOString();
  const flags = code === null ? '----' : `${ERRORS[code].flags}--`;
  const request = head.method === '' ? '<BADREQ>' : `${head.method} ${head.target} HTTP/1.${head.minor}`;
  const line =
    `${clientAddress}:${clientPort} [${at}] slot:${slot.config.port} ${slot.app}/${times.instance || '<NOSRV>'} ` +
    `${headMs}/0/${connectMs}/${responseMs}/${Math.round(now - startedAt)} ${status === 0 ? -1 : status} ${bytesOut} - - ${flags} ` +
    `${slot.counters.openConnections}/${slot.counters.openConnections}/${slot.counters.inFlight}/0/${retries} ` +
    `${slot.queue.length}/0 {${head.host}} "${request.replaceAll('"', '%22')}"\n`;
  times.headAt = 0;
  times.connectedAt = 0;
  times.respondedAt = 0;
  times.instance = '';
  return line;
}

function since(at: number, before: number): number {
  return at === 0 || before === 0 ? -1 : Math.max(0, Math.round(at - before));
}
