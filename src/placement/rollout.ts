/**
 * Carries a plan out: new services all at once, then the changed ones one after another, so that a version that fails takes
 * one service with it, then unwanted ones are removed. It ends at the first step that fails.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { nameOf, type PlacementPlan, type ServiceStep } from './plan.js';
import { type Change, hasFailed, type Progress, progressOf } from './progress.js';
import type { Swarm, SwarmView } from './swarm.js';

const LOOK_MS = 250;

export interface RolloutListener {
  /** Something of it changed. */
  onProgress(step: ServiceStep, progress: Progress): void;
}

export interface RolloutEnd {
  readonly kind: 'done' | 'rolled-back' | 'failed' | 'deadline';
  /** The step that ended it; null: all were made. */
  readonly step: ServiceStep | null;
  readonly reason: string;
  /** Steps that were not begun. */
  readonly left: readonly ServiceStep[];
}

interface RolloutParts {
  readonly swarm: Swarm;
  readonly secrets: SwarmView['secrets'];
  readonly listener: RolloutListener;
  /** Monotonic, milliseconds. */
  readonly now: () => number;
  /** For all of it. */
  readonly deadlineMs: number;
  readonly signal: AbortSignal;
}

/** @throws DockerFailure; `outOfSequence` when somebody else changed a service meanwhile */
export async function rollOut({ steps }: PlacementPlan, parts: RolloutParts): Promise<RolloutEnd> {
  const until = parts.now() + parts.deadlineMs;
  const rounds = [
    // What an earlier rollout began, and was interrupted over, comes to its end first.
    steps.filter(({ kind }) => kind === 'keep'),
    steps.filter(({ kind }) => kind === 'create'),
    ...steps.filter(({ kind }) => kind === 'update').map((step) => [step]),
    steps.filter(({ kind }) => kind === 'remove'),
  ];
  for (const [index, round] of rounds.entries()) {
    if (round.length === 0) continue;
    const earlier = await failedTasks(round, parts);
    for (const step of round) await parts.swarm.carryOut(step, parts.secrets);
    const end = await untilSettled(round, earlier, until, parts);
    if (end !== null) return { ...end, left: rounds.slice(index + 1).flat() };
  }
  return { kind: 'done', step: null, reason: '', left: [] };
}

/** @returns ids of tasks that failed before this rollout: the manager keeps the last five of each slot */
async function failedTasks(round: readonly ServiceStep[], { swarm }: RolloutParts): Promise<ReadonlySet<string>> {
  const states = await swarm.states(round.map(nameOf));
  return new Set([...states.values()].flatMap(({ tasks }) => tasks.filter(hasFailed).map(({ id }) => id)));
}

/**
 * @param earlier ids of tasks that do not count
 * @returns null when each step of the round is done
 */
async function untilSettled(
  round: readonly ServiceStep[],
  earlier: ReadonlySet<string>,
  until: number,
  { swarm, listener, now, signal }: RolloutParts,
): Promise<Omit<RolloutEnd, 'left'> | null> {
  const said = new Map<ServiceStep, string>();
  let open = round;
  while (open.length > 0) {
    const states = await swarm.states(open.map(nameOf));
    const busy: ServiceStep[] = [];
    for (const step of open) {
      const { service, tasks } = states.get(nameOf(step)) ?? { service: null, tasks: [] };
      const own = tasks.filter(({ id }) => !earlier.has(id));
      const progress = progressOf(service, own, wantedOf(step), changeOf(step));
      const words = `${progress.kind} ${progress.running} ${progress.reason}`;
      const isNews = step.kind !== 'keep' || progress.kind !== 'done' || said.has(step);
      if (isNews && said.get(step) !== words) listener.onProgress(step, progress);
      said.set(step, words);
      if (progress.kind === 'rolled-back' || progress.kind === 'failed')
        return { kind: progress.kind, step, reason: progress.reason };
      if (progress.kind === 'busy') busy.push(step);
    }
    const [first] = busy;
    if (first !== undefined && now() >= until) return { kind: 'deadline', step: first, reason: '' };
    open = busy;
    if (open.length > 0) await delay(LOOK_MS, undefined, { signal });
  }
  return null;
}

function changeOf(step: ServiceStep): Change {
  if (step.kind === 'keep') return 'none';
  return step.kind === 'update' && step.replaced.length > 0 ? 'replace' : 'other';
}

function wantedOf(step: ServiceStep): number {
  return step.kind === 'remove' ? 0 : step.service.replicas;
}
