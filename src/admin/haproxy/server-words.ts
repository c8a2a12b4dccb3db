/** The words and numbers in which HAProxy says how a server is. Pure. */
import type { ServerRow } from './backends.js';

/** What HAProxy writes beside a code, and its number in `show servers state`. */
const CHECK_STATUSES: ReadonlyMap<string, { readonly number: number; readonly description: string }> = new Map([
  ['HANA', { number: 4, description: 'Health analyze' }],
  ['SOCKERR', { number: 5, description: 'Socket error' }],
  ['L4OK', { number: 6, description: 'Layer4 check passed' }],
  ['L4TOUT', { number: 7, description: 'Layer4 timeout' }],
  ['L4CON', { number: 8, description: 'Layer4 connection problem' }],
  ['L7TOUT', { number: 12, description: 'Layer7 timeout' }],
  ['L7RSP', { number: 13, description: 'Layer7 invalid response' }],
  ['L7OK', { number: 15, description: 'Layer7 check passed' }],
  ['L7STS', { number: 17, description: 'Layer7 wrong status' }],
]);
/** No check has ended yet. */
const INITIALIZING = 1;

/** `UP`, `UP 2/3`, `DOWN 1/2`, `DRAIN`, `MAINT`: the numbers say how far it is on its way to the other health. */
export function statusOf({ state, isUp, check }: ServerRow): string {
  if (state === 'maint') return 'MAINT';
  if (!isUp) return check.health === 'down' && check.contrary > 0 ? `DOWN ${check.contrary}/${check.rise}` : 'DOWN';
  const word = state === 'drain' ? 'DRAIN' : 'UP';
  return check.contrary > 0 ? `${word} ${check.fall - check.contrary}/${check.fall}` : word;
}

/** HAProxy's counter of a server's health: 0 to rise - 1 is down, rise to rise + fall - 1 is up. */
export function checkHealthOf({ isUp, check }: ServerRow): number {
  const { rise, fall, contrary, health } = check;
  if (!isUp) return health === 'down' ? contrary : 0;
  return rise + fall - 1 - contrary;
}

export function checkDescriptionOf({ check }: ServerRow): string | null {
  return CHECK_STATUSES.get(check.last?.code ?? '')?.description ?? null;
}

export function checkNumberOf({ check }: ServerRow): number {
  if (check.last === null) return INITIALIZING;
  return CHECK_STATUSES.get(check.last.code ?? '')?.number ?? 0;
}

/** 0: unknown, 2: failed, 3: passed. */
export function checkResultOf({ check }: ServerRow): number {
  if (check.last === null) return 0;
  return check.last.ok ? 3 : 2;
}
