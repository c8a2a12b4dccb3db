/** Nodes of the Swarm: which one is meant, and what runs there because of its label. Pure. */
import { nearestName } from '../core/nearest-name.js';
import type { Refusal } from '../core/refusal.js';
import { POD_LABEL } from './service.js';

const MIN_ID_DIGITS = 4;

interface Named {
  readonly id: string;
  /** Host name of its machine. */
  readonly name: string;
}

/** @param word the name, the id, or the beginning of that */
export function nodeNamed<T extends Named>(nodes: readonly T[], word: string): T | Refusal {
  const byName = nodes.filter(({ name }) => name === word);
  const found =
    byName.length > 0 ? byName : nodes.filter(({ id }) => word.length >= MIN_ID_DIGITS && id.startsWith(word));
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  if (first !== undefined)
    return {
      message: `several nodes of the Swarm are ${word}`,
      hint: `write an id: ${found.map(({ id }) => id).join(', ')}`,
    };
  const names = nodes.map(({ name }) => name);
  const nearest = nearestName(word, names);
  const hint = nearest === null ? `there are ${names.sort().join(', ')}` : `did you mean ${nearest}?`;
  return { message: `the Swarm has no node ${word}`, hint };
}

interface PlacedTasks {
  readonly services: readonly { readonly id: string; readonly name: string; readonly spec: object }[];
  readonly tasks: readonly { readonly serviceId: string; readonly nodeId: string }[];
}

interface PlacementSpec {
  readonly TaskTemplate?: { readonly Placement?: { readonly Constraints?: readonly string[] | null } };
}

/** @returns names of the services with tasks on the node that the label of its pod keeps there; sorted */
export function servicesBoundTo(nodeId: string, { services, tasks }: PlacedTasks): readonly string[] {
  const there = new Set(tasks.filter((task) => task.nodeId === nodeId).map(({ serviceId }) => serviceId));
  const isBound = (spec: PlacementSpec): boolean =>
    (spec.TaskTemplate?.Placement?.Constraints ?? []).some((text) => text.startsWith(`node.labels.${POD_LABEL}`));
  return services
    .filter(({ id, spec }) => there.has(id) && isBound(spec))
    .map(({ name }) => name)
    .sort();
}
