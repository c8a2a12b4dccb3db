/** What the families of HAProxy's exporter have alike, in its words. */
import { ERRORS, type ErrorCode } from '../../core/errors.js';
import { type Emit, type Family, type LabelValue, labelValue } from './family.js';
import type { AppView, ExpositionView, InstanceView } from './view.js';

export type HaproxyFamily = Family<ExpositionView>;
export type Type = 'counter' | 'gauge';

const CODES = [1, 2, 3, 4, 5].map((digit) => ({ digit, kind: labelValue('code', `${digit}xx`) }));
const OTHER_CODES = labelValue('code', 'other');
export const CHECK_STATES = [
  ...['HANA', 'SOCKERR', 'L4OK', 'L4TOUT', 'L4CON', 'L6OK', 'L6TOUT', 'L6RSP', 'L7TOUT', 'L7RSP', 'L7OK', 'L7OKC'],
  ...['L7STS', 'PROCERR', 'PROCTOUT', 'PROCOK'],
].map((state) => labelValue('state', state));
export const SERVER_STATES = ['DOWN', 'UP', 'MAINT', 'DRAIN', 'NOLB'].map((state) => labelValue('state', state));
export const PROXY_STATES = ['DOWN', 'UP'].map((state) => labelValue('state', state));

export function emitCodes(labels: string, responses: readonly number[], emit: Emit): void {
  for (const { digit, kind } of CODES) emit(labels, responses[digit] ?? 0, kind);
  emit(labels, responses[0] ?? 0, OTHER_CODES);
}

export function emitStates(
  labels: string,
  states: readonly LabelValue[],
  countOf: (state: string) => number,
  emit: Emit,
): void {
  for (const state of states) emit(labels, countOf(state.value), state);
}

/** As HAProxy's exporter decides it. */
export function stateOf({ up, state }: Pick<InstanceView, 'up' | 'state'>): string {
  if (state === 'maint') return 'MAINT';
  if (!up) return 'DOWN';
  return state === 'drain' ? 'DRAIN' : 'UP';
}

export function countErrors({ counters }: AppView, isMeant: (code: ErrorCode) => boolean): number {
  let count = 0;
  for (const [code, times] of Object.entries(counters.errors)) if (isMeant(code as ErrorCode)) count += times;
  return count;
}

export const DENIED = new Set<ErrorCode>(['FORBIDDEN', 'PROXY_HEADER_REFUSED']);
export const ABORTED = new Set<ErrorCode>(['CLIENT_ABORTED', 'RESPONSE_UNREAD']);

export function isRequestError(code: ErrorCode): boolean {
  return ERRORS[code]?.side === 'client' && !DENIED.has(code) && !ABORTED.has(code);
}

export function ofApps(
  name: string,
  type: Type,
  help: string,
  write: (app: AppView, emit: Emit) => void,
): HaproxyFamily {
  return {
    name: `haproxy_${name}`,
    type,
    help,
    write: ({ apps }, emit) => {
      for (const app of apps) write(app, emit);
    },
  };
}

export function ofServers(
  name: string,
  type: Type,
  help: string,
  write: (instance: InstanceView, emit: Emit) => void,
): HaproxyFamily {
  return {
    name: `haproxy_server_${name}`,
    type,
    help,
    write: ({ instances }, emit) => {
      for (const instance of instances) write(instance, emit);
    },
  };
}

export const WORDS = {
  sessions: 'Number of current sessions on the frontend, backend or server',
  mostSessions: 'Highest value of current sessions encountered since process started',
  rate: 'Total number of sessions processed by this object over the last second (sessions for listeners/frontends, requests for backends/servers)',
  mostPerSecond: 'Highest value of sessions per second observed since the worker process started',
  limit: "Frontend/listener/server's maxconn, backend's fullconn",
  total: 'Total number of sessions since process started',
  bytesIn: 'Total number of request bytes since process started',
  bytesOut: 'Total number of response bytes since process started',
  status: 'Current status of the service, per state label value.',
  responses:
    'Total number of HTTP responses with status 100-199 returned by this object since the worker process started',
  requests: 'Total number of HTTP requests processed by this object since the worker process started',
} as const;
