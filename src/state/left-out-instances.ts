import type { App, Instance } from '../model/app.js';
import type { Problem } from '../model/problem.js';

/** @returns the same apps where none of their instances is left out */
export function withoutInstances(apps: readonly App[], leftOut: ReadonlySet<Instance>): readonly App[] {
  if (leftOut.size === 0) return apps;
  return apps.map((app) => {
    const instances = app.instances.filter((instance) => !leftOut.has(instance));
    return instances.length === app.instances.length ? app : { ...app, instances };
  });
}

/** @param what the instance is, such as `is the admin API of this node` */
export function leftOutProblem({ name, origin }: App, { id }: Instance, what: string): Problem {
  return {
    severity: 'error',
    app: name,
    file: origin.location,
    line: origin.line,
    col: origin.col,
    message: `${name}.instances: ${id} ${what}, so it is left out`,
    hint: 'write the address and the port of the container',
  };
}
