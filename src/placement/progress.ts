/** How far the manager is with one service. Pure. */

/** The part of a service and its tasks that is looked at. */
interface ServiceState {
  /** `updating`, `completed`, `paused`, `rollback_started`, `rollback_completed`, `rollback_paused`; empty: it never updated. */
  readonly updateState: string;
  readonly updateMessage: string;
}

export interface TaskState {
  readonly slot: number;
  readonly desiredState: string;
  /** `new` … `starting`, `running`, `complete`, `failed`, `rejected`, `shutdown`, … */
  readonly state: string;
  readonly error: string;
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
const FAILED = new Set(['failed', 'rejected']);

/** `replace`: tasks are replaced, and the manager says when it is done; `none`: what is under way was begun before. */
export type Change = 'replace' | 'other' | 'none';

/** @param service null: it is not there */
export function progressOf(
  service: ServiceState | null,
  tasks: readonly TaskState[],
  wanted: number,
  change: Change,
): Progress {
  const running = tasks.filter(({ desiredState, state }) => desiredState === 'running' && state === 'running').length;
  const failed = tasks.filter(hasFailed);
  const reason = failed.findLast(({ error }) => error !== '')?.error ?? '';
  const progress = { running, wanted, reason };
  if (service === null) return { ...progress, kind: wanted === 0 ? 'done' : 'busy' };
  const { updateState, updateMessage } = service;
  const isOwn = change !== 'none';
  if (isOwn && updateState === 'rollback_completed') return { ...progress, kind: 'rolled-back' };
  if (isOwn && (updateState === 'paused' || updateState === 'rollback_paused'))
    return { ...progress, kind: 'failed', reason: [updateMessage, reason].filter((text) => text !== '').join('; ') };
  const isUpdated = isOwn
    ? updateState === 'completed' || (updateState === '' && change === 'other')
    : updateState !== 'updating' && updateState !== 'rollback_started';
  if (isUpdated && running === wanted) return { ...progress, kind: 'done' };
  // A rollback brings an update to its end; a new service has nothing to go back to.
  if (updateState === '' && change === 'other' && running < wanted && mostFailuresOf(failed) >= GIVE_UP_FAILURES)
    return { ...progress, kind: 'failed' };
  return { ...progress, kind: 'busy' };
}

export function hasFailed({ state }: Pick<TaskState, 'state'>): boolean {
  return FAILED.has(state);
}

function mostFailuresOf(failed: readonly TaskState[]): number {
  const bySlot = new Map<number, number>();
  for (const { slot } of failed) bySlot.set(slot, (bySlot.get(slot) ?? 0) + 1);
  return Math.max(0, ...bySlot.values());
}
