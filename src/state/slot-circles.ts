import type { App, Instance } from '../model/app.js';
import type { Problem } from '../model/problem.js';
import { comparePlaces } from '../model/slot-clashes.js';
import { leftOutProblem, withoutInstances } from './left-out-instances.js';

/** The instance of an app is the slot of an app on this node. */
interface Step {
  readonly from: App;
  readonly instance: Instance;
  readonly to: App;
}

/**
 * An instance that is the app's own slot on this node, or the slot of an app that leads back to it, sends each request
 * round until no connection is left. It is left out, and named. Of the instances of a circle the one that came last is
 * left out: those in force stay, new ones come in the order of their places.
 * @param definitions the apps as their sources define them
 * @param previous the apps in force, as this function last returned them
 * @param isBound whether the slots of this node are bound at an address
 */
export function withoutSlotCircles(
  apps: readonly App[],
  definitions: readonly App[],
  previous: readonly App[],
  isBound: (address: string) => boolean,
): { readonly apps: readonly App[]; readonly problems: readonly Problem[] } {
  const inForce = new Set(previous.flatMap(({ name, instances }) => instances.map(({ id }) => stepKey(name, id))));
  const isOld = ({ from, instance }: Step): boolean => inForce.has(stepKey(from.name, instance.id));
  const steps = stepsBetween(apps, isBound).sort(
    (one, other) => Number(isOld(other)) - Number(isOld(one)) || comparePlaces(one.from, other.from),
  );
  const targets = new Map<App, App[]>();
  const leftOut = new Set<Instance>();
  const problems: Problem[] = [];
  for (const step of steps) {
    const way = wayBetween(step.to, step.from, targets);
    if (way === null) targets.set(step.from, [...(targets.get(step.from) ?? []), step.to]);
    else {
      leftOut.add(step.instance);
      problems.push(circleProblem(definitions, step, way));
    }
  }
  return { apps: withoutInstances(apps, leftOut), problems };
}

function stepsBetween(apps: readonly App[], isBound: (address: string) => boolean): Step[] {
  const bySlot = new Map(apps.map((app) => [app.slot, app]));
  return apps.flatMap((from) =>
    from.instances.flatMap((instance) => {
      const to = bySlot.get(instance.port);
      return to !== undefined && isBound(instance.host) ? [{ from, instance, to }] : [];
    }),
  );
}

/** @returns the apps from `from` on, without `goal`; null: no way leads there */
function wayBetween(from: App, goal: App, targets: ReadonlyMap<App, readonly App[]>): readonly App[] | null {
  const ways = new Map<App, readonly App[]>([[from, []]]);
  for (const [app, way] of ways) {
    if (app === goal) return way;
    for (const next of targets.get(app) ?? []) if (!ways.has(next)) ways.set(next, [...way, app]);
  }
  return null;
}

function circleProblem(definitions: readonly App[], { from, instance, to }: Step, way: readonly App[]): Problem {
  if (to === from) return leftOutProblem(definitions, from, instance, 'is the slot of the app itself on this node');
  const further = way.slice(1).map((app) => app.name);
  const over = further.length === 0 ? '' : ` over ${further.join(' and ')}`;
  const what = `is the slot of ${to.name} on this node, and ${to.name} leads back to ${from.name}${over}`;
  return leftOutProblem(definitions, from, instance, what);
}

function stepKey(app: string, instance: string): string {
  return `${app} ${instance}`;
}
