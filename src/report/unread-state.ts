/** What the start of the node did not find of its state, because a file could not be read. */
import type { UnreadFile } from '../core/unread-file.js';
import type { Problem } from '../model/problem.js';

type UnreadPart = 'decisions' | 'apps';

interface Loss {
  readonly severity: Problem['severity'];
  /** What is missing since then. */
  readonly told: (isPart: boolean) => string;
  /** What brings it back. */
  readonly todo: string;
}

const LOSSES: Readonly<Record<UnreadPart, Loss>> = {
  decisions: {
    severity: 'error',
    told: (isPart) =>
      isPart
        ? 'these decisions of operators (drain, ready, maint, weights) are not in force, the others are'
        : 'no decision of operators from before it (drain, ready, maint, weights) is in force',
    todo: 'decide again what is still to hold',
  },
  // Each source that answers brings its apps back.
  apps: {
    severity: 'warning',
    told: () => 'the node began without the apps of its last run, and serves those of a source once it answers',
    todo: 'see with autoproxy status that all apps are back',
  },
};

export function unreadProblem(part: UnreadPart, { file, reason, atMs, isPart, aside }: UnreadFile): Problem {
  const { severity, told, todo } = LOSSES[part];
  const how = isPart ? 'could not be read as a whole' : 'could not be read';
  const message = `${how} at the start of ${new Date(atMs).toISOString()} (${reason}): ${told(isPart)}`;
  const shown =
    aside === null
      ? 'this is shown until the next start'
      : `the file is kept as ${aside}: this is shown until you remove it, or until the next start`;
  return { severity, app: null, file, line: null, col: null, message, hint: `${todo}; ${shown}` };
}
