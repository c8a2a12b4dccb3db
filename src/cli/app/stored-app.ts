import { nearestName } from '../../core/nearest-name.js';
import { formatProblem } from '../../model/problem.js';
import type { Registry, StoredApp } from '../../registry/registry.js';
import { CommandFailure } from '../exit-codes.js';

/** @throws CommandFailure that names the nearest one, or what is wrong with it */
export async function storedApp(registry: Registry, name: string): Promise<StoredApp> {
  const { apps, refused, problems } = await registry.list();
  const found = apps.find(({ definition }) => definition.name === name);
  if (found !== undefined) return found;
  const problem = problems.find(({ app }) => app === name);
  if (refused.includes(name))
    throw new CommandFailure(
      `the definition of ${name} is invalid`,
      problem === undefined ? null : formatProblem(problem),
    );
  const nearest = nearestName(
    name,
    apps.map(({ definition }) => definition.name),
  );
  const hint = nearest === null ? 'autoproxy app ls lists the apps' : `did you mean ${nearest}?`;
  throw new CommandFailure(`${registry.place} has no app ${name}`, hint);
}
