/** What stands in the columns of each kind of row. What a node does not measure is not here. Pure. */
import { ERRORS, type ErrorCode } from '../../core/errors.js';
import { backendBytesIn, backendBytesOut, backendRequests, backendResponses } from '../../metrics/backend-share.js';
import type { SlotCounters } from '../../metrics/counters.js';
import type { Traffic } from '../../metrics/meter.js';
import { averageMs, longestMs, type RequestTimes, TIMES } from '../../metrics/request-times.js';
import { type BackendRow, isServing, type ServerRow } from './backends.js';
import type { ColumnName } from './columns.js';
import type { AppView } from './proxy-view.js';
import { checkDescriptionOf, checkHealthOf, statusOf } from './server-words.js';

/** null: empty. */
export type Value = string | number | null;

export interface Row {
  readonly kind: 'Frontend' | 'Backend' | 'Server';
  readonly proxyId: number;
  readonly id: number;
  readonly values: Partial<Readonly<Record<ColumnName, Value>>>;
}

/** HAProxy's numbers for the kinds of rows. */
const TYPES = { Frontend: 0, Backend: 1, Server: 2 } as const;

/** What a node never does, HAProxy counts as 0. */
const NEVER = { dresp: 0, comp_in: 0, comp_out: 0, comp_byp: 0, comp_rsp: 0, wrew: 0, cache_lookups: 0, cache_hits: 0 };
const NEVER_AT_SERVER = { dresp: 0, wrew: 0 };

export function frontendRowOf({ app, isBound, counters, traffic: { clients, requests: asked } }: AppView): Row {
  const { openConnections, clientLimit, connections, requests, bytesIn, bytesOut } = counters;
  const isHttp = app.protocol === 'http';
  return {
    ...{ kind: 'Frontend', proxyId: app.slot, id: 0 },
    values: {
      ...{ pxname: app.name, svname: 'FRONTEND', status: isBound ? 'OPEN' : 'STOP', mode: app.protocol },
      ...numbersOf(TYPES.Frontend, app.slot, 0),
      ...{ scur: openConnections, slim: clientLimit, stot: connections, conn_tot: connections },
      ...{ smax: clients.mostAtOnce, ...ratesOf(clients), rate_lim: 0 },
      ...{ conn_rate: clients.rate, conn_rate_max: clients.mostPerSecond },
      ...{ bin: bytesIn, bout: bytesOut },
      ...{ dreq: countOf(counters, ['FORBIDDEN']), ereq: requestErrorsOf(counters) },
      ...(isHttp && { ...responsesOf(counters.responses), req_tot: requests, h1sess: connections, h1req: requests }),
      ...(isHttp && { req_rate: asked.rate, req_rate_max: asked.mostPerSecond, ...NEVER }),
    },
  };
}

/** Of an app; of its neighbors only what is counted of the bleed. */
export function backendRowOf(backend: BackendRow): Row {
  const { name, id, view, servers, isBackup } = backend;
  const { app, counters } = view;
  const serving = servers.filter(isServing);
  const weight = serving.reduce((sum, server) => sum + server.weight, 0);
  return {
    ...{ kind: 'Backend', proxyId: id, id: 0 },
    values: {
      ...{ pxname: name, svname: 'BACKEND', status: serving.length > 0 ? 'UP' : 'DOWN', mode: app.protocol },
      ...numbersOf(TYPES.Backend, id, 0),
      ...{ act: serving.length, bck: 0, weight, uweight: weight },
      ...(isBackup
        ? { algo: 'roundrobin', stot: counters.bled, lbtot: counters.bled }
        : { algo: app.balance, cookie: app.stickyCookie, ...trafficOf(view) }),
    },
  };
}

function trafficOf({ app, counters, traffic }: AppView): Row['values'] {
  const isHttp = app.protocol === 'http';
  const { queued, inFlight, retries, redispatches, times } = counters;
  const { sent, bled, connects, reuses } = counters;
  const requests = backendRequests(counters);
  const begun = isHttp ? traffic.backend : traffic.clients;
  return {
    ...{ qcur: queued, qmax: traffic.mostQueued, scur: inFlight, smax: traffic.backend.mostAtOnce },
    ...{ ...ratesOf(begun), lastsess: sinceLastOf(begun) },
    ...{ stot: isHttp ? requests : counters.connections, lbtot: sent - bled },
    ...{ bin: backendBytesIn(counters), bout: backendBytesOut(counters) },
    ...{ connect: connects, reuse: reuses, ...timesOf(times) },
    econ: countOf(counters, ['CONNECT_FAILED', 'CONNECT_TIMEOUT', 'NO_INSTANCE', 'QUEUE_FULL', 'QUEUE_TIMEOUT']),
    eresp: countOf(counters, ['CLOSED_BEFORE_RESPONSE', 'MALFORMED_RESPONSE', 'RESPONSE_TIMEOUT']),
    cli_abrt: countOf(counters, GONE_CLIENTS),
    srv_abrt: countOf(counters, ['CLOSED_IN_RESPONSE', 'RESPONSE_STALLED']),
    ...{ wretr: retries, wredis: redispatches },
    ...(isHttp && NEVER),
    ...(isHttp && { ...responsesOf(backendResponses(counters)), req_tot: requests }),
  };
}

export function serverRowOf(server: ServerRow, backend: BackendRow): Row {
  const { app } = server.view;
  return {
    ...{ kind: 'Server', proxyId: backend.id, id: server.id },
    values: {
      ...{ pxname: backend.name, svname: server.name, status: statusOf(server), mode: app.protocol },
      ...numbersOf(TYPES.Server, backend.id, server.id),
      ...{ act: 1, bck: 0, weight: server.weight, uweight: server.weight, addr: server.address },
      ...checkValuesOf(server),
      ...countersOf(server),
    },
  };
}

/** What is in maintenance is not checked: its columns are empty, but for what was counted. */
function checkValuesOf(server: ServerRow): Row['values'] {
  const { check, state } = server;
  const { failures, downs, downMs, sinceMs, rise, fall, last } = check;
  const counted = { chkfail: failures, chkdown: downs, downtime: seconds(downMs) };
  if (state === 'maint') return { ...counted, lastchg: null };
  return {
    ...counted,
    lastchg: sinceMs === null ? null : seconds(sinceMs),
    ...{ check_rise: rise, check_fall: fall, check_health: checkHealthOf(server) },
    ...(last === null
      ? { check_status: 'INI', check_desc: 'Initializing' }
      : { check_status: last.code, check_desc: checkDescriptionOf(server) }),
    ...(last !== null && { check_code: last.status, check_duration: milliseconds(last.tookMs) }),
    last_chk: last === null || last.code === 'L4OK' ? null : last.detail,
  };
}

function countersOf({ counters, view: { app }, traffic }: ServerRow): Row['values'] {
  if (counters === null) return {};
  const limit = app.limits.connections;
  const { inFlight, requests, connections, connectFailures, responseFailures, idle } = counters;
  const { bytesIn, bytesOut, retries, redispatches, clientAborts, serverAborts, reuses, times, responses } = counters;
  return {
    ...{ scur: inFlight, stot: requests, lbtot: requests, econ: connectFailures, eresp: responseFailures },
    ...{ slim: limit === 0 ? null : limit, ...(traffic !== null && ratesOf(traffic)) },
    ...(traffic !== null && { smax: traffic.mostAtOnce, lastsess: sinceLastOf(traffic) }),
    ...{ connect: connections, reuse: reuses, srv_icur: idle, idle_conn_cur: idle, used_conn_cur: inFlight },
    ...NEVER_AT_SERVER,
    ...{ bin: bytesIn, bout: bytesOut, wretr: retries, wredis: redispatches },
    ...{ cli_abrt: clientAborts, srv_abrt: serverAborts, ...timesOf(times) },
    ...(app.protocol === 'http' && { ...responsesOf(responses), req_tot: requests }),
  };
}

function ratesOf({ rate, mostPerSecond }: Traffic): Row['values'] {
  return { rate, rate_max: mostPerSecond };
}

/** HAProxy's -1: there was none. */
function sinceLastOf({ sinceLastMs }: Traffic): number {
  return sinceLastMs === null ? -1 : seconds(sinceLastMs);
}

function timesOf(times: RequestTimes): Row['values'] {
  const { QUEUE, CONNECT, RESPONSE, TOTAL } = TIMES;
  const average = (kind: (typeof TIMES)[keyof typeof TIMES]): number => Math.round(averageMs(times, kind));
  const longest = (kind: (typeof TIMES)[keyof typeof TIMES]): number => Math.round(longestMs(times, kind));
  return {
    ...{ qtime: average(QUEUE), ctime: average(CONNECT), rtime: average(RESPONSE), ttime: average(TOTAL) },
    ...{
      qtime_max: longest(QUEUE),
      ctime_max: longest(CONNECT),
      rtime_max: longest(RESPONSE),
      ttime_max: longest(TOTAL),
    },
  };
}

function numbersOf(type: number, iid: number, sid: number): Row['values'] {
  return { pid: 1, iid, sid, type };
}

const GONE_CLIENTS: readonly ErrorCode[] = ['CLIENT_ABORTED', 'RESPONSE_UNREAD'];

/** Requests that failed by their client before they were whole. */
function requestErrorsOf(counters: SlotCounters): number {
  const codes = (Object.keys(counters.errors) as ErrorCode[]).filter(
    (code) => ERRORS[code].side === 'client' && code !== 'FORBIDDEN' && !GONE_CLIENTS.includes(code),
  );
  return countOf(counters, codes);
}

function countOf({ errors }: SlotCounters, codes: readonly ErrorCode[]): number {
  return codes.reduce((sum, code) => sum + (errors[code] ?? 0), 0);
}

function responsesOf(responses: readonly number[]): Row['values'] {
  const [other = 0, one = 0, two = 0, three = 0, four = 0, five = 0] = responses;
  return { hrsp_1xx: one, hrsp_2xx: two, hrsp_3xx: three, hrsp_4xx: four, hrsp_5xx: five, hrsp_other: other };
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

function milliseconds(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}
