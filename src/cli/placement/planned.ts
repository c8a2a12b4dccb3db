/** From the registry and the manager to a plan, for `plan` and `apply`. */
import { isRefusal } from '../../core/refusal.js';
import { formatProblem } from '../../model/problem.js';
import { type PlacementPlan, planPlacement } from '../../placement/plan.js';
import { obstacles } from '../../placement/preflight.js';
import type { Service } from '../../placement/service.js';
import { Swarm, type SwarmView } from '../../placement/swarm.js';
import { wantedServices } from '../../placement/wanted-services.js';
import type { Registry, StoredApp, StoredApps } from '../../registry/registry.js';
import { storedApp } from '../app/stored-app.js';
import type { CommandContext } from '../command-context.js';
import { type DockerOptionValues, withDocker } from '../docker-option.js';
import { CommandFailure } from '../exit-codes.js';
import { type RegistryOptionValues, withRegistry } from '../registry-options.js';

export interface PlacementOptionValues extends RegistryOptionValues, DockerOptionValues {}

interface WantedPlacement {
  readonly services: readonly Service[];
  readonly warnings: readonly string[];
  /** Whether services of this app may be removed when the definition no longer has them. */
  isLookedAt(app: string): boolean;
}

/**
 * @param names of apps; empty: all that have an image
 * @throws CommandFailure for an app that the registry does not have, or that cannot be placed
 */
export function placementOf(
  names: readonly string[],
  options: RegistryOptionValues,
  context: CommandContext,
): Promise<WantedPlacement> {
  return withRegistry(options, context, async (registry) => {
    const { apps, problems } = names.length === 0 ? await registry.list() : await namedApps(registry, names);
    const services: Service[] = [];
    const errors = problems.filter(({ severity }) => severity === 'error');
    const warnings = errors.map(formatProblem);
    for (const { definition } of apps) {
      // Without an image it is started by other means.
      if (definition.image === null && names.length === 0) continue;
      const wanted = wantedServices(definition);
      if (isRefusal(wanted)) throw new CommandFailure(wanted.message, wanted.hint);
      services.push(...wanted.services);
      warnings.push(...wanted.warnings);
    }
    const looked = new Set(names);
    // A document in error may be that of any app, so nothing is removed beside it.
    const isLookedAt = (app: string): boolean => (names.length === 0 ? errors.length === 0 : looked.has(app));
    return { services, warnings, isLookedAt };
  });
}

async function namedApps(registry: Registry, names: readonly string[]): Promise<Pick<StoredApps, 'apps' | 'problems'>> {
  const apps: StoredApp[] = [];
  for (const name of new Set(names)) apps.push(await storedApp(registry, name));
  return { apps, problems: [] };
}

interface Planned {
  readonly plan: PlacementPlan;
  readonly view: SwarmView;
  /** Why it cannot be carried out. */
  readonly against: readonly string[];
}

export function plannedFor(
  wanted: WantedPlacement,
  options: DockerOptionValues,
  { env }: CommandContext,
): Promise<Planned> {
  const { signal } = new AbortController();
  return withDocker(options, env, signal, async (connection) =>
    planned(wanted, await new Swarm(connection, signal).view()),
  );
}

export function planned(wanted: WantedPlacement, view: SwarmView): Planned {
  const plan = planPlacement(wanted.services, view, wanted.isLookedAt);
  return { plan, view, against: obstacles(plan, view) };
}
