/** Names in the place of the ids that a manager gives back in specs. Pure. */

interface Template {
  readonly ForceUpdate?: number;
  readonly Networks?: readonly { readonly Target?: string }[];
  readonly ContainerSpec?: { readonly Image?: string; readonly Secrets?: readonly object[] };
}

export interface SpecParts {
  readonly TaskTemplate?: Template;
}

/** @returns ids, of the networks that its tasks use */
export function networksOf(spec: SpecParts): readonly string[] {
  return (spec.TaskTemplate?.Networks ?? []).flatMap(({ Target }) => (Target === undefined ? [] : [Target]));
}

/** @param networks id → name */
export function withNames(spec: SpecParts, networks: ReadonlyMap<string, string>): object {
  const { TaskTemplate: task } = spec;
  return task === undefined ? spec : { ...spec, TaskTemplate: templateWithNames(task, networks) };
}

/**
 * A manager gives networks back by id, and the ids of secrets beside their names. The id of the network `bridge` is another
 * one than that of the engine's own bridge.
 */
export function templateWithNames(task: Template, networks: ReadonlyMap<string, string>): object {
  const used = task.Networks?.map((use) => ({ ...use, Target: networks.get(use.Target ?? '') ?? use.Target }));
  const secrets = task.ContainerSpec?.Secrets?.map((secret) => ({ ...secret, SecretID: undefined }));
  return { ...task, Networks: used, ContainerSpec: { ...task.ContainerSpec, Secrets: secrets } };
}
