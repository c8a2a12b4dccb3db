import type { LogCounters } from '../metrics/counters.js';
import type { Problem } from '../model/problem.js';

/**
 * What is wrong with the access log, for the page. `status`, `doctor` and the state document have it beside their problems.
 * @param target as the option names it; null: there is none
 */
export function accessLogProblems(
  target: string | null,
  { lines, dropped, waiting, failure }: LogCounters,
): readonly Problem[] {
  if (target === null) return [];
  const file = target === '-' ? 'standard output' : target;
  const fate = waiting === 0 ? 'lines are lost' : `${waiting} lines wait`;
  const unwritten = problemAt(
    file,
    `the access log cannot be written, ${fate}: ${failure}`,
    'make room, or have the receiver back; beyond 4 MB in each worker lines are lost',
  );
  const lost = problemAt(
    file,
    `${dropped} of ${lines} lines of the access log were lost since the node started`,
    'the log of the node says why',
  );
  return [...(failure === null ? [] : [unwritten]), ...(dropped === 0 ? [] : [lost])];
}

function problemAt(file: string, message: string, hint: string): Problem {
  return { severity: 'warning', app: null, file, line: null, col: null, message, hint };
}
