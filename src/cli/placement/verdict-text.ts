/** How a rollout goes on, and how it ended, for people. */
import { appOf, nameOf } from '../../placement/plan.js';
import type { RolloutEnd, RolloutListener } from '../../placement/rollout.js';
import { countOf } from '../count-text.js';
import { EXIT_CODES } from '../exit-codes.js';

export const VERDICT_CODES = {
  done: EXIT_CODES.done,
  'rolled-back': EXIT_CODES.rolledBack,
  failed: EXIT_CODES.failed,
  overtaken: EXIT_CODES.failed,
  deadline: EXIT_CODES.deadline,
} as const;

/** @param warn for what keeps it waiting */
export function progressLines(print: (line: string) => void, warn: (line: string) => void): RolloutListener {
  return {
    onSilence(reason) {
      warn(silenceLine(reason));
    },
    onProgress(step, { kind, running, wanted, reason }) {
      const words = kind === 'busy' ? '' : `, ${kind}`;
      print(
        `${nameOf(step)}: ${running} of ${countOf(wanted, 'task')} run${words}${reason === '' ? '' : ` (${reason})`}`,
      );
    },
  };
}

export function silenceLine(reason: string): string {
  return `autoproxy: the manager is asked again until the end of --timeout: ${reason}`;
}

export function verdictLines({ kind, step, reason, left }: RolloutEnd): readonly string[] {
  const name = step === null ? '' : nameOf(step);
  const words = {
    done: '',
    'rolled-back':
      reason === ''
        ? 'the service was rolled back to the version before; no failed task is known, so somebody may have done it by hand'
        : 'the new version failed, and the service was rolled back to the one before',
    failed: 'the tasks do not run',
    overtaken: 'it is not what was applied',
    deadline: 'it is not done in time, and goes on',
  }[kind];
  const lines = [`autoproxy: ${name}: ${words}${reason === '' ? '' : `: ${reason}`}`];
  if (left.length > 0) lines.push(`  not begun: ${left.map(nameOf).join(', ')}`);
  if (step !== null && kind === 'overtaken')
    lines.push(
      `  → autoproxy plan ${appOf(step)} shows what is there, autoproxy apply ${appOf(step)} makes it what the definition says`,
    );
  else if (step !== null && kind !== 'deadline') lines.push(`  → ${hintOf(appOf(step), step.kind === 'create')}`);
  if (step?.kind === 'create' && kind === 'failed')
    lines.push(
      `  Docker starts its containers again and again; autoproxy app rm ${appOf(step)} --apply takes the app away`,
    );
  lines.push(`  → docker service ps --no-trunc ${name}`);
  return lines;
}

/** @param isNew nothing ran before it */
function hintOf(app: string, isNew: boolean): string {
  const look = `autoproxy rollout status ${app} names what failed`;
  return isNew ? look : `${look}, autoproxy rollout undo ${app} writes the version before again`;
}
