/** Weight and administrative state of an instance as people write them: in a file, a meta, a tag or a label. */
import { ADMIN_STATES, type AdminState } from '../model/app.js';

/** HAProxy's scale: 0 takes nothing new. */
export const MAX_WEIGHT = 256;

/** Blanks around the number do not count. @returns null for all that is not a whole number from 0 to 256 */
export function weightFromText(text: string): number | null {
  const digits = text.trim();
  return /^\d{1,3}$/.test(digits) && Number(digits) <= MAX_WEIGHT ? Number(digits) : null;
}

/** In any case; blanks around the word do not count. @returns null for all that is not `ready`, `drain` or `maint` */
export function stateFromText(text: string): AdminState | null {
  const written = text.trim().toLowerCase();
  return ADMIN_STATES.find((state) => state === written) ?? null;
}

/** The warning for an unreadable word. The instance stays: nobody asked for it to go. */
export interface UnreadWord {
  readonly message: string;
  readonly hint: string;
}

/**
 * @param written as it stands there, quoted or described, safe to print
 * @param counts what counts in its place, such as `"50, its last good one,"` or `the default 100`
 */
export function unreadWeight(written: string, counts: string): UnreadWord {
  return {
    message: `the weight ${written} is invalid; ${counts} applies`,
    hint: `write a whole number from 0 to ${MAX_WEIGHT}`,
  };
}

export function unreadState(written: string, counts: string): UnreadWord {
  return {
    message: `the state ${written} is invalid; ${counts} applies`,
    hint: `write ${ADMIN_STATES.join(' or ')}`,
  };
}
