/** The tasks of one service by the version that made them, and by node. Pure. */
import { engineSpec, templateOf } from './engine-spec.js';
import type { FoundService } from './plan.js';
import { hasEnded, hasFailed, isServing } from './progress.js';
import type { Service } from './service.js';
import { isSameTemplate, specDifferences } from './spec-differences.js';
import type { NumberOf, Version } from './task-failures.js';

/** A task of the manager; also one that has ended, as far as it is kept. */
export interface ObservedTask {
  readonly id: string;
  readonly serviceId: string;
  readonly nodeId: string;
  readonly slot: number;
  readonly image: string;
  /** The part TaskTemplate of the service's spec, as it was when the task was made; networks by name. */
  readonly template: object;
  readonly desiredState: string;
  readonly state: string;
  readonly error: string;
  readonly containerId: string;
  /** By the manager's clock; milliseconds since 1970. */
  readonly createdAt: number;
  /** When it got its state, by the clock of its node. */
  readonly stateSince: number;
  /** When anything of it changed last: of one that is to end and runs, since when it is to. */
  readonly changedAt: number;
}

export interface VersionTasks {
  readonly version: Version;
  /** The service asks for it. */
  readonly isCurrent: boolean;
  /** What it has other than the definition, in its words; null: it is a version of the history, or the definition is gone. */
  readonly differs: readonly string[] | null;
  /** By name; a node that has none is left out. */
  readonly nodes: readonly NodeTasks[];
  /** To end, and still running: they finish what they have. */
  readonly ending: readonly EndingTask[];
}

interface NodeTasks {
  /** Empty: no node was found for it yet. */
  readonly node: string;
  readonly running: number;
  readonly starting: number;
  readonly ending: number;
}

interface EndingTask {
  readonly id: string;
  readonly node: string;
  readonly containerId: string;
  readonly since: number;
}

export interface Observed extends ObservedTask {
  readonly node: string;
}

export function observed(
  task: ObservedTask,
  nodes: readonly { readonly id: string; readonly name: string }[],
): Observed {
  return { ...task, node: nodes.find(({ id }) => id === task.nodeId)?.name ?? '' };
}

interface Group {
  readonly template: object;
  readonly isCurrent: boolean;
  readonly tasks: readonly Observed[];
}

export interface VersionGroup extends Group, Pick<VersionTasks, 'version' | 'differs'> {}

/**
 * @param name of the service
 * @param wanted by the definition of now; null: it does not ask for the service
 * @param tasks of the service
 * @returns the service's own version first
 */
export function versionGroups(
  name: string,
  wanted: Service | null,
  { spec }: Pick<FoundService, 'spec'>,
  tasks: readonly Observed[],
  numberOf: NumberOf,
): readonly VersionGroup[] {
  let unknown = 0;
  return groupsOf(tasks, spec).map((group) => {
    const image = group.tasks[0]?.image ?? '';
    const number = numberOf(name, group.template);
    if (number !== null) return { ...group, version: { number, label: String(number), image }, differs: null };
    if (isShown(group)) unknown += 1;
    const differs = wanted === null ? null : differencesFrom(wanted, group);
    return { ...group, version: { number, label: `?${unknown}`, image }, differs };
  });
}

/** Tasks that were made by one version are together. */
function groupsOf(tasks: readonly Observed[], spec: object): readonly Group[] {
  const groups: { readonly template: object; readonly isCurrent: boolean; readonly tasks: Observed[] }[] = [
    { template: templateOf(spec), isCurrent: true, tasks: [] },
  ];
  for (const task of tasks) {
    const group = groups.find(({ template }) => isSameTemplate(template, task.template));
    if (group === undefined) groups.push({ template: task.template, isCurrent: false, tasks: [task] });
    else group.tasks.push(task);
  }
  return groups;
}

function isEnding({ desiredState, state }: Observed): boolean {
  return desiredState !== 'running' && desiredState !== 'ready' && desiredState !== 'accepted' && state === 'running';
}

/** A version whose tasks have all ended well is not shown, and uses up no label. */
function isShown({ tasks }: Group): boolean {
  return tasks.some((task) => isLive(task) || hasFailed(task));
}

function isLive(task: Observed): boolean {
  return !hasEnded(task) && (isEnding(task) || !isToEnd(task));
}

function differencesFrom(wanted: Service, { template }: Group): readonly string[] {
  const differences = specDifferences({ TaskTemplate: templateOf(engineSpec(wanted)) }, { TaskTemplate: template });
  return [...new Set(differences.map(({ field }) => field))];
}

export function versionTasks({ version, isCurrent, differs, tasks }: VersionGroup): VersionTasks {
  const live = tasks.filter(isLive);
  const names = [...new Set(live.map(({ node }) => node))].sort();
  return {
    version,
    isCurrent,
    differs,
    nodes: names.map((node) => {
      const there = live.filter((task) => task.node === node);
      const [running, ending] = [there.filter(isServing).length, there.filter(isEnding).length];
      return { node, running, ending, starting: there.length - running - ending };
    }),
    ending: live
      .filter(isEnding)
      .map(({ id, node, containerId, changedAt }) => ({ id, node, containerId, since: changedAt })),
  };
}

/** It was to end before it ever ran. */
function isToEnd({ desiredState }: Observed): boolean {
  return desiredState === 'shutdown' || desiredState === 'remove';
}
