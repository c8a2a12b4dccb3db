/** Numbers of signals as Linux has them: what the engine reports of them are numbers, what people write are names. */
import { constants } from 'node:os';

/** Of Docker's table (moby/sys/signal); 32 and 33 belong to the C library. */
const FIRST_REALTIME = 34;
const LAST_REALTIME = 64;

const NUMBERS: ReadonlyMap<string, number> = new Map(Object.entries(constants.signals));

/**
 * @param text `SIGQUIT`, `quit`, `3`, `SIGRTMIN+3`, as STOPSIGNAL of a Dockerfile takes them
 * @returns null for what names no signal
 */
export function signalNumber(text: string): number | null {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const name = text.toUpperCase().replace(/^(SIG)?/, 'SIG');
  const realtime = /^SIG(RTMIN|RTMAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (realtime === null) return NUMBERS.get(name) ?? null;
  const [, from, sign, offset = '0'] = realtime;
  const steps = sign === '-' ? -Number(offset) : Number(offset);
  return (from === 'RTMIN' ? FIRST_REALTIME : LAST_REALTIME) + steps;
}
