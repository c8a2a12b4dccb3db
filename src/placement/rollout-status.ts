/** How the rollout of one app stands: its services, their tasks by version and node, and what failed. Pure. */
import { engineSpec } from './engine-spec.js';
import { isPaused } from './pause.js';
import { type FoundService, isManaged, ownerOf } from './plan.js';
import { failedSince, hasEnded, isGivenUp, servingSlots } from './progress.js';
import { SERVICE_LABELS, type Service } from './service.js';
import { specDifferences } from './spec-differences.js';
import { failuresOf, failureText, type NumberOf, type TaskFailure, versionText } from './task-failures.js';
import {
  type Observed,
  type ObservedTask,
  observed,
  type VersionGroup,
  type VersionTasks,
  versionGroups,
  versionTasks,
} from './version-tasks.js';

interface ObservedService extends FoundService {
  /** As `UpdateStatus` says it; empty: it never updated. */
  readonly updateState: string;
  readonly updateMessage: string;
  /** When the update began, or a rollback by hand; else when the service was changed last. Milliseconds since 1970. */
  readonly begunAt: number;
}

interface ObservedSwarm {
  readonly services: readonly ObservedService[];
  readonly tasks: readonly ObservedTask[];
  readonly nodes: readonly { readonly id: string; readonly name: string }[];
}

/**
 * `unapplied`: the definition says something else than the service, and nothing is under way. `foreign`: somebody else made a
 * service of this name, which autoproxy leaves alone. `busy`: tasks are replaced or started. `paused`: `rollout pause` holds
 * an update. `failed`: the manager gave up, or tasks fail again and again. `rolled-back`: a version failed, and the service
 * is the one before; the definition still asks for the version that failed.
 */
export type RolloutState = 'done' | 'busy' | 'paused' | 'unapplied' | 'foreign' | 'failed' | 'rolled-back';

export interface ServiceRollout {
  readonly service: string;
  readonly pod: string;
  readonly state: RolloutState;
  /** Tasks that there are to be, and those of the service's own version that run. */
  readonly wanted: number;
  readonly running: number;
  /** Why it is in this state, for people; empty: there is nothing to say. */
  readonly reason: string;
  /** The service's own version first. */
  readonly versions: readonly VersionTasks[];
  /** The newest first. */
  readonly failures: readonly TaskFailure[];
}

/** @param wanted services of the definition; empty: the registry does not have the app */
export function rolloutOf(
  app: string,
  wanted: readonly Service[],
  swarm: ObservedSwarm,
  numberOf: NumberOf,
): readonly ServiceRollout[] {
  const own = swarm.services.filter((service) => isManaged(service) && ownerOf(service) === app);
  const byName = new Map(own.map((service) => [service.name, service]));
  const gone = own.filter(({ name }) => !wanted.some((service) => service.name === name));
  return [
    ...wanted.map((service) =>
      serviceRollout(service.name, service, byName.get(service.name) ?? null, swarm, numberOf),
    ),
    ...gone.map((found) => serviceRollout(found.name, null, found, swarm, numberOf)),
  ].sort((one, other) => (one.service < other.service ? -1 : 1));
}

function serviceRollout(
  name: string,
  wanted: Service | null,
  found: ObservedService | null,
  swarm: ObservedSwarm,
  numberOf: NumberOf,
): ServiceRollout {
  const pod = wanted?.pod ?? found?.labels.get(SERVICE_LABELS.pod) ?? '';
  if (found === null) {
    const nothing = { running: 0, versions: [], failures: [] };
    const other = swarm.services.find((service) => service.name === name);
    const state = other === undefined ? 'unapplied' : 'foreign';
    const reason = other === undefined ? 'it is not there' : foreignReason(other);
    return { ...nothing, service: name, pod, wanted: wanted?.replicas ?? 0, state, reason };
  }
  const tasks = swarm.tasks
    .filter(({ serviceId }) => serviceId === found.id)
    .map((task) => observed(task, swarm.nodes));
  const groups = versionGroups(name, wanted, found, tasks, numberOf);
  const current = groups.find(({ isCurrent }) => isCurrent)?.tasks ?? [];
  const replicas = wanted === null ? 0 : wanted.replicas;
  const running = servingSlots(current);
  const failuresIn = (some: readonly VersionGroup[]): readonly TaskFailure[] =>
    some
      .flatMap(({ template, version, tasks: own }) =>
        failuresOf(own, version.label, (time) => numberOf(name, template, time)),
      )
      .sort((one, other) => other.lastAt - one.lastAt);
  const failures = failuresIn(groups);
  const since = groups.map((group) => ({ ...group, tasks: failedSince(found, group.tasks) }));
  const [newest = null] = failuresIn(since);
  const [broken = null] = failuresIn(since.filter(({ isCurrent }) => !isCurrent));
  return {
    service: name,
    pod,
    ...judged(wanted, found, { running, tasks, current, newest, broken }),
    wanted: replicas,
    running,
    versions: groups.map(versionTasks).filter(({ nodes }) => nodes.length > 0),
    failures,
  };
}

function foreignReason(other: ObservedService): string {
  if (!isManaged(other)) return 'autoproxy did not make the service of this name';
  return `the service of this name belongs to the app ${ownerOf(other)}`;
}

/** The engine says `rollback completed` of both. */
const BY_HAND = 'no task has failed since it began: somebody may have rolled it back by hand';

interface Facts {
  readonly running: number;
  readonly tasks: readonly Observed[];
  readonly current: readonly Observed[];
  /** The newest failure since the update began. */
  readonly newest: TaskFailure | null;
  /** The same, of another version than the service's own. */
  readonly broken: TaskFailure | null;
}

function judged(
  wanted: Service | null,
  service: ObservedService,
  { running, tasks, current, newest, broken }: Facts,
): { readonly state: RolloutState; readonly reason: string } {
  const { updateState, updateMessage, spec } = service;
  if (updateState === 'paused' || updateState === 'rollback_paused')
    return {
      state: 'failed',
      reason: [updateMessage, newest?.error ?? ''].filter((text) => text !== '').join('; '),
    };
  // A manager clears the state of the update for a moment when its rules change.
  if ((updateState === 'updating' || updateState === '') && isPaused(spec)) return { state: 'paused', reason: '' };
  if (updateState === 'updating' || updateState === 'rollback_started')
    return { state: 'busy', reason: updateState === 'updating' ? unplacedReason(tasks) : updateMessage };
  if (wanted === null) return { state: 'unapplied', reason: 'the definition does not ask for it' };
  const differences = [...new Set(specDifferences(engineSpec(wanted), spec).map(({ field }) => field))];
  const isElsewhere = (task: Observed): boolean => !current.includes(task);
  if (differences.length > 0 && updateState === 'rollback_completed') {
    const said = broken === null ? BY_HAND : `${versionText(broken.version)} failed: ${broken.error}`;
    return { state: 'rolled-back', reason: said };
  }
  if (differences.length > 0)
    return { state: 'unapplied', reason: `other than the definition: ${differences.join(', ')}` };
  const isOther = tasks.some((task) => isElsewhere(task) && task.desiredState === 'running' && !hasEnded(task));
  if (running === wanted.replicas && !isOther) return { state: 'done', reason: '' };
  const failed = failedSince(service, current).toSorted(byState);
  const reason = failed[0] === undefined ? '' : failureText(failed[0]);
  if (running < wanted.replicas && isGivenUp(failed)) return { state: 'failed', reason };
  return { state: 'busy', reason: unplacedReason(tasks) || reason };
}

/** Why a task finds no node; empty: each has one. */
function unplacedReason(tasks: readonly Observed[]): string {
  return tasks.find(({ desiredState, state }) => desiredState === 'running' && state === 'pending')?.error ?? '';
}

function byState(one: Observed, other: Observed): number {
  return other.stateSince - one.stateSince;
}
