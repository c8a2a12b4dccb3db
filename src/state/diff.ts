import { isDeepStrictEqual } from 'node:util';
import { isOtherLife } from '../core/lives.js';
import type { App, Instance } from '../model/app.js';

interface StateDiff {
  /** Names of apps, sorted. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly changed: readonly AppDiff[];
}

export interface AppDiff {
  readonly name: string;
  /** Ids of instances. */
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Another life has the address: one instance left, and another one came. */
  readonly replaced: readonly string[];
  /** Weight, administrative state, or what is known of its container. */
  readonly changed: readonly string[];
  /** Those of `changed` that take no new traffic any more. */
  readonly withdrawn: readonly string[];
  /** Names of the other fields that differ; `origin` is none of them. */
  readonly settings: readonly string[];
}

/** How many names one log line takes. */
const MAX_SHOWN = 10;

/** Compares by name and id; the order of apps and of instances means nothing. */
export function diffApps(previous: readonly App[], next: readonly App[]): StateDiff {
  const before = new Map(previous.map((app) => [app.name, app]));
  const after = new Map(next.map((app) => [app.name, app]));
  const changed: AppDiff[] = [];
  for (const [name, app] of after) {
    const old = before.get(name);
    const diff = old === undefined || old === app ? null : diffApp(old, app);
    if (diff !== null) changed.push(diff);
  }
  return {
    added: [...after.keys()].filter((name) => !before.has(name)).sort(),
    removed: [...before.keys()].filter((name) => !after.has(name)).sort(),
    changed: changed.sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** Whether both mean the same; where it was written does not count. */
export function isSame(previous: readonly App[], next: readonly App[]): boolean {
  if (previous === next) return true;
  const { added, removed, changed } = diffApps(previous, next);
  return added.length === 0 && removed.length === 0 && changed.length === 0;
}

/** Whether an app or an instance went or takes no new traffic any more: such a change waits for nothing. */
export function hasRemoval({ removed, changed }: StateDiff): boolean {
  if (removed.length > 0) return true;
  return changed.some((app) => app.removed.length + app.replaced.length + app.withdrawn.length > 0);
}

/** One line for the log: `+cart; -old; checkout (+172.17.0.4:80, ~172.17.0.2:80, timeouts)`. */
export function describeDiff({ added, removed, changed }: StateDiff): string {
  const parts = [
    ...shortened(added.map((name) => `+${name}`)),
    ...shortened(removed.map((name) => `-${name}`)),
    ...shortened(changed.map(describeApp)),
  ];
  return parts.length === 0 ? 'nothing' : parts.join('; ');
}

function describeApp(diff: AppDiff): string {
  return `${diff.name} (${describeAppDiff(diff)})`;
}

/** `+172.17.0.4:80, 172.17.0.3:80 replaced, ~172.17.0.2:80, timeouts` */
export function describeAppDiff({ added, removed, replaced, changed, settings }: AppDiff): string {
  const parts = [
    ...added.map((id) => `+${id}`),
    ...removed.map((id) => `-${id}`),
    ...replaced.map((id) => `${id} replaced`),
    ...changed.map((id) => `~${id}`),
    ...settings,
  ];
  return shortened(parts).join(', ');
}

function shortened(parts: readonly string[]): readonly string[] {
  if (parts.length <= MAX_SHOWN) return parts;
  return [...parts.slice(0, MAX_SHOWN), `${parts.length - MAX_SHOWN} more`];
}

function diffApp(before: App, after: App): AppDiff | null {
  const old = new Map(before.instances.map((instance) => [instance.id, instance]));
  const ids = new Set(after.instances.map(({ id }) => id));
  const isReplaced = ({ id, life }: Instance): boolean => isOtherLife(old.get(id)?.life ?? null, life);
  const changed = after.instances.filter((instance) => {
    const previous = old.get(instance.id);
    return previous !== undefined && !isReplaced(instance) && !isDeepStrictEqual(previous, instance);
  });
  const diff: AppDiff = {
    name: after.name,
    added: after.instances.filter(({ id }) => !old.has(id)).map(({ id }) => id),
    removed: before.instances.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
    replaced: after.instances.filter(isReplaced).map(({ id }) => id),
    changed: changed.map(({ id }) => id),
    withdrawn: changed.filter((instance) => isWithdrawn(old.get(instance.id), instance)).map(({ id }) => id),
    settings: changedSettings(before, after),
  };
  const { added, removed, replaced, settings } = diff;
  return [added, removed, replaced, changed, settings].every((part) => part.length === 0) ? null : diff;
}

function isWithdrawn(before: Instance | undefined, after: Instance): boolean {
  const takesNew = ({ state, weight }: Instance): boolean => state === 'ready' && weight > 0;
  if (before === undefined) return false;
  return (takesNew(before) && !takesNew(after)) || (before.state !== 'maint' && after.state === 'maint');
}

function changedSettings(before: App, after: App): string[] {
  const keys = Object.keys(after) as (keyof App)[];
  return keys.filter((key) => key !== 'origin' && key !== 'instances' && !isDeepStrictEqual(before[key], after[key]));
}
