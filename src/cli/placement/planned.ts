/** From the registry and the manager to a plan, for `plan` and `apply`. */
import { isRefusal, type Refusal } from '../../core/refusal.js';
import type { DockerConnection } from '../../docker/connection.js';
import { RegistryPasswords } from '../../docker/registry-passwords.js';
import type { AppDefinition } from '../../model/app-definition.js';
import { formatProblem } from '../../model/problem.js';
import { appOf, type PlacementPlan, planPlacement } from '../../placement/plan.js';
import { imagesIn, largeLossIn, obstacles, pulledImages, someOf } from '../../placement/preflight.js';
import type { Service } from '../../placement/service.js';
import { spreadWarnings } from '../../placement/spread.js';
import { Swarm, type SwarmView } from '../../placement/swarm.js';
import { wantedServices } from '../../placement/wanted-services.js';
import type { Registry } from '../../registry/registry.js';
import { mayBeUnreadable } from '../../registry/stored-apps.js';
import { missingApp } from '../app/stored-app.js';
import type { CommandContext } from '../command-context.js';
import { withDocker } from '../docker-option.js';
import { CommandFailure } from '../exit-codes.js';
import { type RegistryOptionValues, withRegistry } from '../registry-options.js';
import type { PlacementOptionValues } from './apply-options.js';

export interface WantedPlacement {
  /** Whose services these are; empty: all of the registry. */
  readonly apps: readonly string[];
  readonly services: readonly Service[];
  readonly warnings: readonly string[];
  /** Definitions of the whole registry that are in error, and apps that cannot be placed, with what to do; the others are. */
  readonly refusals: readonly string[];
  /** Apps that were named and that the registry does not have: their services are removed; one that has none is this mistake. */
  readonly gone: ReadonlyMap<string, CommandFailure>;
  /** Whether services of this app may be removed when the definition no longer has them. */
  isLookedAt(app: string): boolean;
  /** Whether all apps of the registry are looked at, so that what is not there is removed. */
  readonly isWhole: boolean;
}

/**
 * @param names of apps; empty: all that have an image
 * @throws CommandFailure for a named app whose definition is invalid, or that cannot be placed
 */
export function placementOf(
  names: readonly string[],
  options: RegistryOptionValues,
  context: CommandContext,
): Promise<WantedPlacement> {
  return withRegistry(options, context, async (registry) => {
    if (names.length > 0) return placementOfNamed(registry, names);
    const { apps, problems } = await registry.list();
    const errors = problems.filter(({ severity }) => severity === 'error');
    // Without an image it is started by other means.
    const definitions = apps.map(({ definition }) => definition).filter(({ image }) => image !== null);
    const { services, warnings, refused } = servicesOfAll(definitions);
    return {
      apps: [],
      services,
      warnings,
      refusals: [...errors.map(formatProblem), ...refused.map(refusalText)],
      gone: new Map(),
      // A document in error may be that of any app, and an app that cannot be placed may run: nothing is removed beside them.
      isLookedAt: () => errors.length === 0 && refused.length === 0,
      isWhole: true,
    };
  });
}

/** @throws CommandFailure that names all apps that cannot be placed */
export function placementOfApps(
  definitions: readonly AppDefinition[],
  gone: WantedPlacement['gone'] = new Map(),
): WantedPlacement {
  const { services, warnings, refused } = servicesOfAll(definitions);
  const [first, ...others] = refused;
  if (first !== undefined)
    throw new CommandFailure(first.message, [first.hint, ...others.map(refusalText)].join('\nautoproxy: '));
  const names = new Set([...definitions.map(({ name }) => name), ...gone.keys()]);
  const shared = { services, warnings, refusals: [], gone };
  return { ...shared, apps: [...names], isLookedAt: (app) => names.has(app), isWhole: false };
}

function servicesOfAll(definitions: readonly AppDefinition[]) {
  const services: Service[] = [];
  /** What is warned of → the apps that it is true of. */
  const warned = new Map<string, string[]>();
  const refused: Refusal[] = [];
  for (const definition of definitions) {
    const wanted = wantedServices(definition);
    if (isRefusal(wanted)) refused.push(wanted);
    else {
      services.push(...wanted.services);
      for (const warning of wanted.warnings) warned.set(warning, [...(warned.get(warning) ?? []), definition.name]);
    }
  }
  const warnings = [...warned].map(([warning, apps]) => `${someOf(apps)}: ${warning}`);
  return { services, warnings, refused };
}

function refusalText({ message, hint }: Refusal): string {
  return `${message}\n  → ${hint}`;
}

/** @throws CommandFailure */
async function placementOfNamed(registry: Registry, names: readonly string[]): Promise<WantedPlacement> {
  const stored = await registry.list();
  const found: AppDefinition[] = [];
  const gone = new Map<string, CommandFailure>();
  for (const name of new Set(names)) {
    const there = stored.apps.find(({ definition }) => definition.name === name);
    if (there !== undefined) found.push(there.definition);
    else {
      const failure = missingApp(registry.place, name, stored);
      if (mayBeUnreadable(stored, name)) throw failure;
      gone.set(name, failure);
    }
  }
  return placementOfApps(found, gone);
}

interface Planned {
  readonly plan: PlacementPlan;
  readonly view: SwarmView;
  /** Why it cannot be carried out. */
  readonly against: readonly string[];
  /** What works otherwise than the definitions say, on this Swarm. */
  readonly warnings: readonly string[];
}

export function plannedFor(
  wanted: WantedPlacement,
  options: PlacementOptionValues,
  { env }: CommandContext,
): Promise<Planned> {
  const { signal } = new AbortController();
  return withDocker(options, env, signal, (connection) =>
    planned(wanted, swarmFor(connection, signal, options, env), options),
  );
}

/** The manager, with the passwords of the person who asks. */
export function swarmFor(
  connection: DockerConnection,
  signal: AbortSignal,
  { registryAuth }: Pick<PlacementOptionValues, 'registryAuth'>,
  env: NodeJS.ProcessEnv,
): Swarm {
  return registryAuth ? new Swarm(connection, signal, new RegistryPasswords(env)) : new Swarm(connection, signal);
}

interface PlanRules {
  readonly imageCheck: boolean;
  /** Whether a large loss of apps is wanted. */
  readonly force?: true;
}

/** @throws DockerFailure */
export async function planned(wanted: WantedPlacement, swarm: Swarm, rules: PlanRules): Promise<Planned> {
  const view = await swarm.view();
  const plan = planPlacement(wanted.services, view, wanted.isLookedAt);
  for (const [app, failure] of wanted.gone) if (!plan.steps.some((step) => appOf(step) === app)) throw failure;
  const loss = wanted.isWhole && rules.force !== true ? largeLossIn(plan, view) : null;
  const unknown = await swarm.passwordProblems(pulledImages(plan));
  const missingImages = await swarm.missingImages(rules.imageCheck && unknown.length === 0 ? imagesIn(plan) : []);
  const against = [...obstacles(plan, { ...view, missingImages }), ...unknown, ...(loss === null ? [] : [loss])];
  return { plan, view, against, warnings: spreadWarnings(plan, view.nodes) };
}
