/** What failed of a service: equal failures of one version on one node are one. Pure. */
import { ENDED_WELL, hasFailed } from './progress.js';

export interface Version {
  /** Of the history of the app; null: no version that is kept there made this. */
  readonly number: number | null;
  /** The number; of versions that are not kept `?1`, `?2`, …, so that two with one image are told apart. */
  readonly label: string;
  readonly image: string;
}

export interface TaskFailure {
  readonly version: Version;
  readonly node: string;
  readonly error: string;
  readonly count: number;
  /** Milliseconds since 1970. */
  readonly lastAt: number;
}

/**
 * @param before milliseconds since 1970: versions that were written later do not count, unless all were
 * @returns the number of the newest version of the app that makes tasks of this template for this service; null: none
 */
export type NumberOf = (service: string, template: object, before?: number) => number | null;

interface FailedTask {
  readonly node: string;
  readonly image: string;
  readonly state: string;
  /** As the manager says it; of a container that ended with code 0, also after its HEALTHCHECK failed, it says nothing. */
  readonly error: string;
  readonly stateSince: number;
}

/** Why a task failed, for people; never empty. */
export function failureText({ error, state }: Pick<FailedTask, 'error' | 'state'>): string {
  if (error !== '') return error;
  return state === 'complete' ? ENDED_WELL : state;
}

/**
 * @param tasks that were made by one template
 * @param label of the version, if none that is kept made them
 * @param numberAt the version that was newest at this time, since two versions may make equal tasks
 */
export function failuresOf(
  tasks: readonly FailedTask[],
  label: string,
  numberAt: (time: number) => number | null,
): readonly TaskFailure[] {
  const all = new Map<string, TaskFailure>();
  for (const task of tasks.filter(hasFailed)) {
    const { node, image, stateSince } = task;
    const number = numberAt(stateSince);
    const version = { number, label: number === null ? label : String(number), image };
    const error = failureText(task);
    const key = JSON.stringify([version.number, node, error]);
    const earlier = all.get(key);
    const [count, lastAt] = [(earlier?.count ?? 0) + 1, Math.max(earlier?.lastAt ?? 0, stateSince)];
    all.set(key, { version, node, error, count, lastAt });
  }
  return [...all.values()];
}

/** `version 7, shop:2`. */
export function versionText({ label, image }: Version): string {
  return `version ${label}, ${image}`;
}
