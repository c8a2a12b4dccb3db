/**
 * Carries a plan out: new services all at once, then the changed ones one after another, so that a version that fails takes
 * one service with it, then unwanted ones are removed. It ends at the first step that fails. Services that stay as they are
 * come last: one that does not run is named, and holds nothing back.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isCarriedOut, overtakenAt } from './overtaken.js';
import { nameOf, type PlacementPlan, type ServiceStep } from './plan.js';
import { type Change, hasFailed, isUpdating, type Progress, progressOf } from './progress.js';
import { isPassing, untilAnswered, untilMade } from './silence.js';
import type { Swarm, SwarmView } from './swarm.js';

const LOOK_MS = 250;
/** A node may come back, and a task that found no room may get some. */
const DOUBT_MS = 5_000;

export interface RolloutListener {
  /** Something of it changed. */
  onProgress(step: ServiceStep, progress: Progress): void;
  /** The manager does not answer, and is asked again. */
  onSilence(reason: string): void;
}

export interface RolloutEnd {
  /** `overtaken`: somebody else changed or removed the service, so nothing can be said of what this rollout asked for. */
  readonly kind: 'done' | 'rolled-back' | 'failed' | 'overtaken' | 'deadline';
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
  /** By the same clock: the end of all of it. */
  readonly until: number;
  readonly signal: AbortSignal;
  /** Asked before each change; throws when others may have changed these apps since the plan. */
  readonly confirm: () => Promise<void>;
}

interface Round {
  readonly steps: readonly ServiceStep[];
  /** What of it is waited for: `updates` that are under way, or `all` of it. */
  readonly waitsFor: 'updates' | 'all';
}

/**
 * @param open runs when all that is new runs, and before anything is removed
 * @throws DockerFailure; `outOfSequence` when somebody else changed a service meanwhile
 */
export async function rollOut(
  { steps }: PlacementPlan,
  parts: RolloutParts,
  open: () => Promise<void> = async () => {},
): Promise<RolloutEnd> {
  const of = (kind: ServiceStep['kind']): readonly ServiceStep[] => steps.filter((step) => step.kind === kind);
  const kept = of('keep');
  const whole = (some: readonly ServiceStep[]): Round => ({ steps: some, waitsFor: 'all' });
  const updates = of('update').map((step) => whole([step]));
  const end = await inRounds(
    [
      whole(of('create')),
      // What an earlier rollout began comes to its end before the next update: one service at a time.
      ...(updates.length === 0 ? [] : [{ steps: kept, waitsFor: 'updates' } as const]),
      ...updates,
    ],
    parts,
  );
  if (end !== null) return { ...end, left: [...end.left, ...of('remove')] };
  await open();
  const last = await inRounds([whole(of('remove')), whole(kept)], parts);
  return last ?? { kind: 'done', step: null, reason: '', left: [] };
}

/** @returns null when each step of each round is done */
async function inRounds(rounds: readonly Round[], parts: RolloutParts): Promise<RolloutEnd | null> {
  for (const [index, round] of rounds.entries()) {
    if (round.steps.length === 0) continue;
    const end = await inRound(round, parts).catch((error: unknown): Omit<RolloutEnd, 'left'> => {
      const [step = null] = round.steps;
      if (parts.signal.aborted || !isPassing(error) || parts.now() < parts.until) throw error;
      return { kind: 'deadline', step, reason: error.message };
    });
    const left = rounds.slice(index + 1).flatMap(({ steps }) => steps.filter(({ kind }) => kind !== 'keep'));
    if (end !== null) return { ...end, left };
  }
  return null;
}

async function inRound(round: Round, parts: RolloutParts): Promise<Omit<RolloutEnd, 'left'> | null> {
  const { swarm, secrets } = parts;
  const earlier = await failedTasks(round.steps, parts);
  for (const step of round.steps) {
    const isMade = async (): Promise<boolean> => {
      const states = await swarm.states([nameOf(step)]);
      return isCarriedOut(step, states.get(nameOf(step))?.seen ?? null);
    };
    await untilAnswered(parts.confirm, patienceOf(parts));
    await untilMade(() => swarm.carryOut(step, secrets), isMade, patienceOf(parts));
  }
  const end = await untilSettled(round, earlier, parts);
  if (end !== null) return end;
  for (const step of round.steps) await untilAnswered(() => swarm.complete(step, secrets), patienceOf(parts));
  return null;
}

/** @returns ids of tasks that failed before this rollout: the manager keeps the last five of each slot */
async function failedTasks(round: readonly ServiceStep[], parts: RolloutParts): Promise<ReadonlySet<string>> {
  const states = await statesOf(round, parts);
  return new Set([...states.values()].flatMap(({ tasks }) => tasks.filter(hasFailed).map(({ id }) => id)));
}

/** @throws DockerFailure when the manager stays silent */
function statesOf(steps: readonly ServiceStep[], parts: RolloutParts): ReturnType<Swarm['states']> {
  return untilAnswered(() => parts.swarm.states(steps.map(nameOf)), patienceOf(parts));
}

function patienceOf({ listener, now, until, signal }: RolloutParts): Parameters<typeof untilAnswered>[1] {
  return { onSilence: (reason) => listener.onSilence(reason), now, until, signal };
}

/**
 * @param earlier ids of tasks that do not count
 * @returns null when each step of the round is done
 */
async function untilSettled(
  { steps, waitsFor }: Round,
  earlier: ReadonlySet<string>,
  parts: RolloutParts,
): Promise<Omit<RolloutEnd, 'left'> | null> {
  const { listener, now, until, signal } = parts;
  const said = new Map<ServiceStep, string>();
  const failedAt = new Map<ServiceStep, number>();
  let broken: Omit<RolloutEnd, 'left'> | null = null;
  let open = steps;
  while (open.length > 0) {
    const states = await statesOf(open, parts);
    const busy: ServiceStep[] = [];
    for (const step of open) {
      const { seen: service, tasks } = states.get(nameOf(step)) ?? { seen: null, tasks: [] };
      if (waitsFor === 'updates' && (service === null || !isUpdating(service))) continue;
      const overtaken = waitsFor === 'all' ? overtakenAt(step, service) : null;
      if (overtaken !== null) {
        if (step.kind !== 'keep') return { ...overtaken, step };
        broken ??= { ...overtaken, step };
        continue;
      }
      const own = tasks.filter(({ id }) => !earlier.has(id));
      const progress = progressOf(service, own, wantedOf(step), changeOf(step));
      const { kind, reason } = progress;
      const words = `${kind} ${progress.running} ${reason}`;
      const isNews = step.kind !== 'keep' || kind !== 'done' || said.has(step);
      if (isNews && said.get(step) !== words) listener.onProgress(step, progress);
      said.set(step, words);
      if (step.kind === 'keep' && kind === 'failed') {
        const since = failedAt.get(step) ?? now();
        failedAt.set(step, since);
        if (now() - since < DOUBT_MS) busy.push(step);
        else if (waitsFor === 'all') broken ??= { kind, step, reason };
        continue;
      }
      failedAt.delete(step);
      if (kind === 'rolled-back' || kind === 'failed') return { kind, step, reason };
      if (kind === 'busy') busy.push(step);
    }
    const [first] = busy;
    if (first !== undefined && now() >= until) return broken ?? { kind: 'deadline', step: first, reason: '' };
    open = busy;
    if (open.length > 0) await delay(LOOK_MS, undefined, { signal });
  }
  return broken;
}

function changeOf(step: ServiceStep): Change {
  if (step.kind === 'keep') return 'none';
  return step.kind === 'update' && step.replaced.length > 0 ? 'replace' : 'other';
}

function wantedOf(step: ServiceStep): number {
  return step.kind === 'remove' ? 0 : step.service.replicas;
}
