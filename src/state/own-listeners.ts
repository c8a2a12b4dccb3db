import type { App, Instance } from '../model/app.js';
import type { Problem } from '../model/problem.js';
import { leftOutProblem, withoutInstances } from './left-out-instances.js';

/** Whether a connection to this address of the machine reaches a listener. */
type ReachedAt = (address: string) => boolean;

interface OwnListeners {
  readonly admin: { readonly port: number; readonly isReachedAt: ReachedAt };
  /** Of slots and health ports. */
  readonly isBoundAt: ReachedAt;
}

/**
 * The admin API takes who reaches it for an operator, so no client may be led there; a health port answers for the node
 * and never for an app. An instance that is one of them is left out, and named, whoever says so: a file, Consul, or the
 * labels of a container.
 * @param definitions the apps as their sources define them
 */
export function withoutOwnListeners(
  apps: readonly App[],
  definitions: readonly App[],
  { admin, isBoundAt }: OwnListeners,
): { readonly apps: readonly App[]; readonly problems: readonly Problem[] } {
  const byHealthPort = new Map(apps.map((app) => [app.slot + 1, app]));
  const leftOut = new Set<Instance>();
  const problems: Problem[] = [];
  for (const app of apps) {
    for (const instance of app.instances) {
      const { host, port } = instance;
      const checked = byHealthPort.get(port);
      const isAdmin = port === admin.port && admin.isReachedAt(host);
      if (!isAdmin && (checked === undefined || !isBoundAt(host))) continue;
      leftOut.add(instance);
      const what = isAdmin ? 'the admin API of this node' : `the health port of ${checked?.name} on this node`;
      problems.push(leftOutProblem(definitions, app, instance, `is ${what}`));
    }
  }
  return { apps: withoutInstances(apps, leftOut), problems };
}
