/** What `autoproxy doctor` prints. Pure. */
import { escapeText } from '../../model/problem.js';
import { wrapLine } from '../line-wrap.js';
import type { Paint, Style } from '../terminal.js';
import { type Finding, VERDICTS, type Verdict } from './finding.js';

/** Of a check; fields are only ever added. */
export interface DoctorRow extends Finding {
  readonly check: string;
}

const STYLES: Readonly<Record<Verdict, Style>> = { ok: 'green', unknown: 'dim', warn: 'yellow', bad: 'red' };

const VERDICT_WIDTH = 8;

export function worstOf(rows: readonly DoctorRow[]): Verdict {
  return VERDICTS[Math.max(0, ...rows.map(({ verdict }) => VERDICTS.indexOf(verdict)))] ?? 'ok';
}

/** The worst comes last: that is what stands above the prompt. */
export function formatDoctor(
  rows: readonly DoctorRow[],
  { paint, width }: { readonly paint: Paint; readonly width: number },
): string[] {
  const checkWidth = Math.max(0, ...rows.map(({ check }) => check.length));
  const start = VERDICT_WIDTH + checkWidth + 2;
  const sorted = [...rows].sort((a, b) => VERDICTS.indexOf(a.verdict) - VERDICTS.indexOf(b.verdict));
  const lines = sorted.flatMap(({ check, verdict, text, todo }) => [
    ...wrapLine(
      `${paint(STYLES[verdict], verdict.padEnd(VERDICT_WIDTH))}${check.padEnd(checkWidth)}  ${escapeText(text)}`,
      width,
      start,
    ),
    ...(todo === null ? [] : wrapLine(`${' '.repeat(start)}→ ${escapeText(todo)}`, width, start + 2)),
  ]);
  const counts = VERDICTS.map((verdict) => `${rows.filter((row) => row.verdict === verdict).length} ${verdict}`);
  return [...lines, '', counts.join(', ')];
}
