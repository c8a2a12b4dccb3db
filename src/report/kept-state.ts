/** The state on the disk: what a restart would find less of than the node knows, and what this start could not read. */
import path from 'node:path';
import type { DirectoryFailure, StateDirectory } from '../control/state-directory.js';
import type { Saving, UnsavedFile } from '../core/save-record.js';
import type { Loading } from '../core/unread-file.js';
import type { Problem } from '../model/problem.js';
import { unreadProblem } from './unread-state.js';

interface KeptStateParts {
  readonly directory: Pick<StateDirectory, 'failure'>;
  readonly decisions: Saving & Loading;
  readonly apps: Saving & Loading;
  readonly history: Saving;
  readonly secret: Saving;
}

type Part = Exclude<keyof KeptStateParts, 'directory'> | 'workers';

interface Cost {
  readonly severity: Problem['severity'];
  /** @param found when that was written which a restart finds; null: it finds nothing */
  readonly told: (found: string | null) => string;
}

/** What a restart at this moment would cost; what hurts most stands first. */
const COSTS: Readonly<Record<Part, Cost>> = {
  decisions: {
    severity: 'error',
    told: (found) =>
      found === null
        ? 'a restart forgets the decisions of operators (drain, ready, maint, weights)'
        : `a restart comes back with the decisions of operators of ${found}`,
  },
  apps: {
    severity: 'error',
    told: (found) =>
      found === null
        ? 'a restart serves no app of a source that does not answer'
        : `a restart serves the apps of ${found} where a source does not answer`,
  },
  history: {
    severity: 'warning',
    told: (found) => (found === null ? 'a restart forgets all events' : `a restart forgets the events since ${found}`),
  },
  secret: { severity: 'warning', told: () => 'a restart binds sticky clients to instances anew' },
  workers: {
    severity: 'warning',
    told: () => 'a start after a crash of this primary cannot end a worker of it that hangs',
  },
};

const PARTS = Object.keys(COSTS) as Part[];

/** By the code of the system; `DIR` is the directory. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ['ENOSPC', 'make room on the disk of DIR (df -h, df -i)'],
  ['EDQUOT', 'give the user of the node more of the disk of DIR (quota)'],
  ['EACCES', 'let the user of the node write in DIR (ls -ld)'],
  ['EPERM', 'let the user of the node write in DIR (ls -ld, lsattr -d)'],
  ['EROFS', 'DIR is mounted for reading alone: mount it for writing, or name it in ReadWritePaths= of the unit'],
  ['ENOTDIR', 'a file is in the way of DIR: take it away'],
  ['EEXIST', 'a file is in the way of DIR: take it away'],
  ['ENOENT', 'make the directory DIR again, for the user of the node'],
]);
const OTHER_HINT = 'look at the disk of DIR (dmesg)';
const AGAIN = 'the node tries it again by itself';

/** Says it where operators look: the log alone has it else. */
export class KeptState {
  readonly #directory: KeptStateParts['directory'];
  readonly #parts: Record<Part, Saving | null>;
  readonly #loaded: Pick<KeptStateParts, 'decisions' | 'apps'>;

  constructor({ directory, ...parts }: KeptStateParts) {
    this.#directory = directory;
    this.#parts = { ...parts, workers: null };
    this.#loaded = parts;
  }

  /** @param workers the record of them, which there is once the directory is locked */
  followWorkers(workers: Saving): void {
    this.#parts.workers = workers;
  }

  problems(): readonly Problem[] {
    const { failure } = this.#directory;
    const ofDirectory = failure === null ? [] : [directoryProblem(failure)];
    const ofParts = PARTS.flatMap((part) => {
      const unsaved = this.#parts[part]?.unsaved ?? null;
      return unsaved === null ? [] : [partProblem(part, unsaved)];
    });
    const ofStart = (['decisions', 'apps'] as const).flatMap((part) => {
      const { unread } = this.#loaded[part];
      return unread === null ? [] : [unreadProblem(part, unread)];
    });
    return [...ofDirectory, ...ofParts, ...ofStart];
  }

  /** Whether each part is on the disk as the node knows it. */
  parts(): readonly { readonly part: string; readonly isSaved: boolean }[] {
    const { failure } = this.#directory;
    return PARTS.map((part) => ({ part, isSaved: failure?.isUsed !== false && this.#isSaved(part) }));
  }

  #isSaved(part: Part): boolean {
    const saving = this.#parts[part];
    return saving === null ? this.#directory.failure === null : saving.unsaved === null;
  }
}

function directoryProblem({ directory, isUsed, code, reason, sinceMs }: DirectoryFailure): Problem {
  const since = `since ${timeText(sinceMs)} (${shortReason(code, reason)})`;
  const message = isUsed
    ? `cannot be locked ${since}: a second node that uses it is not noticed, and after a crash of this primary the ` +
      'next one does not take over its workers'
    : `cannot be used ${since}: a restart forgets the decisions of operators, the events and the key of sticky ` +
      'cookies, and serves no app of a source that does not answer';
  // Only a start makes the directory.
  const todo = isUsed ? AGAIN : 'then start the node again, or give it another --state-dir';
  return problemAt(directory, 'error', message, hintFor(code, directory, todo));
}

function partProblem(part: Part, { file, code, reason, sinceMs, foundMs }: UnsavedFile): Problem {
  const { severity, told } = COSTS[part];
  const cost = told(foundMs === null ? null : timeText(foundMs));
  const message = `cannot be written since ${timeText(sinceMs)} (${shortReason(code, reason)}): ${cost}`;
  return problemAt(file, severity, message, hintFor(code, path.dirname(file), AGAIN));
}

function problemAt(file: string, severity: Problem['severity'], message: string, hint: string): Problem {
  return { severity, app: null, file, line: null, col: null, message, hint };
}

function hintFor(code: string, directory: string, then: string): string {
  return `${(HINTS.get(code) ?? OTHER_HINT).replaceAll('DIR', directory)}; ${then}`;
}

/** Without the call and the name of the temporary file, which is another one at each try. */
function shortReason(code: string, reason: string): string {
  return code === '' ? reason : (reason.split(',')[0] ?? code);
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}
