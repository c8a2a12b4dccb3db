import type { App, Instance } from '../model/app.js';
import { containerWords } from '../model/container-words.js';
import { type Problem, problemOf } from '../model/problem.js';

/** @returns the same apps where none of their instances is left out */
export function withoutInstances(apps: readonly App[], leftOut: ReadonlySet<Instance>): readonly App[] {
  if (leftOut.size === 0) return apps;
  return apps.map((app) => {
    const instances = app.instances.filter((instance) => !leftOut.has(instance));
    return instances.length === app.instances.length ? app : { ...app, instances };
  });
}

/**
 * @param definitions the apps as their sources define them: an instance that they do not list comes of a container's labels
 * @param what the instance is, such as `is the admin API of this node`
 */
export function leftOutProblem(
  definitions: readonly App[],
  app: App,
  { id, container }: Instance,
  what: string,
): Problem {
  const { name } = app;
  const listed = definitions.find((definition) => definition.name === name)?.instances ?? [];
  if (container !== null && !listed.some((instance) => instance.id === id)) {
    const place = { file: containerWords(container), line: null, col: null };
    const message = `${name}: ${id}, where its labels place it, ${what}, so it is left out`;
    const hint = 'set autoproxy.port to the port that the app in the container listens on';
    return { severity: 'error', app: name, ...place, message, hint };
  }
  const message = `${name}.instances: ${id} ${what}, so it is left out`;
  return problemOf(app, 'error', message, 'write the address and the port of the container');
}
