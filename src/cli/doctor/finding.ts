import type { DoctorFacts } from './facts.js';

/** The worst comes last. */
export const VERDICTS = ['ok', 'unknown', 'warn', 'bad'] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Finding {
  readonly verdict: Verdict;
  /** What was looked at, and what was seen there. */
  readonly text: string;
  /** What to do; null: nothing. */
  readonly todo: string | null;
}

/** One thing that usually goes wrong. */
export interface DoctorCheck {
  readonly name: string;
  /** Looks, and changes nothing. At least one finding; what it can't tell is `unknown`. */
  readonly look: (facts: DoctorFacts) => Promise<readonly Finding[]>;
}

export function ok(text: string): Finding {
  return { verdict: 'ok', text, todo: null };
}

export function unknown(text: string, todo: string | null = null): Finding {
  return { verdict: 'unknown', text, todo };
}

export function warn(text: string, todo: string): Finding {
  return { verdict: 'warn', text, todo };
}

export function bad(text: string, todo: string): Finding {
  return { verdict: 'bad', text, todo };
}
