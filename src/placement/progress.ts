/** How far the manager is with one service. Pure. */

/** The part of a service and its tasks that is looked at. */
interface ServiceState {
  /** `updating`, `completed`, `paused`, `rollback_started`, `rollback_completed`, `rollback_paused`; empty: it never updated. */
  readonly updateState: string;
  readonly updateMessage: string;
  /** When the update began, or a rollback by hand; else when the service was changed last. Milliseconds since 1970. */
  readonly begunAt: number;
}

export interface TaskState {
  readonly slot: number;
  readonly desiredState: string;
  /** `new` … `starting`, `running`, `complete`, `failed`, `rejected`, `shutdown`, … */
  readonly state: string;
  readonly error: string;
  /** By the manager's clock; milliseconds since 1970. */
  readonly createdAt: number;
  /** When anything of it changed last, by the same clock. */
  readonly changedAt: number;
}

export interface Progress {
  readonly kind: 'busy' | 'done' | 'rolled-back' | 'failed';
  /** Tasks that run; with a HEALTHCHECK, those that are healthy. */
  readonly running: number;
  readonly wanted: number;
  /** Of a failure, or of the last task that failed; empty: there was none. */
  readonly reason: string;
}

/** So many failures of one task in a row, and a new service is given up. */
const GIVE_UP_FAILURES = 3;
/**
 * `complete`: the container ended with code 0. One that Swarm stops because its HEALTHCHECK fails often ends so; one that Swarm
 * stops because nobody wants it is `shutdown`.
 */
const FAILED = new Set(['failed', 'rejected', 'complete']);
/** States behind which the container has ended (swarmkit, api/types.proto). */
const ENDED = new Set([...FAILED, 'shutdown', 'remove', 'orphaned']);
export const ENDED_WELL = 'containers end with code 0: of themselves, or because their HEALTHCHECK fails';

/** `replace`: tasks are replaced, and the manager says when it is done; `none`: what is under way was begun before. */
export type Change = 'replace' | 'other' | 'none';

/** @param service null: it is not there */
export function progressOf(
  service: ServiceState | null,
  tasks: readonly TaskState[],
  wanted: number,
  change: Change,
): Progress {
  const running = servingSlots(tasks);
  const failed = service === null ? [] : failedSince(service, tasks);
  const reason = failed.findLast(({ error }) => error !== '')?.error ?? (failed.length > 0 ? ENDED_WELL : '');
  const progress = { running, wanted, reason };
  if (service === null) return { ...progress, kind: wanted === 0 ? 'done' : 'busy' };
  const { updateState, updateMessage } = service;
  if (change === 'none') return { ...progress, ...keptProgress(service, tasks, progress) };
  if (updateState === 'rollback_completed') return { ...progress, kind: 'rolled-back' };
  if (updateState === 'paused' || updateState === 'rollback_paused')
    return { ...progress, kind: 'failed', reason: [updateMessage, reason].filter((text) => text !== '').join('; ') };
  const isUpdated = updateState === 'completed' || (updateState === '' && change === 'other');
  if (isUpdated && running === wanted) return { ...progress, kind: 'done' };
  // A rollback brings an update to its end. A new service has nothing to go back to, and an update that is completed is not
  // rolled back any more: the manager looks at a task for `monitor` alone.
  if (isUpdated && running < wanted && isGivenUp(failed)) return { ...progress, kind: 'failed' };
  return { ...progress, kind: 'busy' };
}

/** Of a service that stays as it is: what an earlier rollout began may be under way, and it may not run for its own reasons. */
function keptProgress(
  service: ServiceState,
  tasks: readonly TaskState[],
  { running, wanted, reason }: Omit<Progress, 'kind'>,
): Pick<Progress, 'kind' | 'reason'> {
  const isUnderWay = isUpdating(service);
  if (!isUnderWay && running === wanted) return { kind: 'done', reason };
  // An update that Swarm can't place stays `updating` for ever.
  const unplaced = tasks.find(
    ({ desiredState, state, error }) => desiredState === 'running' && state === 'pending' && error !== '',
  );
  if (unplaced !== undefined) return { kind: 'failed', reason: unplaced.error };
  return { kind: !isUnderWay && isGivenUp(failedSince(service, tasks)) ? 'failed' : 'busy', reason };
}

export function isUpdating({ updateState }: Pick<ServiceState, 'updateState'>): boolean {
  return updateState === 'updating' || updateState === 'rollback_started';
}

/**
 * The tasks that failed since the update began: earlier ones say nothing of it; the manager keeps five a slot. Of an
 * update those count that it made, since the manager changes old ones later, as in a rollback. Where there was none, as after
 * a change of the count, older tasks that fail count too. The time of the failure itself is by the clock of the node.
 */
export function failedSince<T extends Pick<TaskState, 'state' | 'createdAt' | 'changedAt'>>(
  { updateState, begunAt }: Pick<ServiceState, 'updateState' | 'begunAt'>,
  tasks: readonly T[],
): readonly T[] {
  const timeOf = ({ createdAt, changedAt }: T): number => (updateState === '' ? changedAt : createdAt);
  return tasks.filter((task) => hasFailed(task) && timeOf(task) >= begunAt);
}

export function hasFailed({ state }: Pick<TaskState, 'state'>): boolean {
  return FAILED.has(state);
}

export function hasEnded({ state }: Pick<TaskState, 'state'>): boolean {
  return ENDED.has(state);
}

export function isServing({ desiredState, state }: Pick<TaskState, 'desiredState' | 'state'>): boolean {
  return desiredState === 'running' && state === 'running';
}

/**
 * A manager that restarts or goes back within an update may leave two tasks in one slot for good, and counts them as one; so
 * it is here. (20.10, after a rollback of an update whose new tasks found no image.)
 */
export function servingSlots(tasks: readonly Pick<TaskState, 'slot' | 'desiredState' | 'state'>[]): number {
  return new Set(tasks.filter(isServing).map(({ slot }) => slot)).size;
}

/** @param failed tasks that failed */
export function isGivenUp(failed: readonly Pick<TaskState, 'slot'>[]): boolean {
  const bySlot = new Map<number, number>();
  for (const { slot } of failed) bySlot.set(slot, (bySlot.get(slot) ?? 0) + 1);
  return Math.max(0, ...bySlot.values()) >= GIVE_UP_FAILURES;
}
