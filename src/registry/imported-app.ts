import type { App } from '../model/app.js';
import type { AppDefinition } from '../model/app-definition.js';
import { PLACEMENT_DEFAULTS } from '../model/placement.js';

/**
 * What a file of the old system says, as a definition. The instances stay behind: nodes learn theirs from Consul.
 * @param name the new one, where the old one is not a DNS label
 * @param known what the registry has of it: pods are added to its pods, and what the old files do not say is kept
 */
export function definitionFromApp(
  app: App,
  name: string,
  pods: readonly string[],
  known: AppDefinition | null,
): AppDefinition {
  const { name: _name, nativePort, slot, instances: _instances, origin, ...settings } = app;
  return {
    name,
    pods: [...new Set([...(known?.pods ?? []), ...pods])].sort(),
    numInstances: known?.numInstances ?? 1,
    image: known?.image ?? null,
    nativePort,
    slot,
    settings,
    edge: known?.edge ?? null,
    env: known?.env ?? [],
    placement: known?.placement ?? PLACEMENT_DEFAULTS,
    origin,
  };
}
