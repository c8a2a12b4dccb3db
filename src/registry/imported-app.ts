import type { App } from '../model/app.js';
import type { AppDefinition } from '../model/app-definition.js';

/**
 * What a file of the old system says, as a definition. The instances stay behind: nodes learn theirs from Consul.
 * @param name the new one, where the old one is no DNS label
 */
export function definitionFromApp(app: App, name: string, pods: readonly string[]): AppDefinition {
  const { name: _name, nativePort, slot, instances: _instances, origin, ...settings } = app;
  return {
    name,
    pods: pods.toSorted(),
    numInstances: 1,
    image: null,
    nativePort,
    slot,
    settings,
    edge: null,
    env: [],
    origin,
  };
}
