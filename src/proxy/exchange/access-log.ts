import type { AccessFacts } from '../../access-log/facts.js';
import { ERRORS, type ErrorCode } from '../../core/errors.js';
import type { ClientIdentity } from '../client/client-identity.js';
import type { Instance } from '../slot/instance.js';
import type { Slot } from '../slot/slot.js';
import type { WorkerContext } from '../slot/worker-context.js';

/** From here on an answer counts as failed, and is logged also where `log_sample` leaves others out. */
const FAILED_STATUS = 500;

interface Facts {
  /** Of the first byte, on the monotonic clock. */
  readonly startedAt: number;
  /** When the instance had accepted, where that is measured; else 0. */
  readonly connectedAt: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** The facts of an HTTP exchange that are logged. */
export interface HttpFacts extends Facts {
  readonly head: {
    readonly method: string;
    readonly target: string;
    readonly minor: number;
    readonly host: string;
    readonly block: string;
    readonly cookie: string;
  };
  /** When the head was here; 0 if it could not be read. */
  readonly headAt: number;
  /** Empty where the app asks for none. */
  readonly traceId: string;
  readonly requestId: string;
  /** An instance got the request, over a new connection or a kept one. */
  readonly isSent: boolean;
  /** When the head of the response was here; 0: an instance gave none. */
  readonly respondedAt: number;
  readonly responseHead: string;
  /** Of the answer that the client got; 0 before that. */
  readonly status: number;
}

/** Whose it is, and how it came to its instance: Dispatch, as the log sees it. */
interface Route {
  readonly slot: Slot;
  readonly client: { readonly identity: ClientIdentity };
  readonly retries: number;
  readonly isRedispatched: boolean;
  /** The instance that has it still. */
  readonly instance: Instance | null;
  readonly lastInstance: Instance | null;
  /** The instance that the client's cookie names; empty for none. */
  readonly stickyId: string;
  /** Time in the queue. */
  readonly waitedMs: number;
  /** How many waited before it; -1: it did not wait. */
  readonly queuedBehind: number;
}

/** The same of an HTTP request. */
export interface HttpRoute extends Route {
  readonly client: {
    readonly identity: ClientIdentity;
    readonly handshakeMs: number;
    /** From when on the connection had nothing to do: the handshake or the response before. */
    readonly idleSince: number;
  };
}

/** Logs an exchange that has ended. A line that can't be made or written is lost; the request is served all the same. */
export function logAccess(
  books: HttpFacts,
  route: HttpRoute,
  worker: WorkerContext,
  code: ErrorCode | null,
  now: number,
): void {
  const { accessLog } = worker;
  if (accessLog === null) return;
  const { logSample } = route.slot.config;
  const isFailed = code !== null || books.status >= FAILED_STATUS;
  if (logSample > 1 && !isFailed && !route.slot.logTurns.take(logSample)) return;
  try {
    const { facts } = accessLog;
    facts.sample = isFailed ? 1 : logSample;
    fillCommon(facts, books, route, worker, code, now);
    fillHttp(facts, books, route, now);
    accessLog.log();
  } catch (error) {
    worker.onLogFault(error);
  }
}

/** The same for a connection of a TCP slot. */
export function logTcpAccess(books: Facts, route: Route, worker: WorkerContext, code: ErrorCode | null): void {
  const { accessLog } = worker;
  if (accessLog === null) return;
  const { logSample } = route.slot.config;
  if (logSample > 1 && code === null && !route.slot.logTurns.take(logSample)) return;
  try {
    const { facts } = accessLog;
    facts.sample = code === null ? logSample : 1;
    fillCommon(facts, books, route, worker, code, worker.clock.now());
    fillTcp(facts, books, route);
    accessLog.log();
  } catch (error) {
    worker.onLogFault(error);
  }
}

/** As HAProxy counts, the connection that is logged is one of those that are open; the request that has ended is not. */
function fillCommon(
  facts: AccessFacts,
  { startedAt, bytesIn, bytesOut }: Facts,
  route: Route,
  { clock, clients }: WorkerContext,
  code: ErrorCode | null,
  now: number,
): void {
  const { source, destination } = route.client.identity;
  const { slot, lastInstance, retries, queuedBehind } = route;
  facts.app = slot.app;
  facts.slot = slot.config.port;
  facts.clientAddress = source.address;
  facts.clientPort = source.port;
  facts.frontAddress = destination === null ? slot.node.bind : destination.address;
  facts.frontPort = destination === null ? slot.config.port : destination.port;
  facts.instance = lastInstance === null ? '' : lastInstance.id;
  facts.instanceAddress = lastInstance === null ? '' : lastInstance.host;
  facts.instancePort = lastInstance === null ? 0 : lastInstance.port;
  const ownRequest = route.instance === null ? 0 : 1;
  facts.instanceRequests = lastInstance === null ? 0 : lastInstance.inFlight - ownRequest;
  facts.endedAt = clock.wallTime();
  facts.activeMs = Math.round(now - startedAt);
  facts.startedAt = facts.endedAt - (now - startedAt);
  facts.queueMs = lastInstance === null && queuedBehind === -1 ? -1 : Math.round(route.waitedMs);
  facts.bytesIn = bytesIn;
  facts.bytesOut = bytesOut;
  facts.flags = code === null ? '--' : ERRORS[code].flags;
  facts.workerConnections = clients.clients;
  facts.slotConnections = slot.counters.openConnections;
  facts.retries = retries;
  facts.isRedispatched = route.isRedispatched;
  const isBound = route.stickyId !== '';
  facts.instanceQueue = isBound && queuedBehind > 0 ? queuedBehind : 0;
  facts.slotQueue = !isBound && queuedBehind > 0 ? queuedBehind : 0;
}

function fillHttp(facts: AccessFacts, books: HttpFacts, route: HttpRoute, now: number): void {
  const { slot } = route;
  const { handshakeMs, idleSince } = route.client;
  const { head, startedAt, headAt, connectedAt, respondedAt, isSent } = books;
  const turnAt = headAt + route.waitedMs;
  const sentAt = connectedAt === 0 ? turnAt : connectedAt;
  facts.isHttp = true;
  facts.handshakeMs = handshakeMs;
  facts.idleMs = Math.max(0, Math.round(startedAt - idleSince));
  facts.headMs = headAt === 0 ? -1 : Math.round(headAt - startedAt);
  facts.connectMs = isSent ? Math.max(0, Math.round(sentAt - turnAt)) : -1;
  facts.responseMs = isSent && respondedAt !== 0 ? Math.max(0, Math.round(respondedAt - sentAt)) : -1;
  facts.transferMs = isSent && respondedAt !== 0 ? Math.max(0, Math.round(now - respondedAt)) : -1;
  facts.cookieFlags = slot.bindings.cookie === null || headAt === 0 ? '--' : cookieFlags(books, route);
  facts.slotRequests = slot.counters.inFlight;
  facts.status = books.status;
  const isRead = headAt !== 0;
  facts.method = isRead ? head.method : '';
  facts.target = isRead ? head.target : '';
  facts.minor = head.minor;
  facts.host = isRead ? head.host : '';
  facts.requestHead = isRead ? head.block : '';
  facts.traceId = books.traceId;
  facts.requestId = books.requestId;
  facts.responseHead = books.responseHead;
}

function fillTcp(facts: AccessFacts, { startedAt, connectedAt }: Facts, { slot, waitedMs }: Route): void {
  facts.isHttp = false;
  facts.handshakeMs = 0;
  facts.idleMs = 0;
  facts.headMs = -1;
  facts.connectMs = connectedAt === 0 ? -1 : Math.max(0, Math.round(connectedAt - startedAt - waitedMs));
  facts.responseMs = -1;
  facts.transferMs = connectedAt === 0 ? -1 : Math.round(facts.activeMs - (connectedAt - startedAt));
  facts.cookieFlags = '--';
  // It is still counted itself.
  facts.slotRequests = slot.counters.inFlight - 1;
  facts.status = 0;
  facts.method = '';
  facts.target = '';
  facts.host = '';
  facts.traceId = '';
  facts.requestId = '';
  facts.requestHead = '';
  facts.responseHead = '';
}

/**
 * The third flag: the client's cookie is None, Valid, of an instance that is Down, or Invalid. The fourth: a cookie was
 * Inserted, or None.
 */
function cookieFlags({ head, respondedAt }: HttpFacts, { slot, stickyId, lastInstance }: Route): string {
  const { cookie } = slot.bindings;
  if (cookie === null) return '--';
  const isInserted = respondedAt !== 0 && lastInstance?.isNeighbor === false && lastInstance.stickyId !== stickyId;
  const bound = slot.bindings.instanceOf(stickyId);
  const brought = bound === null ? (cookie.isIn(head.cookie) ? 'I' : 'N') : bound.isStickyUsable ? 'V' : 'D';
  return brought + (isInserted ? 'I' : 'N');
}
